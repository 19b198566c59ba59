/** The Lab: break something on purpose, or call the API by hand, and look at what really goes over the wire. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api, data, newKey, type Schemas } from "../api/client";
import { Overlay } from "../ui/overlay";
import { Button, Copy, Field, Json, Notice, Switch } from "../ui/parts";
import { errorText } from "../ui/problems";
import { Loaded } from "../ui/states";
import { common } from "../ui/words";
import { curlOf } from "../util/curl";
import { faultTexts } from "../util/faults";
import { duration } from "../util/format";
import { useLang, useWords } from "../util/i18n";
import { faultsQuery } from "./queries";
import s from "./store.module.css";
import { texts } from "./words";

type Faults = Schemas["FaultSettings"];
const NONE: Faults = {
  brokerOff: false,
  workerPaused: false,
  cacheOff: false,
  acquirerDelayMs: 0,
  acquirerErrorPercent: 0,
};

const SWITCHES = [
  ["workerPaused", "fWorker"],
  ["brokerOff", "fBroker"],
  ["cacheOff", "fCache"],
] as const;

/** What may be chosen, and what somebody has set past this page. */
function choices(offered: number[], set: number): number[] {
  return [...new Set([...offered, set])].sort((a, b) => a - b);
}

function Switches() {
  const t = useWords(texts);
  const state = useQuery(faultsQuery);
  return (
    <section className={s.labSwitches}>
      <h3>{t("breakIt")}</h3>
      <Loaded query={state} rows={4}>
        {({ demo, faults }) => (demo ? <Faulty faults={faults} /> : <Notice>{t("labOff")}</Notice>)}
      </Loaded>
    </section>
  );
}

function Faulty({ faults: known }: { faults: Faults }) {
  const t = useWords(texts);
  const f = useWords(faultTexts);
  const lang = useLang();
  const client = useQueryClient();
  const set = useMutation({
    mutationFn: (faults: Faults) => data(api.PUT("/sim/faults", { body: faults })),
    onSuccess: (view) => client.setQueryData(faultsQuery.queryKey, view),
  });
  const poison = useMutation({ mutationFn: () => data(api.POST("/sim/poison")) });
  const faults = set.variables && set.isPending ? set.variables : known;
  const change = (next: Partial<Faults>) => set.mutate({ ...NONE, ...faults, ...next });
  const failed = set.error ?? poison.error;
  return (
    <>
      {SWITCHES.map(([name, label]) => (
        <Switch
          key={name}
          label={t(label)}
          hint={f(name)}
          checked={faults[name] ?? false}
          onChange={(on) => change({ [name]: on })}
        />
      ))}
      <div className={s.pair}>
        <Field label={t("fDelay")}>
          {(control) => (
            <select
              {...control}
              value={faults.acquirerDelayMs ?? 0}
              onChange={(event) => change({ acquirerDelayMs: Number(event.target.value) })}
            >
              {choices([0, 1000, 3000, 5000, 10_000], faults.acquirerDelayMs ?? 0).map((ms) => (
                <option key={ms} value={ms}>
                  {ms === 0 ? t("fNone") : duration(ms, lang)}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Field label={t("fError")}>
          {(control) => (
            <select
              {...control}
              value={faults.acquirerErrorPercent ?? 0}
              onChange={(event) => change({ acquirerErrorPercent: Number(event.target.value) })}
            >
              {choices([0, 10, 25, 50, 100], faults.acquirerErrorPercent ?? 0).map((percent) => (
                <option key={percent} value={percent}>
                  {percent === 0 ? t("fNone") : `${percent} %`}
                </option>
              ))}
            </select>
          )}
        </Field>
      </div>
      <div className={s.labButtons}>
        <Button size="small" onClick={() => poison.mutate()}>
          {t("fPoison")}
        </Button>
        <Button size="small" onClick={() => set.mutate(NONE)}>
          {t("allOff")}
        </Button>
      </div>
      <p role="status" className={s.fine}>
        {poison.isSuccess && (
          <>
            {t("fPoisonDone")} <a href="/console/dead-letters">{t("seeDead")}</a>
          </>
        )}
      </p>
      {failed && (
        <Notice tone="bad" role="alert">
          {t("faultFailed", { why: errorText(failed, lang) })}
        </Notice>
      )}
    </>
  );
}

interface Exchange {
  request: unknown;
  status: number;
  response: unknown;
  replayed: boolean;
}

type Operation = "opAuthorize" | "opBoth" | "opCapture" | "opRefund";

function ByHand() {
  const t = useWords(texts);
  const c = useWords(common);
  const [operation, setOperation] = useState<Operation>("opBoth");
  const [merchantId, setMerchant] = useState("M123");
  const [amount, setAmount] = useState("1690000");
  const [key, setKey] = useState(() => newKey("lab"));
  const [paymentId, setPaymentId] = useState("");
  const [reason, setReason] = useState("");
  const [exchange, setExchange] = useState<Exchange | null>(null);
  const creates = operation === "opAuthorize" || operation === "opBoth";
  const path = creates
    ? "/payments/authorize"
    : `/payments/${operation === "opCapture" ? "capture" : "refund"}/${paymentId || "0"}`;
  const body = creates
    ? {
        merchantId,
        amount: Number(amount),
        currency: "KRW",
        idempotencyKey: key,
        ...(operation === "opBoth" ? { captureMode: "automatic" } : {}),
      }
    : {
        merchantId,
        idempotencyKey: key,
        ...(amount ? { amount: Number(amount) } : {}),
        ...(operation === "opRefund" ? { reason: reason || "lab" } : {}),
      };
  const curl = curlOf("POST", path, body);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!creates && !paymentId) return;
    const response = await fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      // As a merchant: the cookie of an operator who is signed in beside it is none of its business.
      credentials: "omit",
      body: JSON.stringify(body),
    }).catch(() => null);
    const json: unknown = response ? await response.json().catch(() => null) : null;
    setExchange({
      request: body,
      status: response?.status ?? 0,
      response: json,
      replayed: response?.headers.get("idempotent-replayed") === "true",
    });
    const id = (json as { paymentId?: number } | null)?.paymentId;
    if (creates && id) setPaymentId(String(id));
  };
  return (
    <form onSubmit={submit} className={s.form}>
      <h3>{t("byHand")}</h3>
      <p className={s.fine}>{t("byHandText")}</p>
      <div className={s.pair}>
        <Field label={t("operation")}>
          {(control) => (
            <select
              {...control}
              value={operation}
              onChange={(event) => setOperation(event.target.value as Operation)}
            >
              {(["opBoth", "opAuthorize", "opCapture", "opRefund"] as const).map((one) => (
                <option key={one} value={one}>
                  {t(one)}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Field label={t("merchant")}>
          {(control) => (
            <input {...control} value={merchantId} onChange={(event) => setMerchant(event.target.value)} />
          )}
        </Field>
      </div>
      <div className={s.pair}>
        <Field label={t("amount")}>
          {(control) => (
            <input
              {...control}
              inputMode="numeric"
              value={amount}
              onChange={(event) => setAmount(event.target.value.replace(/\D/g, ""))}
            />
          )}
        </Field>
        {!creates && (
          <Field label={t("paymentId")} hint={paymentId ? undefined : t("needPayment")}>
            {(control) => (
              <input
                {...control}
                inputMode="numeric"
                value={paymentId}
                onChange={(event) => setPaymentId(event.target.value.replace(/\D/g, ""))}
              />
            )}
          </Field>
        )}
      </div>
      {operation === "opRefund" && (
        <Field label={t("reason")}>
          {(control) => (
            <input
              {...control}
              maxLength={128}
              value={reason}
              onChange={(event) => setReason(event.target.value)}
            />
          )}
        </Field>
      )}
      <Field label={t("idemKey")}>
        {(control) => (
          <input {...control} maxLength={64} value={key} onChange={(event) => setKey(event.target.value)} />
        )}
      </Field>
      <div className={s.labButtons}>
        <Button type="submit" look="primary" disabledReason={creates || paymentId ? null : t("needPayment")}>
          {t("send")}
        </Button>
        <Button onClick={() => setKey(newKey("lab"))}>{t("newKey")}</Button>
        <Copy text={curl} label={c("copyCurl")} />
      </div>
      <div role="status">
        {exchange &&
          (exchange.status === 0 ? (
            <Notice tone="bad">{c("failedOffline")}</Notice>
          ) : (
            <Notice tone={exchange.replayed ? "wait" : exchange.status < 400 ? "ok" : "warn"}>
              {t("answeredWith", { status: exchange.status })} {exchange.replayed && t("replayed")}
            </Notice>
          ))}
      </div>
      {exchange && (
        <div className={s.exchange}>
          <h4>{t("request")}</h4>
          <Json value={exchange.request} />
          {exchange.status !== 0 && (
            <>
              <h4>
                {t("response")} {exchange.status}
              </h4>
              <Json value={exchange.response} />
            </>
          )}
          {paymentId && <a href={`/console/payments/${paymentId}`}>{t("seePayment", { id: paymentId })}</a>}
        </div>
      )}
    </form>
  );
}

export default function Lab({ onClose }: { onClose: () => void }) {
  const t = useWords(texts);
  return (
    <Overlay open onClose={onClose} title={t("labTitle")} description={t("labText")} side>
      <Switches />
      <ByHand />
    </Overlay>
  );
}
