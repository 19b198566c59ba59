/** In five seconds: are we taking money, is it reaching the ledger, is anything stuck? */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { api, data, type Schemas } from "../../api/client";
import { Icon } from "../../ui/icons";
import { Button, Notice, ui } from "../../ui/parts";
import { Loaded } from "../../ui/states";
import { LiveChip } from "../../ui/status";
import { common } from "../../ui/words";
import { declineName } from "../../util/cards";
import { amount, duration, time } from "../../util/format";
import { useLang, useWords } from "../../util/i18n";
import { Chart } from "../Chart";
import { cs, Head, Rows } from "../parts";
import { type TextKey, texts } from "../words";
import { useZone } from "../zone";

type Overview = Schemas["Overview"];
type Traffic = Schemas["Traffic"];
const SECONDS = 300;
const DECLINES_MAX = 200;

interface Sample {
  at: number;
  rate: number | null;
  wrong: number | null;
  p50: number | null;
  p95: number | null;
  p99: number | null;
  pending: number | null;
}

const UNREAD: Omit<Sample, "at"> = {
  rate: null,
  wrong: null,
  p50: null,
  p95: null,
  p99: null,
  pending: null,
};

function total(traffic: Traffic[]): number {
  return traffic.reduce((sum, one) => sum + one.succeeded + one.refused + one.failed, 0);
}

/** What was known, with what a reading tells; `null` is a second that could not be read: a gap, never zero. */
export function sampled(before: Sample[], view: Overview | null, now: number): Sample[] {
  const known = new Map(before.map((sample) => [sample.at, sample]));
  if (!view) {
    const at = Math.floor(now / 1000) - 1;
    if (!known.has(at)) known.set(at, { at, ...UNREAD });
  }
  for (const second of view?.seconds ?? []) {
    const at = Math.floor(Date.parse(second.at) / 1000);
    known.set(at, {
      at,
      rate: second.succeeded + second.refused + second.failed,
      wrong: second.refused + second.failed,
      p50: second.p50Ms ?? null,
      p95: second.p95Ms ?? null,
      p99: second.p99Ms ?? null,
      pending: known.get(at)?.pending ?? null,
    });
  }
  const samples = [...known.values()].sort((a, b) => a.at - b.at).slice(-SECONDS);
  const last = samples.at(-1);
  // What waits is known for the moment of a reading only.
  if (view && last) last.pending = view.outbox.pending;
  return samples;
}

/** The overview, read once a second, and its last five minutes. After a gap all of them are asked for again. */
function useOverview(paused: boolean) {
  const [samples, setSamples] = useState<Sample[]>([]);
  const whole = useRef(true);
  const query = useQuery({
    queryKey: ["overview"],
    queryFn: () => data(api.GET("/overview", { params: { query: { series: whole.current ? SECONDS : 5 } } })),
    refetchInterval: paused ? false : 1000,
    retry: false,
  });
  const seen = useRef(0);
  const updated = Math.max(query.dataUpdatedAt, query.errorUpdatedAt);
  const { data: view, isError } = query;
  useEffect(() => {
    if (updated === 0 || updated === seen.current) return;
    seen.current = updated;
    whole.current = isError;
    setSamples((before) => sampled(before, isError || !view ? null : view, updated));
  }, [updated, view, isError]);
  return { view: query, samples };
}

function Title({ view, isUnread }: { view: Overview; isUnread: boolean }) {
  const t = useWords(texts);
  if (isUnread) return t("ovTitleUnknown");
  const late = (view.outbox.oldestAgeMs ?? 0) > 10_000;
  if (view.proofs && !view.proofs.ok) return t("ovTitleBad");
  if (late) return t("ovTitleStuck", { n: view.outbox.pending });
  if (total(view.requests.filter((one) => one.action !== "other")) === 0) return t("ovTitleIdle");
  return t("ovTitle");
}

function Sentences({ view }: { view: Overview }) {
  const t = useWords(texts);
  const lang = useLang();
  const authorize = view.requests.find((one) => one.action === "authorize");
  const count = authorize ? total([authorize]) : 0;
  const rate = authorize && count > 0 && `${((authorize.succeeded / count) * 100).toFixed(1)}\u00a0%`;
  return (
    <ul className={cs.sentences}>
      <li>{rate ? t("ovSuccess", { n: count, rate }) : t("ovNone")}</li>
      {authorize?.p95Ms != null && <li>{t("ovLatency", { time: duration(authorize.p95Ms, lang) })}</li>}
      <li>{t("ovPending", { n: view.outbox.pending })}</li>
      {view.outbox.oldestAgeMs != null && (
        <li>{t("ovOldest", { age: duration(view.outbox.oldestAgeMs, lang) })}</li>
      )}
      <li>{t("ovDead", { n: view.outbox.deadLettersOpen })}</li>
    </ul>
  );
}

function Todo({ view }: { view: Overview }) {
  const t = useWords(texts);
  const rows: [string, string][] = [];
  if (view.outbox.deadLettersOpen > 0)
    rows.push(["/console/dead-letters", t("todoDead", { n: view.outbox.deadLettersOpen })]);
  if (view.outbox.deadLettersHeld > 0)
    rows.push(["/console/dead-letters?state=HELD", t("todoHeld", { n: view.outbox.deadLettersHeld })]);
  if ((view.outbox.oldestAgeMs ?? 0) > 10_000)
    rows.push(["/console/events", t("todoPending", { n: view.outbox.pending })]);
  if (view.proofs && !view.proofs.ok)
    rows.push(["/console/ledger/trial-balance", t("todoProof", { names: view.proofs.failed.join(", ") })]);
  if (!view.proofs) rows.push(["/console/ledger/trial-balance", t("todoNoProof")]);
  return (
    <section className={cs.section}>
      <h2>{t("todo")}</h2>
      {rows.length === 0 ? (
        <p className={cs.lead}>{t("todoNone")}</p>
      ) : (
        <ul className={cs.todo}>
          {rows.map(([to, text]) => (
            <li key={to}>
              <Icon name="warn" />
              <Link to={to as never}>{text}</Link>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Money({ view }: { view: Overview }) {
  const t = useWords(texts);
  return (
    <section className={cs.section}>
      <h2>{t("ovMoney")}</h2>
      {view.money.length === 0 && <p className={cs.lead}>{t("nothingYet")}</p>}
      {view.money.map((one) => (
        <dl key={one.currency} className={`${cs.pairs} ${cs.money}`}>
          <dt>
            {t("captured")} ({one.currency})
          </dt>
          <dd>{amount(one.captured, one.currency)}</dd>
          <dt>{t("refunded")}</dt>
          <dd>{amount(-one.refunded, one.currency)}</dd>
          <dt>{t("net")}</dt>
          <dd>
            <strong>{amount(one.captured - one.refunded, one.currency)}</strong>
          </dd>
          <dt>{t("held")}</dt>
          <dd>{amount(one.held, one.currency)}</dd>
        </dl>
      ))}
    </section>
  );
}

function TrafficTable({ view }: { view: Overview }) {
  const t = useWords(texts);
  const lang = useLang();
  const ms = (value: number | null | undefined): ReactNode => (value == null ? "–" : duration(value, lang));
  return (
    <section className={cs.section}>
      <h2>{t("traffic")}</h2>
      <Rows
        label={t("traffic")}
        rows={view.requests}
        id={(row) => row.action}
        columns={[
          { key: "action", title: t("operation"), cell: (row) => t(`act_${row.action}` as TextKey) },
          { key: "ok", title: t("succeeded"), number: true, cell: (row) => row.succeeded },
          { key: "refused", title: t("refusedCol"), number: true, cell: (row) => row.refused },
          { key: "failed", title: t("failedCol"), number: true, cell: (row) => row.failed },
          { key: "p50", title: "p50", number: true, cell: (row) => ms(row.p50Ms) },
          { key: "p95", title: "p95", number: true, cell: (row) => ms(row.p95Ms) },
          { key: "p99", title: "p99", number: true, cell: (row) => ms(row.p99Ms) },
        ]}
      />
    </section>
  );
}

function Charts({ samples }: { samples: Sample[] }) {
  const t = useWords(texts);
  const c = useWords(common);
  const lang = useLang();
  const zone = useZone();
  const at = samples.map((sample) => sample.at);
  const last = samples.at(-1);
  const gap = last?.rate === null ? [...samples].reverse().findIndex((sample) => sample.rate !== null) : -1;
  const since = samples.at(gap === -1 ? 0 : -gap)?.at;
  const said = (value: number | null | undefined, text: (value: number) => string) =>
    value === null || value === undefined ? c("unknown") : text(value);
  const of = (key: Exclude<keyof Sample, "at">) => samples.map((sample) => sample[key]);
  const p95 = samples.findLast((sample) => sample.p95 !== null)?.p95;
  return (
    <>
      {last?.rate === null && since !== undefined && (
        <Notice tone="warn" role="status">
          {t("gap", { time: time(new Date(since * 1000).toISOString(), zone, false) })}
        </Notice>
      )}
      <Chart
        title={t("ovRate")}
        text={said(last?.rate, (n) => t("ovRateText", { n }))}
        at={at}
        show={(value) => String(Math.round(value))}
        series={[
          { label: t("ovAll"), values: of("rate"), weight: 1.5, fill: true },
          { label: t("ovWrong"), values: of("wrong"), weight: 1.5, color: "--bad", dash: [3, 3] },
        ]}
      />
      <Chart
        title={t("ovLatencyChart")}
        text={
          last?.rate === null
            ? c("unknown")
            : p95 == null
              ? t("ovLatencyNone")
              : t("ovLatencyText", { time: duration(p95, lang) })
        }
        at={at}
        show={(value) => duration(value, lang)}
        series={[
          { label: "p50", values: of("p50"), weight: 1 },
          { label: "p95", values: of("p95"), weight: 2 },
          { label: "p99", values: of("p99"), weight: 1, dash: [3, 3] },
        ]}
      />
      <Chart
        title={t("ovPendingChart")}
        text={said(last?.pending, (n) => t("ovPendingText", { n }))}
        at={at}
        show={(value) => String(Math.round(value))}
        series={[{ label: t("ovPendingChart"), values: of("pending"), fill: true }]}
      />
    </>
  );
}

/** Why cards were declined, of the latest that were. */
function Declines() {
  const t = useWords(texts);
  const lang = useLang();
  const query = useQuery({
    queryKey: ["overview", "declines"],
    queryFn: () =>
      data(api.GET("/payments", { params: { query: { status: ["DECLINED"], limit: DECLINES_MAX } } })),
    refetchInterval: 5000,
  });
  return (
    <section className={cs.section}>
      <h2>{t("ovDeclines")}</h2>
      <Loaded query={query} rows={2}>
        {({ data: payments }) => {
          const reasons = reasonsOf(payments.map((payment) => payment.failure?.code ?? "unknown"));
          const most = reasons[0]?.[1] ?? 1;
          if (reasons.length === 0) return <p className={cs.lead}>{t("ovDeclinesNone")}</p>;
          return (
            <table className={cs.bars}>
              <tbody>
                {reasons.map(([reason, count]) => (
                  <tr key={reason}>
                    <th scope="row" title={reason}>
                      {declineName(reason, lang)}
                    </th>
                    <td>
                      <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
                        <rect width={(count / most) * 100} height="8" />
                      </svg>
                    </td>
                    <td className={ui.number}>{count}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          );
        }}
      </Loaded>
    </section>
  );
}

/** Reasons with how often each is there, the most frequent first. */
export function reasonsOf(codes: string[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const code of codes) counts.set(code, (counts.get(code) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]);
}

export function OverviewPage() {
  const t = useWords(texts);
  const c = useWords(common);
  const [paused, setPaused] = useState(false);
  const { view, samples } = useOverview(paused);
  return (
    <>
      <Head
        title={view.data ? <Title view={view.data} isUnread={view.isError} /> : t("overview")}
        command={{ path: "/overview" }}
      >
        <LiveChip state={paused ? "off" : view.isError ? "lost" : view.isPending ? "connecting" : "open"} />
        <Button
          data-key="pause"
          size="small"
          icon={paused ? "play" : "pause"}
          onClick={() => setPaused(!paused)}
        >
          {c(paused ? "resume" : "pause")}
        </Button>
      </Head>
      <Loaded query={view}>
        {(found) => (
          <>
            <Sentences view={found} />
            <div className={cs.columns}>
              <div className={cs.stack}>
                <Charts samples={samples} />
                <TrafficTable view={found} />
              </div>
              <div className={cs.stack}>
                <Todo view={found} />
                <Money view={found} />
                <Declines />
              </div>
            </div>
          </>
        )}
      </Loaded>
    </>
  );
}
