/** Signing in, and back to where one wanted to be. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { ApiError, api, data } from "../../api/client";
import { Button, buttonClass, Field, Notice } from "../../ui/parts";
import { useWords } from "../../util/i18n";
import { operatorTexts } from "../operatorWords";
import { cs, Head } from "../parts";
import { changeSession, useSession } from "../session";

/** Only a place of this console: an address from outside must not send anybody elsewhere. */
function placeOf(back: string | undefined): string {
  return back && /^\/(console|dev)(\/|\?|$)/.test(back) ? back : "/console";
}

export function LoginPage() {
  const t = useWords(operatorTexts);
  const client = useQueryClient();
  const navigate = useNavigate();
  const { back } = useSearch({ strict: false }) as { back?: string };
  const session = useSession();
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const enter = useMutation({
    mutationFn: () => data(api.POST("/session", { body: { name: name.trim(), password } })),
    onSuccess: (begun) => {
      changeSession(client, begun);
      void navigate({ href: placeOf(back), replace: true } as never);
    },
    onError: () => setPassword(""),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!enter.isPending) enter.mutate();
  };
  const error = enter.error instanceof ApiError ? enter.error : null;
  const minutes = Math.max(1, Math.ceil((error?.retryAfter ?? 60) / 60));
  const why =
    error?.status === 401
      ? t("wrong")
      : error?.status === 429
        ? t("tooMany", { minutes })
        : (error?.problem.message ?? (enter.error ? String(enter.error) : null));
  return (
    <div className={cs.narrow}>
      <Head title={t("signIn")} lead={t("signInLead")} />
      {session && !session.loginRequired && (
        <Notice>
          {t("noLogin")}{" "}
          <a href="/console" className={buttonClass("quiet", "small")}>
            {t("toConsole")}
          </a>
        </Notice>
      )}
      <form className={cs.form} onSubmit={submit}>
        <Field label={t("name")}>
          {(control) => (
            <input
              {...control}
              name="username"
              autoComplete="username"
              autoCapitalize="none"
              spellCheck={false}
              required
              maxLength={64}
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
        <Field label={t("password")} hint={t("lost")}>
          {(control) => (
            <input
              {...control}
              type="password"
              name="password"
              autoComplete="current-password"
              required
              maxLength={256}
              value={password}
              onChange={(event) => setPassword(event.target.value)}
            />
          )}
        </Field>
        {why && (
          <Notice tone="bad" role="alert">
            {why}
          </Notice>
        )}
        <div className={cs.actions}>
          <Button type="submit" look="primary" disabled={enter.isPending}>
            {t("signIn")}
          </Button>
        </div>
      </form>
    </div>
  );
}
