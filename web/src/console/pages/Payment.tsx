/** The whole truth about one payment, and the place to act on it. */
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { api, data } from "../../api/client";
import { Icon } from "../../ui/icons";
import { Button, buttonClass, Copy, Json, Notice, ui } from "../../ui/parts";
import { Empty, Loaded } from "../../ui/states";
import { Status } from "../../ui/status";
import { declineName } from "../../util/cards";
import { duration, money } from "../../util/format";
import { useLang, useWords } from "../../util/i18n";
import { useLive } from "../../util/live";
import { ActPanel } from "../ActPanel";
import { ACT_WORDS, ACTS, type Act, type Payment, whyNot } from "../acts";
import { neighbours } from "../neighbours";
import { Timeline } from "../PaymentTimeline";
import { cs, Head, More, PagedRows, TabPanel, Tabs, Time, usePages } from "../parts";
import { useRoleReason } from "../session";
import { storyTexts } from "../storyWords";
import { TAccounts } from "../TAccounts";
import { type TextKey, texts } from "../words";

const TABS = ["timeline", "ledger", "events", "requests", "json"] as const;
type Tab = (typeof TABS)[number];
const TAB_WORDS: Record<Tab, TextKey> = {
  timeline: "timeline",
  ledger: "ledgerTab",
  events: "eventsTab",
  requests: "requestsTab",
  json: "json",
};

/** Where the payment's latest event is on its way to the ledger. */
function Way({ id, version }: { id: number; version: number }) {
  const t = useWords(texts);
  const lang = useLang();
  const query = useQuery({
    queryKey: ["payment", id, "flow", version],
    queryFn: () => data(api.GET("/payments/{id}/flow", { params: { path: { id } } })),
    refetchInterval: (flow) => (flow.state.data?.steps.every((step) => step.state === "done") ? false : 1000),
    placeholderData: (before) => before,
  });
  const steps = query.data?.steps ?? [];
  return (
    <section className={cs.way} aria-label={t("flow")} aria-busy={query.isPending || undefined}>
      {query.isError && <Notice tone="warn">{t("wayUnknown")}</Notice>}
      <ol>
        {steps.map((step) => (
          <li
            key={step.station}
            data-state={step.state}
            data-sealed={step.proof.kind === "journal_entry"}
            title={step.at ?? undefined}
          >
            <span aria-hidden="true" />
            <strong>{t(`way_${step.station}` as TextKey)}</strong>
            <small>
              {step.proof.kind === "without_postings"
                ? t("way_nothing")
                : step.state === "done"
                  ? step.durationUs == null
                    ? t("way_done")
                    : `+${duration(step.durationUs / 1000, lang)}`
                  : t(`way_${step.state}` as TextKey)}
            </small>
          </li>
        ))}
      </ol>
    </section>
  );
}

function Ledger({ id }: { id: number }) {
  const t = useWords(texts);
  const said = useWords(storyTexts);
  const pages = usePages(
    ["payment", id, "ledger"],
    (cursor) =>
      data(api.GET("/payments/{id}/ledger", { params: { path: { id }, query: { cursor, limit: 200 } } })),
    3000,
  );
  return (
    <Loaded query={pages}>
      {({ pages: read }) => {
        const entries = read.flatMap((page) => page.data);
        return (
          <div className={cs.stack}>
            {pages.hasNextPage && <Notice tone="warn">{said("entriesSome", { n: entries.length })}</Notice>}
            <section className={cs.section}>
              <h2>{t("postedLayer")}</h2>
              <TAccounts entries={entries} layer="POSTED" />
            </section>
            <section className={cs.section}>
              <h2>{t("holdLayer")}</h2>
              <TAccounts entries={entries} layer="HOLD" />
            </section>
            <More query={pages} />
          </div>
        );
      }}
    </Loaded>
  );
}

function Events({ id }: { id: number }) {
  const t = useWords(texts);
  const pages = usePages(["payment", id, "events"], (cursor) =>
    data(api.GET("/events", { params: { query: { paymentId: id, cursor, limit: 100 } } })),
  );
  return (
    <Loaded query={pages}>
      {({ pages: read }) => (
        <>
          <ol className={cs.timeline}>
            {read
              .flatMap((page) => page.data)
              .map((event) => (
                <li key={event.id}>
                  <Time at={event.occurredAt} precise />
                  <span>
                    {event.topic} <Copy text={event.id} />
                  </span>
                  <details>
                    <summary>{t("envelope")}</summary>
                    <Json value={event.envelope} />
                  </details>
                </li>
              ))}
          </ol>
          <More query={pages} />
        </>
      )}
    </Loaded>
  );
}

function Requests({ id }: { id: number }) {
  const t = useWords(texts);
  const lang = useLang();
  // Reads that succeeded, this page's own above all, would leave no room for what was done.
  const pages = usePages(["payment", id, "requests"], (cursor) =>
    data(api.GET("/requests", { params: { query: { paymentId: id, reads: false, cursor, limit: 100 } } })),
  );
  return (
    <PagedRows
      query={pages}
      label={t("requestsTab")}
      id={(row) => row.requestId}
      empty={<Empty title={t("noRequests")} />}
      columns={[
        { key: "at", title: t("when"), cell: (row) => <Time at={row.at} /> },
        { key: "call", title: t("action"), cell: (row) => `${row.method} ${row.route}` },
        { key: "status", title: t("status"), number: true, cell: (row) => row.status },
        {
          key: "took",
          title: t("duration"),
          number: true,
          cell: (row) => duration(row.durationMs, lang),
        },
        { key: "id", title: t("request"), cell: (row) => <Copy text={row.requestId} /> },
      ]}
    />
  );
}

function Facts({ payment }: { payment: Payment }) {
  const t = useWords(texts);
  const lang = useLang();
  const cash = (amount: number) => money(amount, payment.currency, lang);
  const notes = Object.entries((payment.metadata ?? {}) as Record<string, string>);
  return (
    <dl className={cs.pairs}>
      <dt>{t("merchant")}</dt>
      <dd>{payment.merchantId}</dd>
      {payment.orderId && (
        <>
          <dt>{t("order")}</dt>
          <dd>
            <Copy text={payment.orderId} />
          </dd>
        </>
      )}
      {payment.description && (
        <>
          <dt>{t("description")}</dt>
          <dd>{payment.description}</dd>
        </>
      )}
      <dt>{t("captured")}</dt>
      <dd>{cash(payment.capturedAmount)}</dd>
      <dt>{t("capturable")}</dt>
      <dd>{cash(payment.capturableAmount)}</dd>
      <dt>{t("refunded")}</dt>
      <dd>{cash(payment.refundedAmount)}</dd>
      <dt>{t("refundable")}</dt>
      <dd>{cash(payment.refundableAmount)}</dd>
      <dt>{t("created")}</dt>
      <dd>
        <Time at={payment.createdAt} />
      </dd>
      <dt>{t("updated")}</dt>
      <dd>
        <Time at={payment.updatedAt} />
      </dd>
      {payment.capturableAmount > 0 && (
        <>
          <dt>{t("deadline")}</dt>
          <dd>
            <Time at={payment.captureBefore} />
          </dd>
        </>
      )}
      {payment.failure && (
        <>
          <dt>{t("failure")}</dt>
          <dd>
            {declineName(payment.failure.code, lang)} <code>{payment.failure.code}</code>
          </dd>
        </>
      )}
      {notes.map(([name, value]) => (
        <div key={name} style={{ display: "contents" }}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** To the payments beside this one in the list it was opened from. */
function Neighbours({ id }: { id: number }) {
  const t = useWords(texts);
  const { before, after } = neighbours(id);
  const to = (one: number | undefined, key: "earlier" | "later", icon: "back" | "arrow") =>
    one !== undefined && (
      <Link
        to={"/console/payments/$id" as never}
        params={{ id: String(one) } as never}
        className={ui.iconButton}
        data-key={key}
        aria-label={t(key)}
        title={t(key)}
      >
        <Icon name={icon} />
      </Link>
    );
  return (
    <>
      {to(before, "earlier", "back")}
      {to(after, "later", "arrow")}
    </>
  );
}

function Found({ payment }: { payment: Payment }) {
  const t = useWords(texts);
  const lang = useLang();
  const navigate = useNavigate();
  const refused = useRoleReason("operator");
  const { tab: wanted, act } = useSearch({ strict: false }) as { tab?: Tab; act?: Act };
  const tab: Tab = TABS.includes(wanted as Tab) ? (wanted as Tab) : "timeline";
  const id = payment.paymentId;
  const go = (next: { tab?: Tab; act?: Act }) =>
    void navigate({
      to: "/console/payments/$id",
      params: { id: String(id) },
      search: { tab: tab === "timeline" ? undefined : tab, ...next },
      replace: true,
    } as never);
  return (
    <>
      <Head
        title={t("payNo", { id })}
        command={{ path: `/payments/${id}`, cli: `swelite pay get ${id}` }}
        lead={
          <span className={cs.amountHead}>
            <strong>{money(payment.amount, payment.currency, lang)}</strong>
            <Status status={payment.status} />
          </span>
        }
      >
        <Neighbours id={id} />
        {ACTS.map((one) => {
          const impossible = whyNot(one, payment);
          const reason = refused ?? (impossible ? t(impossible) : null);
          return (
            <Button
              key={one}
              data-key={one}
              look={one === "capture" ? "primary" : "danger"}
              disabledReason={reason}
              onClick={() => go({ act: one })}
            >
              {t(ACT_WORDS[one])}
            </Button>
          );
        })}
      </Head>
      <Way id={id} version={payment.version} />
      <div className={cs.detail}>
        <div>
          <Tabs
            label={t("payNo", { id })}
            value={tab}
            tabs={TABS.map((one) => [one, t(TAB_WORDS[one])])}
            onChange={(next) => go({ tab: next === "timeline" ? undefined : next })}
          />
          <TabPanel tab={tab}>
            {tab === "timeline" && <Timeline payment={payment} />}
            {tab === "ledger" && <Ledger id={id} />}
            {tab === "events" && <Events id={id} />}
            {tab === "requests" && <Requests id={id} />}
            {tab === "json" && <Json value={payment} />}
          </TabPanel>
        </div>
        <aside aria-label={t("detail")}>
          <Facts payment={payment} />
        </aside>
      </div>
      {act && ACTS.includes(act) && (
        <ActPanel key={act} act={act} payment={payment} onClose={() => go({ act: undefined })} />
      )}
    </>
  );
}

export function PaymentPage() {
  const t = useWords(texts);
  const { id } = useParams({ strict: false }) as { id: string };
  const number = Number(id);
  const valid = Number.isSafeInteger(number) && number > 0;
  const payment = useQuery({
    queryKey: ["payment", number],
    queryFn: () => data(api.GET("/payments/{id}", { params: { path: { id: number } } })),
    enabled: valid,
  });
  useLive(() => void payment.refetch(), { paymentId: number }, valid);
  if (!valid)
    return (
      <Empty title={t("noPayment")} page>
        <Link to={"/console/payments" as never} className={buttonClass()}>
          {t("payments")}
        </Link>
      </Empty>
    );
  return (
    <div className={ui.pageRoot}>
      <Loaded query={payment} page head={<Head title={t("payNo", { id })} />}>
        {(found) => <Found payment={found} />}
      </Loaded>
    </div>
  );
}
