/** Checkout: one page, one try at a time, every outcome a card away. A card number is turned into a token here and goes nowhere. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { type FormEvent, type MouseEvent, useEffect, useRef, useState } from "react";
import { ApiError, answer, api, data } from "../../api/client";
import { Button, buttonClass, Field, Notice } from "../../ui/parts";
import { problemText } from "../../ui/problems";
import { Empty, Loaded } from "../../ui/states";
import { declines } from "../../ui/words";
import { expiryIsValid, spaced, TEST_CARDS, tokenOf } from "../../util/cards";
import { instalments, money } from "../../util/format";
import { type Lang, type Say, say, useLang, useWords } from "../../util/i18n";
import { type Attempt, attemptFor, forgetAttempt, keepAttempt, pendingAttempt } from "../attempt";
import { useCart, writeCart } from "../cart";
import { bare, type Quote, quoteQuery } from "../queries";
import s from "../store.module.css";
import { texts } from "../words";
import { Totals } from "./Cart";

type TextKey = keyof (typeof texts)["ko"];
type FieldName = "name" | "card" | "expiry" | "cvc" | "agree";
type Errors = Partial<Record<FieldName, TextKey>>;
const PLANS = [1, 2, 3, 6, 12, 24];

/** What an instalment plan comes to, in words. */
export function planText(t: Say<TextKey>, lang: Lang, total: number, months: number): string {
  if (months <= 1) return t("planOnce", { price: money(total, "KRW", lang) });
  const plan = instalments(total, months);
  return t("plan", {
    n: months,
    first: money(plan.first, "KRW", lang),
    later: money(plan.later, "KRW", lang),
  });
}

/** Why a try failed, for a shopper. */
function why(error: unknown, t: Say<TextKey>, lang: Lang): string {
  if (!(error instanceof ApiError)) return String(error);
  const { status, problem } = error;
  if (status === 0) return t("unreachable");
  if (status === 402) {
    const known =
      problem.declineCode && problem.declineCode in declines.ko ? problem.declineCode : "generic_decline";
    return say(declines, lang, known as keyof (typeof declines)["ko"]);
  }
  if (status === 429) return t("limited", { n: error.retryAfter ?? 60 });
  if (problem.code === "EXPECTED_AMOUNT_MISMATCH") return t("priceMoved");
  if (problem.code === "ACQUIRER_ERROR") return t("acquirerError");
  return problemText(problem, lang);
}

function errorsOf(form: HTMLFormElement): { errors: Errors; token: string } {
  const text = (name: string) => String(new FormData(form).get(name) ?? "").trim();
  const errors: Errors = {};
  const card = tokenOf(text("card"));
  if (!text("name")) errors.name = "errName";
  if ("problem" in card) errors.card = card.problem === "real" ? "errReal" : "errCard";
  if (!expiryIsValid(text("expiry"), new Date())) errors.expiry = "errExpiry";
  if (!/^\d{3}$/.test(text("cvc"))) errors.cvc = "errCvc";
  if (!new FormData(form).get("agree")) errors.agree = "errAgree";
  return { errors, token: "token" in card ? card.token : "" };
}

function fieldOf(form: HTMLFormElement | null, name: string): HTMLElement | null {
  const found = form?.elements.namedItem(name);
  return found instanceof HTMLElement ? found : null;
}

function idOf(form: HTMLFormElement | null, name: string): string {
  return fieldOf(form, name)?.id ?? name;
}

/** From what is wrong to where it is; the address stays as it is. */
function goTo(event: MouseEvent, form: HTMLFormElement | null, name: string) {
  event.preventDefault();
  fieldOf(form, name)?.focus();
}

/** Sends a try until somebody answers: nobody answering is no reason to ask under another name. */
async function send(attempt: Attempt) {
  return answer(
    api.POST("/store/orders/{no}/pay", {
      params: { path: { no: attempt.orderNo } },
      body: {
        lines: bare(attempt.lines),
        expectedAmount: attempt.expectedAmount,
        token: attempt.token,
        instalmentMonths: attempt.instalmentMonths,
        idempotencyKey: attempt.key,
      },
    }),
  );
}

/** Whether a failed try may be repeated as it is: then its name is kept. */
function isOpen(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 0 || error.status === 429 || error.status >= 500);
}

function usePay() {
  const t = useWords(texts);
  const lang = useLang();
  const navigate = useNavigate();
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState("");
  const running = useRef(false);
  const run = async (make: () => Promise<Attempt>) => {
    if (running.current) return;
    running.current = true;
    setBusy(true);
    setFailure("");
    let attempt: Attempt | null = null;
    try {
      attempt = await make();
      keepAttempt(attempt);
      await send(attempt);
      finish(attempt);
    } catch (error) {
      const unknown =
        error instanceof ApiError &&
        (error.problem.code === "OUTCOME_UNKNOWN" || error.problem.code === "DUPLICATE_REQUEST");
      if (unknown && attempt) finish(attempt);
      else {
        if (!isOpen(error)) forgetAttempt();
        setFailure(t("payFailed", { why: why(error, t, lang) }));
      }
    } finally {
      running.current = false;
      setBusy(false);
    }
  };
  const finish = (attempt: Attempt) => {
    forgetAttempt();
    writeCart([]);
    void client.invalidateQueries({ queryKey: ["store", "orders"] });
    void navigate({ to: "/orders/$no/flow", params: { no: attempt.orderNo } });
  };
  return { busy, failure, run };
}

function Form({ quote }: { quote: Quote }) {
  const t = useWords(texts);
  const lang = useLang();
  const lines = useCart();
  const form = useRef<HTMLFormElement>(null);
  const summary = useRef<HTMLDivElement>(null);
  const [errors, setErrors] = useState<Errors>({});
  const [card, setCard] = useState(spaced("4242424242424242"));
  const [months, setMonths] = useState(1);
  const { busy, failure, run } = usePay();
  const resumed = useRef(false);
  const draft = useRef<{ cart: string; orderNo: string } | null>(null);

  // A try that had no answer when the page was left goes on by itself, under its own name.
  useEffect(() => {
    const kept = pendingAttempt();
    if (kept && !resumed.current) {
      resumed.current = true;
      void run(async () => kept);
    }
  });
  useEffect(() => {
    if (failure) summary.current?.focus();
  }, [failure]);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!form.current) return;
    const checked = errorsOf(form.current);
    setErrors(checked.errors);
    if (Object.keys(checked.errors).length > 0) {
      setTimeout(() => summary.current?.focus());
      return;
    }
    void run(async () => {
      const cart = JSON.stringify(bare(lines));
      const kept = pendingAttempt();
      const known =
        draft.current?.cart === cart
          ? draft.current.orderNo
          : kept && JSON.stringify(bare(kept.lines)) === cart
            ? kept.orderNo
            : null;
      const orderNo =
        known ?? (await data(api.POST("/store/orders", { body: { lines: bare(lines) } }))).orderNo;
      draft.current = { cart, orderNo };
      return attemptFor({
        orderNo,
        lines,
        expectedAmount: quote.totalAmount,
        token: checked.token,
        instalmentMonths: months,
      });
    });
  };
  const wrong = (name: FieldName) => (errors[name] ? t(errors[name]) : null);
  const instalmentsOffered = quote.totalAmount >= 50_000;

  return (
    <form ref={form} onSubmit={submit} noValidate className={s.split}>
      <div className={s.sections}>
        {(Object.keys(errors).length > 0 || failure) && (
          <div ref={summary} tabIndex={-1} className={s.summary} role="alert">
            <Notice tone="bad">
              {failure ? (
                <p>{failure}</p>
              ) : (
                <>
                  <p>{t("errorSummary")}</p>
                  <ul>
                    {Object.entries(errors).map(([name, key]) => (
                      <li key={key}>
                        <a
                          href={`#${idOf(form.current, name)}`}
                          onClick={(event) => goTo(event, form.current, name)}
                        >
                          {t(key)}
                        </a>
                      </li>
                    ))}
                  </ul>
                </>
              )}
            </Notice>
          </div>
        )}
        <fieldset className={s.section} disabled={busy}>
          <legend>{t("recipient")}</legend>
          <p className={s.fine}>{t("demoBuyer")}</p>
          <div className={s.pair}>
            <Field label={t("recipientName")} error={wrong("name")}>
              {(control) => (
                <input
                  {...control}
                  name="name"
                  autoComplete="name"
                  defaultValue={lang === "ko" ? "김모의" : "Mo Kim"}
                />
              )}
            </Field>
            <Field label={t("recipientPhone")}>
              {(control) => (
                <input
                  {...control}
                  name="phone"
                  autoComplete="tel"
                  inputMode="tel"
                  defaultValue="010-0000-0000"
                />
              )}
            </Field>
          </div>
          <Field label={t("address")}>
            {(control) => (
              <input
                {...control}
                name="address"
                autoComplete="street-address"
                defaultValue={lang === "ko" ? "서울시 없는구 모의로 1" : "1 Mock Street, Seoul"}
              />
            )}
          </Field>
        </fieldset>
        <fieldset className={s.section} disabled={busy}>
          <legend>{t("payment")}</legend>
          <Notice tone="warn">{t("testMode")}</Notice>
          <fieldset className={s.chips}>
            <legend>{t("pickCard")}</legend>
            {TEST_CARDS.map((one) => (
              <button
                key={one.id}
                type="button"
                className={s.chip}
                aria-pressed={card === spaced(one.number)}
                onClick={() => {
                  setCard(spaced(one.number));
                  setErrors({});
                }}
              >
                {one[lang]}
              </button>
            ))}
          </fieldset>
          <Field label={t("cardNumber")} error={wrong("card")}>
            {(control) => (
              <input
                {...control}
                name="card"
                inputMode="numeric"
                autoComplete="off"
                value={card}
                onChange={(event) => setCard(spaced(event.target.value).slice(0, 23))}
              />
            )}
          </Field>
          <div className={s.pair}>
            <Field label={t("expiry")} error={wrong("expiry")}>
              {(control) => (
                <input {...control} name="expiry" autoComplete="off" defaultValue="12/34" maxLength={7} />
              )}
            </Field>
            <Field label={t("cvc")} error={wrong("cvc")}>
              {(control) => (
                <input
                  {...control}
                  name="cvc"
                  inputMode="numeric"
                  autoComplete="off"
                  defaultValue="123"
                  maxLength={3}
                />
              )}
            </Field>
          </div>
          {instalmentsOffered && (
            <Field label={t("months")}>
              {(control) => (
                <select
                  {...control}
                  name="months"
                  value={months}
                  onChange={(event) => setMonths(Number(event.target.value))}
                >
                  {PLANS.map((one) => (
                    <option key={one} value={one}>
                      {planText(t, lang, quote.totalAmount, one)}
                    </option>
                  ))}
                </select>
              )}
            </Field>
          )}
        </fieldset>
        <fieldset className={s.section} disabled={busy}>
          <legend>{t("confirm")}</legend>
          <label className={s.check}>
            <input
              type="checkbox"
              name="agree"
              defaultChecked
              aria-invalid={errors.agree ? true : undefined}
            />
            <span>{t("agree")}</span>
          </label>
        </fieldset>
      </div>
      <aside className={s.side} aria-label={t("total")}>
        <ul className={s.miniLines}>
          {quote.lines.map((line) => (
            <li key={`${line.slug}/${line.color}/${line.option}`}>
              <span>
                {line.name[lang]} · {line.variant[lang]} ×&nbsp;{line.quantity}
              </span>
              <span>{money(line.amount, "KRW", lang)}</span>
            </li>
          ))}
        </ul>
        <Totals quote={quote} />
        <Button
          type="submit"
          look="primary"
          size="large"
          wide
          aria-busy={busy}
          disabledReason={quote.available ? null : t("lineUnavailable")}
          disabled={busy}
        >
          {busy ? t("paying") : t("pay", { price: money(quote.totalAmount, "KRW", lang) })}
        </Button>
      </aside>
    </form>
  );
}

export function CheckoutPage() {
  const t = useWords(texts);
  const cart = useCart();
  const [kept] = useState(pendingAttempt);
  const lines = cart.length > 0 ? cart : (kept?.lines ?? []);
  const quote = useQuery(quoteQuery(lines));
  return (
    <>
      <h1 className={s.pageTitle}>{t("checkoutTitle")}</h1>
      {lines.length === 0 ? (
        <Empty title={t("cartEmpty")}>
          <Link to="/" className={buttonClass()}>
            {t("browse")}
          </Link>
        </Empty>
      ) : (
        <Loaded query={quote} rows={6}>
          {(priced) => <Form quote={priced} />}
        </Loaded>
      )}
    </>
  );
}
