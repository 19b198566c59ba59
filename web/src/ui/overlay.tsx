/** Dialogs and drawers: focus stays inside, Escape closes, the page behind is inert. Behaviour is Base UI's. */
import { Dialog as Base } from "@base-ui/react/dialog";
import { type ReactNode, useEffect, useRef } from "react";
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

/** Gives the focus back to what had it before; to the page's heading where nothing had, as after opening by an address. */
function useFocusBack(open: boolean) {
  const opener = useRef<Element | null>(null);
  const was = useRef(false);
  if (open && !was.current && typeof document !== "undefined") opener.current = document.activeElement;
  was.current = open;
  useEffect(() => {
    if (!open) return;
    return () => {
      // After Base UI has put it where it thinks best.
      setTimeout(() => {
        const at = document.activeElement;
        if (at && at !== document.body) return;
        const back = opener.current;
        if (back instanceof HTMLElement && back !== document.body && back.isConnected) return back.focus();
        const heading = document.querySelector<HTMLElement>("h1");
        heading?.setAttribute("tabindex", "-1");
        heading?.focus();
      });
    };
  }, [open]);
}

export function Overlay({ open, onClose, title, description, side = false, children }: OverlayProps) {
  const t = useWords(common);
  const popup = useRef<HTMLDivElement>(null);
  useFocusBack(open);
  // Where there is something to fill in, one begins there; otherwise where Base UI says.
  const first = () => popup.current?.querySelector<HTMLElement>("input, select, textarea") ?? true;
  return (
    <Base.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Base.Portal>
        <Base.Backdrop className={s.backdrop} />
        <Base.Popup ref={popup} initialFocus={first} className={side ? s.drawer : s.dialog}>
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
