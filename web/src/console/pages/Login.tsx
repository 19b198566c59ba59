/** Signing in, and back to where one wanted to be. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { ApiError, api, data } from "../../api/client";
import { Notice } from "../../ui/parts";
import { errorText } from "../../ui/problems";
import { Loading } from "../../ui/states";
import { useLang, useWords } from "../../util/i18n";
import { operatorTexts } from "../operatorWords";
import { NameField, PasswordField, SignForm } from "../SignForm";
import { changeSession, sessionQuery } from "../session";

/** Only a place of this console: an address from outside must not send anybody elsewhere. */
function placeOf(back: string | undefined): string {
  return back && /^\/(console|dev)(\/|\?|$)/.test(back) ? back : "/console";
}

export function LoginPage() {
  const t = useWords(operatorTexts);
  const client = useQueryClient();
  const navigate = useNavigate();
  const { back } = useSearch({ strict: false }) as { back?: string };
  const { data: session, isPending } = useQuery(sessionQuery);
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
  const lang = useLang();
  const error = enter.error instanceof ApiError ? enter.error : null;
  const minutes = Math.max(1, Math.ceil((error?.retryAfter ?? 60) / 60));
  const why =
    error?.status === 401
      ? t("wrong")
      : error?.status === 429
        ? t("tooMany", { minutes })
        : enter.error
          ? errorText(enter.error, lang)
          : null;
  // Whether anybody has to sign in at all stands above the form: it must not push it down.
  if (isPending) return <Loading rows={4} />;
  return (
    <SignForm
      title={t("signIn")}
      lead={t("signInLead")}
      notice={
        session &&
        !session.loginRequired && (
          <Notice>
            {t("noLogin")} <a href="/console">{t("toConsole")}</a>
          </Notice>
        )
      }
      refused={why}
      action={t("signIn")}
      busy={enter.isPending}
      onSubmit={() => enter.mutate()}
    >
      <NameField value={name} onChange={setName} />
      <PasswordField label={t("password")} hint={t("lost")} known value={password} onChange={setPassword} />
    </SignForm>
  );
}
