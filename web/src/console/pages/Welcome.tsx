/** Setting a password with a one-time link. Its secret stands in the fragment of the address, which reaches no server and no log. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { ApiError, api, data } from "../../api/client";
import { Notice } from "../../ui/parts";
import { errorText } from "../../ui/problems";
import { useLang, useWords } from "../../util/i18n";
import { operatorTexts } from "../operatorWords";
import { cs, Head } from "../parts";
import { NameField, PasswordField, SignForm } from "../SignForm";
import { changeSession } from "../session";

const NAME = /^[A-Za-z0-9._@-]{1,64}$/;

function linkOf(hash: string): { link: string; name: string } {
  const parts = new URLSearchParams(hash.replace(/^#/, ""));
  return { link: parts.get("link") ?? "", name: parts.get("name") ?? "" };
}

export function WelcomePage() {
  const t = useWords(operatorTexts);
  const client = useQueryClient();
  const navigate = useNavigate();
  const [{ link, name: invited }] = useState(() => linkOf(location.hash));
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [again, setAgain] = useState("");
  const [tried, setTried] = useState(false);
  useEffect(() => {
    // Not left in the address, where somebody may read it or it may be kept.
    if (location.hash) history.replaceState(history.state, "", location.pathname);
  }, []);
  const short = password.length < 10;
  const different = password !== again;
  const nameless = invited === "" && !NAME.test(name.trim());
  const redeem = useMutation({
    mutationFn: () =>
      data(
        api.POST("/session/link", {
          body: { link, password, ...(invited ? {} : { name: name.trim() }) },
        }),
      ),
    onSuccess: (begun) => {
      changeSession(client, begun);
      void navigate({ to: "/console", replace: true } as never);
    },
  });
  const submit = () => {
    setTried(true);
    if (!short && !different && !nameless) redeem.mutate();
  };
  const lang = useLang();
  const error = redeem.error instanceof ApiError ? redeem.error : null;
  const why = error?.status === 401 ? t("linkOver") : redeem.error ? errorText(redeem.error, lang) : null;
  if (link === "") {
    return (
      <div className={cs.narrow}>
        <Head title={t("welcome")} />
        <Notice tone="warn">{t("noLink")}</Notice>
      </div>
    );
  }
  return (
    <SignForm
      title={t("welcome")}
      lead={invited ? t("welcomeLead", { name: invited }) : t("welcomeFirst")}
      refused={why}
      action={t("setPassword")}
      busy={redeem.isPending}
      ownChecks
      onSubmit={submit}
    >
      {invited === "" ? (
        <NameField value={name} onChange={setName} error={tried && nameless ? t("nameWrong") : null} />
      ) : (
        <input type="hidden" name="username" autoComplete="username" value={invited} readOnly />
      )}
      <PasswordField
        label={t("password")}
        hint={t("passwordHint")}
        value={password}
        onChange={setPassword}
        error={tried && short ? t("tooShort") : null}
      />
      <PasswordField
        label={t("again")}
        name="again"
        value={again}
        onChange={setAgain}
        error={tried && different ? t("notSame") : null}
      />
    </SignForm>
  );
}
