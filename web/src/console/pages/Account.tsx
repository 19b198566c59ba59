/** One's own account: another password. */
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ApiError, api, data } from "../../api/client";
import { Button, Field, Notice } from "../../ui/parts";
import { errorText } from "../../ui/problems";
import { useLang, useWords } from "../../util/i18n";
import { operatorTexts } from "../operatorWords";
import { cs, Head } from "../parts";
import { useSession } from "../session";

export function AccountPage() {
  const t = useWords(operatorTexts);
  const session = useSession();
  const [current, setCurrent] = useState("");
  const [password, setPassword] = useState("");
  const [tried, setTried] = useState(false);
  const short = password.length < 10;
  const change = useMutation({
    mutationFn: () => data(api.PUT("/session/password", { body: { current, password } })),
    onSuccess: () => {
      setCurrent("");
      setPassword("");
      setTried(false);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (!short && current !== "" && !change.isPending) change.mutate();
  };
  const lang = useLang();
  const error = change.error instanceof ApiError ? change.error : null;
  if (session && !session.loginRequired) {
    return (
      <div className={cs.narrow}>
        <Head title={t("account")} />
        <Notice>{t("noLogin")}</Notice>
      </div>
    );
  }
  return (
    <div className={cs.narrow}>
      <Head title={t("account")} lead={t("accountLead")} />
      <form className={cs.form} onSubmit={submit} noValidate>
        <Field label={t("current")}>
          {(control) => (
            <input
              {...control}
              type="password"
              autoComplete="current-password"
              maxLength={256}
              value={current}
              onChange={(event) => setCurrent(event.target.value)}
            />
          )}
        </Field>
        <Field label={t("next")} hint={t("passwordHint")} error={tried && short ? t("tooShort") : null}>
          {(control) => (
            <input
              {...control}
              type="password"
              autoComplete="new-password"
              maxLength={256}
              value={password}
              onChange={(event) => setPassword(event.target.value)}
            />
          )}
        </Field>
        <div role="status">
          {change.isSuccess && <Notice tone="ok">{t("changed")}</Notice>}
          {change.error && (
            <Notice tone="bad">
              {error?.status === 403 ? t("currentWrong") : errorText(change.error, lang)}
            </Notice>
          )}
        </div>
        <div className={cs.actions}>
          <Button type="submit" look="primary" disabled={change.isPending}>
            {t("change")}
          </Button>
        </div>
      </form>
    </div>
  );
}
