/** Dialogs and drawers: focus stays inside, Escape closes, the page behind is inert. Behaviour is Base UI's. */
import { Dialog as Base } from "@base-ui/react/dialog";
import type { ReactNode } from "react";
import { useWords } from "../util/i18n";
import { Icon } from "./icons";
import s from "./ui.module.css";
import { common } from "./words";

interface OverlayProps {
  open: boolean;
  onClose: () => void;
  title: string;
  description?: string;
  side?: boolean;
  children: ReactNode;
}

export function Overlay({ open, onClose, title, description, side = false, children }: OverlayProps) {
  const t = useWords(common);
  return (
    <Base.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Base.Portal>
        <Base.Backdrop className={s.backdrop} />
        <Base.Popup className={side ? s.drawer : s.dialog}>
          <div className={s.dialogHead}>
            <div>
              <Base.Title>{title}</Base.Title>
              {description && <Base.Description className={s.hint}>{description}</Base.Description>}
            </div>
            <Base.Close className={s.iconButton} aria-label={t("close")}>
              <Icon name="cross" />
            </Base.Close>
          </div>
          {children}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
