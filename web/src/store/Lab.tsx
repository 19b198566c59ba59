/** The Lab: break something on purpose, or call the API by hand, and look at what really goes over the wire. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api, data, newKey, type Schemas } from "../api/client";
import { Overlay } from "../ui/overlay";
import { Button, Copy, Field, Json, Notice, Switch } from "../ui/parts";
import { common } from "../ui/words";
import { curlOf } from "../util/curl";
import { useWords } from "../util/i18n";
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

function Switches() {
  const t = useWords(texts);
  const client = useQueryClient();
  const state = useQuery(faultsQuery);
  const [said, setSaid] = useState("");
  const set = useMutation({
    mutationFn: (faults: Faults) => data(api.PUT("/sim/faults", { body: faults })),
    onSuccess: (view) => client.setQueryData(faultsQuery.queryKey, view),
  });
  const poison = useMutation({
    mutationFn: () => data(api.POST("/sim/poison")),
    onSuccess: () => setSaid(t("fPoisonDone")),
  });
  if (!state.data) return null;
  if (!state.data.demo) return <Notice>{t("labOff")}</Notice>;
  const faults = set.variables && set.isPending ? set.variables : state.data.faults;
  const change = (next: Partial<Faults>) => set.mutate({ ...NONE, ...faults, ...next });
  return (
    <div className={s.labSwitches}>
      <Switch
        label={t("fWorker")}
        checked={faults.workerPaused ?? false}
        onChange={(on) => change({ workerPaused: on })}
      />
      <Switch
        label={t("fBroker")}
        checked={faults.brokerOff ?? false}
        onChange={(on) => change({ brokerOff: on })}
      />
      <Switch
        label={t("fCache")}
        checked={faults.cacheOff ?? false}
        onChange={(on) => change({ cacheOff: on })}
      />
      <div className={s.pair}>
        <Field label={t("fDelay")}>
          {(control) => (
            <select
              {...control}
              value={faults.acquirerDelayMs ?? 0}
              onChange={(event) => change({ acquirerDelayMs: Number(event.target.value) })}
            >
              {[0, 1000, 3000, 5000, 10_000].map((ms) => (
                <option key={ms}>{ms}</option>
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
              {[0, 10, 25, 50, 100].map((percent) => (
                <option key={percent}>{percent}</option>
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
        {said}
      </p>
    </div>
  );
}

interface Exchange {
  curl: string;
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
    const response = await fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      // As a merchant: the cookie of an operator who is signed in beside it is none of its business.
      credentials: "omit",
      body: JSON.stringify(body),
    }).catch(() => null);
    const json: unknown = response ? await response.json().catch(() => null) : null;
    setExchange({
      curl,
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
          <Field label={t("paymentId")}>
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
        <Button type="submit" look="primary">
          {t("send")}
        </Button>
        <Button onClick={() => setKey(newKey("lab"))}>{t("newKey")}</Button>
        <Copy text={curl} label={c("copyCurl")} />
      </div>
      {exchange && (
        <div role="status" className={s.exchange}>
          {exchange.replayed && <Notice tone="wait">{t("replayed")}</Notice>}
          <h4>{t("request")}</h4>
          <Json value={exchange.request} />
          <h4>
            {t("response")} {exchange.status || "–"}
          </h4>
          <Json value={exchange.response} />
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
