/** Events, what has become of each, and those that happen right now. */
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { memo, useCallback, useState } from "react";
import { api, data, type Schemas } from "../../api/client";
import { Badge, Button, Copy, Json, Notice, type Tone } from "../../ui/parts";
import { Empty, Loaded } from "../../ui/states";
import { LiveChip } from "../../ui/status";
import { common } from "../../ui/words";
import { duration, grouped } from "../../util/format";
import { useLang, useWords } from "../../util/i18n";
import { type PlatformEvent, useLive } from "../../util/live";
import {
  Ago,
  cs,
  Head,
  NothingPaid,
  PagedRows,
  PaymentLink,
  Rows,
  TabPanel,
  Tabs,
  Time,
  usePages,
} from "../parts";
import { type TextKey, texts } from "../words";

/** As many as one can look at while they pass by. */
const TAIL_ROWS = 60;

const TONES: Record<string, Tone> = {
  pending: "wait",
  posted: "ok",
  without_postings: "muted",
  parked: "warn",
  discarded: "back",
  lost: "bad",
};

type Lane = Schemas["LaneStatus"];

/** Which process publishes a lane; nobody for a while is a fact worth seeing, and on one file there is nothing to publish. */
function Publisher({ lane }: { lane: Lane }) {
  const t = useWords(texts);
  const { relay } = lane;
  if (!relay) return <span className={cs.faint}>{t("relayNone")}</span>;
  if (!relay.owner) return <Badge tone="warn">{t("relayFree")}</Badge>;
  return (
    <>
      <Copy text={relay.owner} />{" "}
      {relay.leaseUntil && (
        <small className={cs.faint}>
          {t("leaseUntil")} <Time at={relay.leaseUntil} />
        </small>
      )}
    </>
  );
}

function Summary() {
  const t = useWords(texts);
  const lang = useLang();
  const query = useQuery({
    queryKey: ["outbox", "summary"],
    queryFn: () => data(api.GET("/outbox", { params: { query: { limit: 1 } } })),
    refetchInterval: 2000,
  });
  return (
    <Loaded query={query} rows={3}>
      {({ summary }) => (
        <div className={cs.stack}>
          <Notice
            tone={summary.pending === 0 ? "ok" : (summary.oldestAgeMs ?? 0) > 10_000 ? "warn" : "wait"}
            role="status"
          >
            {summary.pending === 0 ? t("evNone") : t("evWaiting", { n: grouped(summary.pending) })}
            {summary.oldestAgeMs != null &&
              ` · ${t("evOldest", { age: duration(summary.oldestAgeMs, lang) })}`}
          </Notice>
          <Rows
            label={t("lanes")}
            rows={summary.lanes}
            id={(lane) => lane.lane}
            columns={[
              { key: "lane", title: t("lane"), cell: (lane) => lane.lane },
              { key: "last", title: t("lastSeq"), number: true, cell: (lane) => grouped(lane.lastSeq) },
              {
                key: "handled",
                title: t("handledTo"),
                number: true,
                cell: (lane) => grouped(lane.handledTo),
              },
              { key: "pending", title: t("s_pending"), number: true, cell: (lane) => grouped(lane.pending) },
              {
                key: "oldest",
                title: t("oldest"),
                number: true,
                cell: (lane) => (lane.oldestPendingAt ? <Ago at={lane.oldestPendingAt} /> : "–"),
              },
              {
                key: "published",
                title: t("publishedTo"),
                number: true,
                cell: (lane) => (lane.relay ? grouped(lane.relay.publishedTo) : "–"),
              },
              { key: "relay", title: t("publisher"), cell: (lane) => <Publisher lane={lane} /> },
              {
                key: "epoch",
                title: t("epoch"),
                number: true,
                cell: (lane) => (lane.relay ? grouped(lane.relay.epoch) : "–"),
              },
              { key: "pruned", title: t("prunedTo"), number: true, cell: (lane) => grouped(lane.prunedTo) },
              {
                key: "entries",
                title: t("entriesPosted"),
                number: true,
                cell: (lane) => grouped(lane.entriesPosted),
              },
            ]}
          />
        </div>
      )}
    </Loaded>
  );
}

function Outbox() {
  const t = useWords(texts);
  const pages = usePages(
    ["outbox"],
    (cursor) => data(api.GET("/outbox", { params: { query: { cursor, limit: 50 } } })),
    3000,
  );
  return (
    <PagedRows
      query={pages}
      label={t("outbox")}
      id={(row) => row.id}
      empty={<NothingPaid />}
      columns={[
        { key: "id", title: t("event"), cell: (row) => <Copy text={row.id} /> },
        { key: "at", title: t("when"), cell: (row) => <Time at={row.occurredAt} /> },
        { key: "topic", title: t("topic"), cell: (row) => row.topic },
        { key: "payment", title: t("payment"), cell: (row) => <PaymentLink id={row.paymentId} /> },
        {
          key: "state",
          title: t("state"),
          cell: (row) => <Badge tone={TONES[row.state] ?? "muted"}>{t(`s_${row.state}` as TextKey)}</Badge>,
        },
        { key: "size", title: t("size"), number: true, cell: (row) => `${grouped(row.sizeBytes)} B` },
      ]}
    />
  );
}

/** One event. Hundreds come in a second: a row is drawn once, and its content only when somebody opens it. */
const TailRow = memo(function TailRow({ event, onOpen }: { event: PlatformEvent; onOpen: () => void }) {
  const t = useWords(texts);
  const [open, setOpen] = useState(false);
  return (
    <li>
      <Time at={event.occurredAt} precise />
      <span>
        {event.topic} <Copy text={event.id} /> <PaymentLink id={event.paymentId} />
      </span>
      <details
        onToggle={(toggle) => {
          setOpen(toggle.currentTarget.open);
          if (toggle.currentTarget.open) onOpen();
        }}
      >
        <summary>{t("envelope")}</summary>
        {open && <Json value={event.envelope} />}
      </details>
    </li>
  );
});

function Tail() {
  const t = useWords(texts);
  const c = useWords(common);
  const [events, setEvents] = useState<PlatformEvent[]>([]);
  const [paused, setPaused] = useState(false);
  const stop = useCallback(() => setPaused(true), []);
  const live = useLive(
    (fresh) => setEvents((before) => [...fresh.reverse(), ...before].slice(0, TAIL_ROWS)),
    {},
    !paused,
  );
  return (
    <>
      <div className={cs.actions}>
        <LiveChip state={live} />
        <Button
          data-key="pause"
          size="small"
          icon={paused ? "play" : "pause"}
          onClick={() => setPaused(!paused)}
        >
          {c(paused ? "resume" : "pause")}
        </Button>
      </div>
      {events.length === 0 ? (
        <Empty title={t("tailEmpty")} />
      ) : (
        <ol className={cs.timeline}>
          {events.map((event) => (
            <TailRow key={event.id} event={event} onOpen={stop} />
          ))}
        </ol>
      )}
    </>
  );
}

export function EventsPage() {
  const t = useWords(texts);
  const navigate = useNavigate();
  const { tab } = useSearch({ strict: false }) as { tab?: string };
  const chosen = tab === "live" ? "live" : "outbox";
  return (
    <>
      <Head
        title={t("evTitle")}
        command={{ path: chosen === "live" ? "/events/stream" : "/outbox", cli: "swelite outbox status" }}
      />
      <div className={cs.stack}>
        <Summary />
        <div>
          <Tabs
            label={t("evTitle")}
            value={chosen}
            tabs={[
              ["outbox", t("outbox")],
              ["live", t("liveTail")],
            ]}
            onChange={(next) =>
              void navigate({
                to: "/console/events",
                search: { tab: next === "live" ? next : undefined },
                replace: true,
              } as never)
            }
          />
          <TabPanel tab={chosen}>{chosen === "live" ? <Tail /> : <Outbox />}</TabPanel>
        </div>
      </div>
    </>
  );
}
