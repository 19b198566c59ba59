/** One act on one payment: what it will do, under which name, and why. Nothing happens before all of that can be read. */
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ApiError, answer, api, newKey } from "../api/client";
import { Overlay } from "../ui/overlay";
import { Button, Copy, Field, Notice, Switch, ui } from "../ui/parts";
import { errorText } from "../ui/problems";
import { useAccountName } from "../util/accounts";
import { curlOf } from "../util/curl";
import { amount as shown } from "../util/format";
import { useLang, useWords } from "../util/i18n";
import { ACT_WORDS, type Act, bodyOf, cliOf, type Payment, preview, whyNot } from "./acts";
import { useDraft } from "./draft";
import { cs } from "./parts";
import { useRoleReason } from "./session";
import { texts } from "./words";

function send(act: Act, id: number, body: ReturnType<typeof bodyOf>) {
  const params = { path: { paymentId: id } };
  // Says that it is an operator's act, where nobody has to sign in too.
  const headers = { "operator-act": "true" };
  if (act === "capture")
    return answer(
      api.POST("/payments/capture/{paymentId}", {
        params,
        headers,
        body: body as typeof body & { final: boolean },
      }),
    );
  if (act === "void") return answer(api.POST("/payments/void/{paymentId}", { params, headers, body }));
  return answer(
    api.POST("/payments/refund/{paymentId}", {
      params,
      headers,
      body: body as typeof body & { reason: string },
    }),
  );
}

/** `payment` as it was when the panel was opened: what the act makes of it must not close the panel before it can be read. */
export function ActPanel({
  act,
  payment: latest,
  onClose,
}: {
  act: Act;
  payment: Payment;
  onClose: () => void;
}) {
  const t = useWords(texts);
  const lang = useLang();
  const client = useQueryClient();
  const [payment] = useState(latest);
  const impossible = whyNot(act, payment);
  const refused = useRoleReason("operator");
  const max = act === "refund" ? payment.refundableAmount : payment.capturableAmount;
  // The key too: what may have been sent before the session ended must not be done twice.
  const [draft, setDraft] = useDraft(`payment.${payment.paymentId}.${act}`, () => ({
    amount: max,
    final: true,
    reason: "",
    key: newKey(act),
  }));
  const { amount, final, reason, key } = draft;
  const set = (part: Partial<typeof draft>) => setDraft({ ...draft, ...part });
  const nameOf = useAccountName();
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState<{ tone: "ok" | "bad" | "wait"; text: string } | null>(null);
  const what = t(ACT_WORDS[act]);
  const form = { amount, final, reason: reason.trim(), key };
  const amountWrong = act !== "void" && (amount < 1 || amount > max);
  const reasonWrong = act !== "capture" && form.reason === "";
  const body = bodyOf(act, payment, form);
  const lines = preview(act, payment, amount, final);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (amountWrong || reasonWrong || busy || refused) return;
    setBusy(true);
    try {
      const done = await send(act, payment.paymentId, body);
      setSaid(
        done.replayed
          ? { tone: "wait", text: t("actReplayed") }
          : { tone: "ok", text: t("actDone", { what }) },
      );
    } catch (error) {
      const code = error instanceof ApiError ? ` (${error.problem.code})` : "";
      const why = `${errorText(error, lang)}${code}`;
      setSaid({ tone: "bad", text: t("actFailed", { what, why }) });
    } finally {
      setBusy(false);
      void client.invalidateQueries();
    }
  };
  return (
    <Overlay
      open
      side
      onClose={onClose}
      title={`${t("payNo", { id: payment.paymentId })} · ${what}`}
      description={t("irreversible")}
    >
      <form onSubmit={submit} noValidate className={cs.form}>
        {act !== "void" && (
          <Field
            label={`${t("actAmount")} (${payment.currency})`}
            hint={t("actMost", { max: shown(max, payment.currency) })}
            error={tried && amountWrong ? t("needAmount", { max: shown(max, payment.currency) }) : null}
          >
            {(control) => (
              <input
                {...control}
                inputMode="numeric"
                value={amount || ""}
                onChange={(event) => set({ amount: Number(event.target.value.replace(/\D/g, "")) })}
              />
            )}
          </Field>
        )}
        {act === "capture" && amount < max && (
          <Switch label={t("actFinal")} checked={final} onChange={(on) => set({ final: on })} />
        )}
        <Field label={t("actReason")} error={tried && reasonWrong ? t("needReason") : null}>
          {(control) => (
            <input
              {...control}
              maxLength={128}
              value={reason}
              onChange={(event) => set({ reason: event.target.value })}
            />
          )}
        </Field>
        <Field label={t("actKey")}>
          {(control) => (
            <input
              {...control}
              className={`${control.className} ${ui.mono}`}
              maxLength={64}
              value={key}
              onChange={(event) => set({ key: event.target.value })}
            />
          )}
        </Field>
        <section className={cs.section}>
          <h3>{t("actPreview")}</h3>
          <table className={ui.table}>
            <thead>
              <tr>
                <th scope="col">{t("debit")}</th>
                <th scope="col">{t("credit")}</th>
                <th scope="col" className={ui.number}>
                  {t("amount")}
                </th>
              </tr>
            </thead>
            <tbody>
              {lines.map((line) => (
                <tr key={line.layer}>
                  <td>
                    {nameOf(line.debit)} {line.layer === "HOLD" && <small>({t("hold")})</small>}
                  </td>
                  <td>{nameOf(line.credit)}</td>
                  <td className={ui.number}>{shown(line.amount, payment.currency)}</td>
                </tr>
              ))}
            </tbody>
          </table>
          {act === "void" && <p className={cs.lead}>{t("actPreviewNone")}</p>}
        </section>
        <div className={cs.actions}>
          <Button
            type="submit"
            look={act === "capture" ? "primary" : "danger"}
            disabled={busy}
            disabledReason={refused ?? (impossible ? t(impossible) : null)}
          >
            {t("actDo", { what })}
          </Button>
          <Copy text={curlOf("POST", `/payments/${act}/${payment.paymentId}`, body)} label={t("copyCurl")} />
          <Copy text={cliOf(act, payment, form)} label={t("copyCli")} />
        </div>
        <div role="status">{said && <Notice tone={said.tone}>{said.text}</Notice>}</div>
      </form>
    </Overlay>
  );
}
