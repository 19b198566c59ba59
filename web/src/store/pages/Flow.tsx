/** The signature screen: one payment on its way to the ledger, station by station, while a receipt prints beside it. */
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { api, data, type Schemas } from "../../api/client";
import { Icon } from "../../ui/icons";
import { Button, buttonClass, Notice, TableWrap, ui } from "../../ui/parts";
import { said } from "../../ui/said";
import { Loaded, Loading } from "../../ui/states";
import { LiveChip } from "../../ui/status";
import { common } from "../../ui/words";
import { duration, money, time } from "../../util/format";
import { useLang, useWords } from "../../util/i18n";
import { useLive } from "../../util/live";
import { useStill } from "../../util/still";
import { showLab } from "../Layout";
import { faultsQuery, merchantId, type Order, orderQuery } from "../queries";
import { Receipt } from "../Receipt";
import s from "../store.module.css";
import { texts } from "../words";

type Flow = Schemas["Flow"];
type Step = Schemas["FlowStep"];
type TextKey = keyof (typeof texts)["ko"];
const LONG_MS = 2000;

function useProof() {
  const t = useWords(texts);
  const lang = useLang();
  return (step: Step, paymentId: number): string => {
    const proof = step.proof;
    switch (proof.kind) {
      case "payment":
        return t("p_version", { id: paymentId, n: proof.version });
      case "outbox_row":
        return t("p_outbox", { id: proof.eventId, bytes: proof.sizeBytes, sha: proof.sha256.slice(0, 12) });
      case "embedded_log":
        return t("p_log", { topic: proof.topic, partition: proof.partition, offset: proof.offset });
      case "relay":
        return t("p_relay", { n: proof.publishedTo });
      case "position":
        return t("p_position", { n: proof.position });
      case "journal_entry":
        return t("p_entry", { id: proof.entryId, n: proof.postings });
      case "without_postings":
        return t("p_none");
      case "pruned":
        return t("p_pruned");
      case "dead_letter":
        return t("p_dead", { id: proof.deadLetterId, message: said(proof.message, lang) });
      case "attempt":
        return t("p_attempt");
      default:
        return "";
    }
  };
}

/** What the first station that is not done waits for, once it has waited long enough to wonder. */
function useWaitReason(flow: Flow | undefined): { station: string; text: string } | null {
  const t = useWords(texts);
  const faults = useQuery(faultsQuery).data?.faults;
  const waiting = flow?.steps.find((step) => step.state === "waiting" || step.state === "running");
  const late = useStill(waiting && `${flow?.paymentId}/${flow?.eventId}/${waiting.station}`, LONG_MS);
  if (!flow || !waiting) return null;
  const isUnpublished = ["published", "broker"].includes(waiting.station);
  const isUnread = ["worker", "ledger"].includes(waiting.station);
  if (faults?.brokerOff && (isUnpublished || isUnread))
    return { station: waiting.station, text: t("whyBroker") };
  if (faults?.workerPaused && isUnread) return { station: waiting.station, text: t("whyWorker") };
  if (isUnpublished && late) return { station: waiting.station, text: t("whyUnpublished") };
  if (waiting.station === "api") return { station: "api", text: t("whyAcquirer") };
  return late ? { station: waiting.station, text: t("whyUnknown") } : null;
}

function Stations({ flow }: { flow: Flow }) {
  const t = useWords(texts);
  const lang = useLang();
  const proof = useProof();
  const reason = useWaitReason(flow);
  const current = flow.steps.findIndex((step) => step.state !== "done");
  return (
    <ol className={s.stations}>
      {flow.steps.map((step, index) => (
        <li
          key={step.station}
          className={s.station}
          data-state={step.state}
          data-sealed={step.proof.kind === "journal_entry"}
          aria-current={index === current ? "step" : undefined}
        >
          <span className={s.wire} aria-hidden="true" />
          <span className={s.gap}>
            {step.durationUs !== null && step.durationUs !== undefined
              ? t("gap", { time: duration(step.durationUs / 1000, lang) })
              : step.at && step.at === flow.steps[index - 1]?.at
                ? t("sameAct")
                : ""}
          </span>
          <span className={s.node} aria-hidden="true">
            {step.state === "done" && <Icon name="check" size={14} />}
            {step.state === "dead" && <Icon name="cross" size={14} />}
          </span>
          <div className={s.stationText}>
            <h3>
              <span className={s.stationNo}>{index + 1}</span> {t(`station_${step.station}` as TextKey)}
              <small>{t(step.state as TextKey)}</small>
            </h3>
            <p>
              {step.state === "done"
                ? t(
                    (step.proof.kind === "embedded_log"
                      ? "about_embedded"
                      : `about_${step.station}`) as TextKey,
                  )
                : ""}
            </p>
            {step.at && <time dateTime={step.at}>{time(step.at)}</time>}
            {step.proof.kind !== "none" && <p className={s.proof}>{proof(step, flow.paymentId)}</p>}
            {step.state === "dead" && step.proof.kind === "dead_letter" && (
              <a href={`/console/dead-letters/${step.proof.deadLetterId}`}>
                {t("p_dead", { id: step.proof.deadLetterId, message: "" })}
              </a>
            )}
            {reason?.station === step.station && <Notice tone="wait">{reason.text}</Notice>}
          </div>
        </li>
      ))}
    </ol>
  );
}

function FlowTable({ flow }: { flow: Flow }) {
  const t = useWords(texts);
  const lang = useLang();
  const proof = useProof();
  return (
    <TableWrap label={t("flowTitle")}>
      <table className={ui.table}>
        <thead>
          <tr>
            <th scope="col">{t("station")}</th>
            <th scope="col">{t("state")}</th>
            <th scope="col">{t("at")}</th>
            <th scope="col" className={ui.number}>
              {t("took2")}
            </th>
            <th scope="col">{t("proof")}</th>
          </tr>
        </thead>
        <tbody>
          {flow.steps.map((step) => (
            <tr key={step.station}>
              <th scope="row">{t(`station_${step.station}` as TextKey)}</th>
              <td>{t(step.state as TextKey)}</td>
              <td className={s.whole}>{step.at ? time(step.at) : "–"}</td>
              <td className={ui.number}>
                {step.durationUs == null ? "–" : duration(step.durationUs / 1000, lang)}
              </td>
              <td className={ui.mono}>{proof(step, flow.paymentId)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableWrap>
  );
}

/** From the first time to the last. */
function elapsed(flow: Flow): number | null {
  const times = flow.steps.flatMap((step) => (step.at ? [Date.parse(step.at)] : []));
  return times.length > 1 ? Math.max(...times) - Math.min(...times) : null;
}

function FlowOf({ order }: { order: Order }) {
  const t = useWords(texts);
  const c = useWords(common);
  const lang = useLang();
  const navigate = useNavigate();
  const { event, view } = useSearch({ strict: false }) as { event?: string; view?: "table" };
  const paymentId = order.paymentId;
  const [paused, setPaused] = useState(false);
  const events = useQuery({
    queryKey: ["events", paymentId],
    queryFn: () => data(api.GET("/events", { params: { query: { merchantId, paymentId, limit: 50 } } })),
  });
  const flow = useQuery({
    queryKey: ["flow", paymentId, event],
    queryFn: () =>
      data(
        api.GET("/payments/{id}/flow", {
          params: { path: { id: paymentId }, query: { merchantId, eventId: event } },
        }),
      ),
    refetchInterval: (query) => {
      const ended =
        query.state.data?.steps.every((step) => step.state === "done") ||
        query.state.data?.steps.some((step) => step.state === "dead");
      return ended || paused ? false : 500;
    },
  });
  const entries = useQuery({
    queryKey: ["entries", paymentId, flow.data?.steps.at(-1)?.state],
    queryFn: () =>
      data(
        api.GET("/payments/{id}/ledger", {
          params: { path: { id: paymentId }, query: { merchantId, limit: 50 } },
        }),
      ),
    enabled: flow.data?.steps.at(-1)?.state === "done",
  });
  const live = useLive(
    () => {
      void flow.refetch();
      void events.refetch();
    },
    { merchantId, paymentId },
    !paused,
  );
  const isPaused = useQuery(faultsQuery).data?.faults.workerPaused ?? false;
  // Both are read at once; what stands below them must not be pushed down twice.
  const isPending = flow.isPending || events.isPending;
  const steps = flow.data?.steps ?? [];
  const doneCount = steps.filter((step) => step.state === "done").length;
  const at = steps[Math.min(doneCount, 5)];
  const total = flow.data ? elapsed(flow.data) : null;
  const isPosted = doneCount === 6;
  const go = (next: { event?: string; view?: "table" }) =>
    void navigate({
      to: "/orders/$no/flow",
      params: { no: order.orderNo },
      search: { event, view, ...next },
      replace: true,
    });

  return (
    <>
      <div className={s.flowHead}>
        <div>
          <h1>{t("flowTitle")}</h1>
          <p className={s.lead}>{t("flowLead", { amount: money(order.totalAmount, "KRW", lang) })}</p>
        </div>
        <div className={s.flowTools}>
          <LiveChip state={flow.isError ? "lost" : live} />
          <Button size="small" icon={paused ? "play" : "pause"} onClick={() => setPaused(!paused)}>
            {c(paused ? "resume" : "pause")}
          </Button>
          <Button size="small" onClick={() => go({ view: view === "table" ? undefined : "table" })}>
            {t(view === "table" ? "asLine" : "asTable")}
          </Button>
        </div>
      </div>
      {order.status === "PROCESSING" && (
        <div className={s.told}>
          <Notice tone="wait" role="status">
            <p>{t("unknownTitle")}</p>
            <p>{t("unknownText")}</p>
          </Notice>
        </div>
      )}
      <p className="visually-hidden" role="status">
        {at &&
          t("step", {
            n: Math.max(doneCount, 1),
            name: t(`station_${at.station}` as TextKey),
            state: t(at.state as TextKey),
          })}
      </p>
      <div className={s.flow}>
        <div className={s.flowPaper}>
          <Receipt order={order} steps={steps} entries={entries.data?.data ?? []} posted={isPosted} />
          <Button icon="print" size="small" onClick={() => window.print()}>
            {t("printReceipt")}
          </Button>
        </div>
        <div>
          {!isPending && (events.data?.data.length ?? 0) > 1 && (
            <label className={s.eventPick}>
              <span>{t("flowEvent")}</span>
              <select
                className={ui.input}
                value={event ?? ""}
                onChange={(change) => go({ event: change.target.value || undefined })}
              >
                {events.data?.data.map((one, index) => (
                  <option key={one.id} value={index === 0 ? "" : one.id}>
                    {one.topic} · {one.id}
                  </option>
                ))}
              </select>
            </label>
          )}
          {isPending ? (
            <Loading rows={6} height={view === "table" ? 36 : 80} />
          ) : (
            <Loaded query={flow}>
              {(found) => (view === "table" ? <FlowTable flow={found} /> : <Stations flow={found} />)}
            </Loaded>
          )}
          {isPosted && (
            <p className={s.postedLine}>
              <strong>{t("posted")}</strong>
              {total !== null && <span>{t("took", { time: duration(Math.max(total, 1), lang) })}</span>}
            </p>
          )}
          {!isPending && order.status !== "PROCESSING" && (
            <div className={s.next}>
              <div>
                <h2>{t(isPaused ? "tryResume" : "tryWorker")}</h2>
                <p className={s.fine}>{t(isPaused ? "tryResumeText" : "tryWorkerText")}</p>
              </div>
              <Button icon="flask" onClick={showLab}>
                {t("openLab")}
              </Button>
            </div>
          )}
          <p className={s.links}>
            <Link to="/orders/$no" params={{ no: order.orderNo }} className={buttonClass("quiet", "small")}>
              {t("viewOrder")}
            </Link>
            <a href={`/console/payments/${paymentId}`} className={buttonClass("quiet", "small")}>
              {t("console")}
            </a>
          </p>
        </div>
      </div>
    </>
  );
}

export function FlowPage() {
  const t = useWords(texts);
  const { no } = useParams({ strict: false }) as { no: string };
  const order = useQuery({
    ...orderQuery(no),
    refetchInterval: (query) => (query.state.data?.status === "PROCESSING" ? 1000 : false),
  });
  return (
    <Loaded query={order} page head={<h1 className={s.pageTitle}>{t("flowTitle")}</h1>}>
      {(found) => <FlowOf order={found} />}
    </Loaded>
  );
}
