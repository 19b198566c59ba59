/** The form one signs in with and the one a password is set with: the same fields, the same refusal, the same look. */
import type { FormEvent, ReactNode } from "react";
import { Button, Field, Notice } from "../ui/parts";
import { useWords } from "../util/i18n";
import { operatorTexts } from "./operatorWords";
import { cs, Head } from "./parts";

export function NameField({
  value,
  onChange,
  error,
}: {
  value: string;
  onChange: (name: string) => void;
  error?: string | null;
}) {
  const t = useWords(operatorTexts);
  return (
    <Field label={t("name")} error={error}>
      {(control) => (
        <input
          {...control}
          name="username"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          required
          maxLength={64}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}

export function PasswordField({
  label,
  name = "password",
  known = false,
  value,
  onChange,
  hint,
  error,
}: {
  label: string;
  name?: string;
  /** Whether it is one that exists, which a browser may know. */
  known?: boolean;
  value: string;
  onChange: (password: string) => void;
  hint?: string;
  error?: string | null;
}) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(control) => (
        <input
          {...control}
          type="password"
          name={name}
          autoComplete={known ? "current-password" : "new-password"}
          required
          maxLength={256}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}

export function SignForm({
  title,
  lead,
  notice,
  refused,
  action,
  busy,
  ownChecks = false,
  onSubmit,
  children,
}: {
  title: string;
  lead: string;
  notice?: ReactNode;
  /** Why it was refused. */
  refused: string | null;
  action: string;
  busy: boolean;
  /** Whether the fields say by themselves what is wrong with them. */
  ownChecks?: boolean;
  onSubmit: () => void;
  children: ReactNode;
}) {
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!busy) onSubmit();
  };
  return (
    <div className={cs.narrow}>
      <Head title={title} lead={lead} />
      {notice}
      <form className={cs.form} onSubmit={submit} noValidate={ownChecks}>
        {children}
        {refused && (
          <Notice tone="bad" role="alert">
            {refused}
          </Notice>
        )}
        <div className={cs.actions}>
          <Button type="submit" look="primary" disabled={busy}>
            {action}
          </Button>
        </div>
      </form>
    </div>
  );
}
