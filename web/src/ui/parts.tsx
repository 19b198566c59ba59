/** Buttons, badges, notices, fields: parts one could imagine in any product. They know no routes, no queries, no payments. */
import { Switch as BaseSwitch } from "@base-ui/react/switch";
import {
  type ButtonHTMLAttributes,
  type MouseEvent,
  type ReactNode,
  useEffect,
  useId,
  useRef,
  useState,
} from "react";
import { copyText } from "../util/clipboard";
import { useWords } from "../util/i18n";
import { Icon, type IconName } from "./icons";
import s from "./ui.module.css";
import { common } from "./words";

type Look = "primary" | "danger" | "quiet";
type Size = "small" | "large";

export function classes(...names: (string | false | null | undefined)[]): string {
  return names.filter(Boolean).join(" ");
}

export function buttonClass(look?: Look, size?: Size, wide = false): string {
  return classes(s.button, look && s[look], size && s[size], wide && s.wide);
}

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: Look;
  size?: Size;
  wide?: boolean;
  icon?: IconName;
  /** Why it cannot be pressed now. It stays reachable by keyboard, so that everybody can read why. */
  disabledReason?: string | null;
}

export function Button({ look, size, wide, icon, disabledReason, children, onClick, ...rest }: ButtonProps) {
  const reason = useId();
  const off = Boolean(disabledReason);
  // Whoever has no pointer to rest on it presses it to learn why.
  const [pressed, setPressed] = useState(false);
  const refuse = (event: MouseEvent) => {
    event.preventDefault();
    setPressed(true);
  };
  return (
    <>
      <button
        type="button"
        {...rest}
        className={classes(buttonClass(look, size, wide), rest.className)}
        aria-disabled={off || undefined}
        aria-describedby={off ? reason : rest["aria-describedby"]}
        title={disabledReason ?? rest.title}
        onClick={off ? refuse : onClick}
      >
        {icon && <Icon name={icon} />}
        {children}
      </button>
      {off && (
        <span id={reason} className={pressed ? s.reason : "visually-hidden"} role="status">
          {disabledReason}
        </span>
      )}
    </>
  );
}

export function IconButton({
  icon,
  label,
  ...rest
}: { icon: IconName; label: string } & ButtonHTMLAttributes<HTMLButtonElement>) {
  return (
    <button
      type="button"
      {...rest}
      className={classes(s.iconButton, rest.className)}
      aria-label={label}
      title={label}
    >
      <Icon name={icon} />
    </button>
  );
}

export type Tone = "ok" | "wait" | "warn" | "bad" | "back" | "muted";

export function Badge({
  tone = "muted",
  glyph,
  children,
  title,
}: {
  tone?: Tone;
  glyph?: ReactNode;
  children: ReactNode;
  title?: string;
}) {
  return (
    <span className={classes(s.badge, tone !== "muted" && s[tone])} title={title}>
      {glyph}
      {children}
    </span>
  );
}

const NOTICE_ICON: Record<Tone, IconName> = {
  ok: "check",
  wait: "info",
  warn: "warn",
  bad: "warn",
  back: "info",
  muted: "info",
};

export function Notice({
  tone = "muted",
  children,
  role,
}: {
  tone?: Tone;
  children: ReactNode;
  role?: "alert" | "status";
}) {
  return (
    <div className={classes(s.notice, tone !== "muted" && s[tone])} role={role}>
      <Icon name={NOTICE_ICON[tone]} />
      <div>{children}</div>
    </div>
  );
}

export function Skeleton({ height, width }: { height: number; width?: number | string }) {
  return <div className={s.skeleton} style={{ height, width: width ?? "100%" }} />;
}

/** An id or a text one wants to take along; long ones are shortened in the middle. */
export function Copy({ text, label, full = false }: { text: string; label?: string; full?: boolean }) {
  const t = useWords(common);
  const [copied, setCopied] = useState<boolean | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const shown = full || text.length <= 24 ? text : `${text.slice(0, 10)}…${text.slice(-6)}`;
  const copy = async (button: HTMLElement) => {
    const done = await copyText(text, button);
    setCopied(done);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setCopied(null), done ? 1600 : 6000);
  };
  return (
    <button
      type="button"
      className={classes(s.copy, full && s.copyFull, label && s.copyLabel)}
      onClick={(event) => void copy(event.currentTarget)}
      title={text}
      aria-label={`${label ?? shown} ${t("copy")}`}
    >
      {label ?? shown}
      <Icon name={copied === null ? "copy" : copied ? "check" : "cross"} size={13} />
      <span className={copied === false ? s.reason : "visually-hidden"} role="status">
        {copied === null ? "" : t(copied ? "copied" : "notCopied")}
      </span>
    </button>
  );
}

interface FieldProps {
  label: string;
  hint?: string;
  error?: string | null;
  children: (control: {
    id: string;
    className: string;
    "aria-describedby"?: string;
    "aria-invalid"?: true;
  }) => ReactNode;
}

/** A label, its control, what helps and what is wrong, tied together. */
export function Field({ label, hint, error, children }: FieldProps) {
  const id = useId();
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  return (
    <div className={s.field}>
      <label className={s.label} htmlFor={id}>
        {label}
      </label>
      {children({
        id,
        className: s.input ?? "",
        "aria-describedby": described || undefined,
        "aria-invalid": error ? true : undefined,
      })}
      {hint && (
        <span id={`${id}-hint`} className={s.hint}>
          {hint}
        </span>
      )}
      {error && (
        <span id={`${id}-error`} className={s.error}>
          {error}
        </span>
      )}
    </div>
  );
}

export function Switch({
  label,
  hint,
  checked,
  onChange,
  disabled,
}: {
  label: string;
  hint?: string;
  checked: boolean;
  onChange: (on: boolean) => void;
  disabled?: boolean;
}) {
  const id = useId();
  return (
    <div className={s.switchRow}>
      <div>
        <span id={id}>{label}</span>
        {hint && (
          <p id={`${id}-hint`} className={s.hint}>
            {hint}
          </p>
        )}
      </div>
      <BaseSwitch.Root
        className={s.switch}
        checked={checked}
        onCheckedChange={onChange}
        disabled={disabled}
        aria-labelledby={id}
        aria-describedby={hint && `${id}-hint`}
      >
        <BaseSwitch.Thumb className={s.thumb} />
      </BaseSwitch.Root>
    </div>
  );
}

export function Json({ value }: { value: unknown }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled region must be reachable by keyboard
    <pre className={s.pre} tabIndex={0}>
      {typeof value === "string" ? value : JSON.stringify(value, null, 2)}
    </pre>
  );
}

export function TableWrap({ label, children }: { label: string; children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled region must be reachable by keyboard
    <section className={s.tableWrap} aria-label={label} tabIndex={0}>
      {children}
    </section>
  );
}

export { s as ui };
