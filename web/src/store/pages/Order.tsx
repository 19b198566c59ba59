/** One order: what was bought, how it stands, money back. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { ApiError, answer, api, data, newKey } from "../../api/client";
import { Button, buttonClass, Field, Notice, ui } from "../../ui/parts";
import { errorText } from "../../ui/problems";
import { Loaded } from "../../ui/states";
import { Status } from "../../ui/status";
import { declines } from "../../ui/words";
import { money, time } from "../../util/format";
import { say, useLang, useWords } from "../../util/i18n";
import { merchantId, type Order, orderQuery } from "../queries";
import s from "../store.module.css";
import { texts } from "../words";
import { planText } from "./Checkout";

const REASONS = ["reasonMind", "reasonBroken", "reasonLate", "reasonOther"] as const;

function Refund({ order }: { order: Order }) {
  const t = useWords(texts);
  const lang = useLang();
  const client = useQueryClient();
  const [part, setPart] = useState(false);
  const [amount, setAmount] = useState(order.refundableAmount);
  const [reason, setReason] = useState<(typeof REASONS)[number]>("reasonMind");
  const [more, setMore] = useState("");
  const [key, setKey] = useState(() => newKey("refund"));
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState<{ tone: "ok" | "bad"; text: string } | null>(null);
  const wanted = part ? amount : order.refundableAmount;
  const tooMuch = wanted > order.refundableAmount || wanted < 1 || !Number.isInteger(wanted);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (tooMuch || busy) return;
    setBusy(true);
    setSaid(null);
    try {
      const text = [t(reason), more.trim()].filter(Boolean).join(" · ").slice(0, 128);
      const body = {
        amount: wanted,
        reason: text,
        expectedRefundable: order.refundableAmount,
        idempotencyKey: key,
      };
      await answer(api.POST("/store/orders/{no}/refunds", { params: { path: { no: order.orderNo } }, body }));
      setSaid({ tone: "ok", text: t("refundDone", { amount: money(wanted, "KRW", lang) }) });
      setKey(newKey("refund"));
      setPart(false);
    } catch (error) {
      const raced = error instanceof ApiError && (error.status === 409 || error.status === 422);
      const text = raced ? t("refundRaced") : t("refundFailed", { why: errorText(error, lang) });
      setSaid({ tone: "bad", text });
      if (raced) setKey(newKey("refund"));
    } finally {
      setBusy(false);
      void client.invalidateQueries({ queryKey: ["store"] });
    }
  };
  return (
    <section className={s.section}>
      <h2>{t("refundTitle")}</h2>
      <p className={s.fine}>{t("refundPolicy")}</p>
      {order.refundableAmount === 0 ? (
        <p className={s.fine}>{t("nothingToRefund")}</p>
      ) : (
        <form onSubmit={submit} noValidate className={s.form}>
          <div className={s.options}>
            <label className={s.optionBox}>
              <input type="radio" name="how-much" checked={!part} onChange={() => setPart(false)} />
              <span>{t("refundAll")}</span>
              <small>{money(order.refundableAmount, "KRW", lang)}</small>
            </label>
            <label className={s.optionBox}>
              <input type="radio" name="how-much" checked={part} onChange={() => setPart(true)} />
              <span>{t("refundPart")}</span>
              <small>&nbsp;</small>
            </label>
          </div>
          {part && (
            <Field
              label={t("refundAmount")}
              error={
                tooMuch ? t("refundTooMuch", { amount: money(order.refundableAmount, "KRW", lang) }) : null
              }
            >
              {(control) => (
                <input
                  {...control}
                  inputMode="numeric"
                  value={amount || ""}
                  onChange={(event) => setAmount(Number(event.target.value.replace(/\D/g, "")))}
                />
              )}
            </Field>
          )}
          <Field label={t("reason")}>
            {(control) => (
              <select
                {...control}
                value={reason}
                onChange={(event) => setReason(event.target.value as typeof reason)}
              >
                {REASONS.map((one) => (
                  <option key={one} value={one}>
                    {t(one)}
                  </option>
                ))}
              </select>
            )}
          </Field>
          <Field label={t("reasonMore")}>
            {(control) => (
              <textarea
                {...control}
                rows={2}
                maxLength={100}
                value={more}
                onChange={(event) => setMore(event.target.value)}
              />
            )}
          </Field>
          <p>{t("refundPreview", { amount: money(wanted, "KRW", lang) })}</p>
          <Button
            type="submit"
            look="danger"
            disabled={busy}
            disabledReason={
              tooMuch ? t("refundTooMuch", { amount: money(order.refundableAmount, "KRW", lang) }) : null
            }
          >
            {t("refundDo")}
          </Button>
        </form>
      )}
      {said && (
        <Notice tone={said.tone} role="status">
          {said.text}
        </Notice>
      )}
    </section>
  );
}

function Story({ paymentId }: { paymentId: number }) {
  const t = useWords(texts);
  const lang = useLang();
  const events = useQuery({
    queryKey: ["store", "events", paymentId],
    queryFn: () => data(api.GET("/events", { params: { query: { merchantId, paymentId, limit: 50 } } })),
  });
  return (
    <section className={s.section}>
      <h2>{t("story")}</h2>
      <Loaded query={events} rows={1}>
        {({ data: rows }) =>
          rows.length === 0 ? (
            <p className={s.fine}>{t("storyNone")}</p>
          ) : (
            <ol className={s.story}>
              {rows.map((event) => {
                const kind = event.topic.replace("payment.", "");
                const key = `st_${kind}` as keyof (typeof texts)["ko"];
                const amount = Number((event.envelope as { amount?: number } | null)?.amount ?? 0);
                return (
                  <li key={event.id}>
                    <span>{t(key, { amount: money(amount, "KRW", lang) })}</span>
                    <time dateTime={event.occurredAt}>{time(event.occurredAt, "seoul", false)}</time>
                  </li>
                );
              })}
            </ol>
          )
        }
      </Loaded>
    </section>
  );
}

function OrderTitle({ no, status }: { no: string; status?: string }) {
  const t = useWords(texts);
  return (
    <div className={s.titleRow}>
      <h1>{t("orderTitle", { no })}</h1>
      {status && <Status status={status} />}
    </div>
  );
}

function Details({ order }: { order: Order }) {
  const t = useWords(texts);
  const lang = useLang();
  const declined =
    order.declineCode && order.declineCode in declines.ko ? order.declineCode : "generic_decline";
  return (
    <>
      <OrderTitle no={order.orderNo} status={order.status} />
      {order.status === "PROCESSING" && (
        <div className={s.told}>
          <Notice tone="wait">
            <p>{t("unknownTitle")}</p>
            <p>{t("unknownText")}</p>
          </Notice>
        </div>
      )}
      {order.status === "DECLINED" && (
        <div className={s.told}>
          <Notice tone="bad">{say(declines, lang, declined as keyof (typeof declines)["ko"])}</Notice>
        </div>
      )}
      <div className={s.split}>
        <div className={s.sections}>
          <ul className={s.miniLines}>
            {order.lines.map((line) => (
              <li key={`${line.slug}/${line.color}/${line.option}`}>
                <span>
                  {line.name[lang]} · {line.variant[lang]} ×&nbsp;{line.quantity}
                </span>
                <span>{money(line.amount, "KRW", lang)}</span>
              </li>
            ))}
          </ul>
          <Story key={`${order.paymentId}/${order.updatedAt}`} paymentId={order.paymentId} />
          <Refund key={order.refundableAmount === 0 ? "none" : "some"} order={order} />
        </div>
        <aside className={s.side} aria-label={t("paymentSummary")}>
          <dl className={s.totals}>
            <dt>{t("paid")}</dt>
            <dd>{money(order.capturedAmount, "KRW", lang)}</dd>
            <dt>{t("refunded")}</dt>
            <dd>{money(order.refundedAmount, "KRW", lang)}</dd>
            <dt className={s.grand}>{t("refundable")}</dt>
            <dd className={s.grand}>{money(order.refundableAmount, "KRW", lang)}</dd>
          </dl>
          <p className={s.fine}>
            {t("method", { plan: planText(t, lang, order.totalAmount, order.instalmentMonths) })}
          </p>
          {order.declinedPaymentIds.length > 0 && (
            <p className={s.fine}>{t("declinedBefore", { n: order.declinedPaymentIds.length })}</p>
          )}
          <Link
            to="/orders/$no/flow"
            params={{ no: order.orderNo }}
            className={buttonClass(undefined, undefined, true)}
          >
            {t("viewFlow")}
          </Link>
        </aside>
      </div>
    </>
  );
}

export function OrderPage() {
  const { no } = useParams({ strict: false }) as { no: string };
  const order = useQuery({
    ...orderQuery(no),
    refetchInterval: (query) => (query.state.data?.status === "PROCESSING" ? 1500 : false),
  });
  return (
    <div className={ui.pageRoot}>
      <Loaded query={order} page head={<OrderTitle no={no} />}>
        {(found) => <Details order={found} />}
      </Loaded>
    </div>
  );
}
