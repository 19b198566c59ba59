/** Find one payment or many, and take them along. The filter is the address. */
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { api, data, type Schemas } from "../../api/client";
import { Button, Copy, Notice, ui } from "../../ui/parts";
import { Empty } from "../../ui/states";
import { LiveChip, Status } from "../../ui/status";
import { amount } from "../../util/format";
import { useWords } from "../../util/i18n";
import { useLive } from "../../util/live";
import { useDraft } from "../draft";
import { Export } from "../Export";
import { type PaymentQuery, parse, tokens, VIEWS, type View } from "../filter";
import { noteList } from "../neighbours";
import { type Column, cs, Head, PagedRows, type PageOf, PaymentLink, Time, usePages } from "../parts";
import { texts } from "../words";

type Payment = Schemas["Payment"];
type Search = { q?: string; view?: View };

function list(query: PaymentQuery, cursor: string | undefined, limit: number) {
  return data(api.GET("/payments", { params: { query: { ...query, cursor, limit } } }));
}

const HEADER = [
  "paymentId",
  "status",
  "amount",
  "currency",
  "merchantId",
  "orderId",
  "description",
  "capturedAmount",
  "refundedAmount",
  "createdAt",
  "updatedAt",
];

function line(payment: Payment) {
  return [
    payment.paymentId,
    payment.status,
    payment.amount,
    payment.currency,
    payment.merchantId,
    payment.orderId,
    payment.description,
    payment.capturedAmount,
    payment.refundedAmount,
    payment.createdAt,
    payment.updatedAt,
  ];
}

/** The list as the API is asked for it. */
function address(query: PaymentQuery): string {
  const asked = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value]) asked.append(name, String(one));
  }
  return asked.size > 0 ? `/payments?${asked}` : "/payments";
}

/** The same on the command line, as far as it knows the conditions. */
function cliOf(query: PaymentQuery): string | undefined {
  const { status = [], merchantId, orderId, ...more } = query;
  if (Object.keys(more).length > 0) return undefined;
  const parts = ["swelite pay list", ...status.map((one) => `--status ${one}`)];
  if (merchantId) parts.push(`--merchant ${merchantId}`);
  if (orderId) parts.push(`--order ${orderId}`);
  return parts.join(" ");
}

function FilterBar({ q, onSubmit }: { q: string; onSubmit: (wanted: string) => void }) {
  const t = useWords(texts);
  const [typed, setTyped] = useDraft("payments.filter", () => q);
  return (
    <form
      className={cs.filterBar}
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit(typed.trim());
      }}
    >
      <div>
        <input
          data-filter
          name="q"
          className={ui.input}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          placeholder={t("filterHint")}
          aria-label={t("filter")}
          autoComplete="off"
          spellCheck={false}
        />
      </div>
      <Button type="submit" icon="filter">
        {t("find")}
      </Button>
    </form>
  );
}

export function PaymentsPage() {
  const t = useWords(texts);
  const navigate = useNavigate();
  const { q = "", view = "view_all" } = useSearch({ strict: false }) as Search;
  const chosen: View = view in VIEWS ? view : "view_all";
  const text = [VIEWS[chosen], q].filter(Boolean).join(" ");
  const { query, unknown } = parse(text);
  const [fresh, setFresh] = useState(0);
  const live = useLive((events) =>
    setFresh((before) => before + new Set(events.map((event) => event.paymentId)).size),
  );
  const pages = usePages(["payments", query], (cursor) => list(query, cursor, 50));
  const { data: shown } = pages;
  useEffect(() => {
    if (shown) noteList(shown.pages.flatMap((page) => page.data).map((payment) => payment.paymentId));
  }, [shown]);
  const go = (next: Search) =>
    void navigate({
      to: "/console/payments",
      search: { q: q || undefined, view: chosen === "view_all" ? undefined : chosen, ...next },
    } as never);
  const submit = (wanted: string) => {
    const { payment, unknown: wrong } = parse(wanted);
    if (payment !== null && wrong.length === 0 && tokens(wanted).length === 1) {
      void navigate({ to: "/console/payments/$id", params: { id: String(payment) } } as never);
    } else {
      // A view is a set of statuses; one that is typed replaces it.
      const ownStatus = tokens(wanted).some((token) => token.startsWith("status:"));
      go({ q: wanted || undefined, ...(ownStatus ? { view: undefined } : {}) });
    }
  };
  const columns: Column<Payment>[] = [
    { key: "id", title: t("id"), cell: (row) => <PaymentLink id={row.paymentId} /> },
    { key: "at", title: t("created"), cell: (row) => <Time at={row.createdAt} /> },
    { key: "status", title: t("status"), cell: (row) => <Status status={row.status} /> },
    { key: "amount", title: t("amount"), number: true, cell: (row) => amount(row.amount, row.currency) },
    { key: "currency", title: t("currency"), cell: (row) => row.currency },
    { key: "merchant", title: t("merchant"), cell: (row) => row.merchantId },
    { key: "description", title: t("description"), prose: true, cell: (row) => row.description ?? "" },
    { key: "order", title: t("order"), cell: (row) => (row.orderId ? <Copy text={row.orderId} /> : "") },
  ];
  return (
    <>
      <Head title={t("payTitle")} command={{ path: address(query), cli: cliOf(query) }}>
        <LiveChip state={live} />
        <Export<Payment, PageOf<Payment>>
          name="payments"
          header={HEADER}
          read={(cursor) => list(query, cursor, 200)}
          lines={(found) => found.flatMap((page) => page.data).map(line)}
        />
      </Head>
      <nav className={cs.views} aria-label={t("payTitle")}>
        {(Object.keys(VIEWS) as View[]).map((one) => (
          <Link
            key={one}
            to={"/console/payments" as never}
            search={
              {
                q:
                  tokens(q)
                    .filter((token) => !token.startsWith("status:"))
                    .join(" ") || undefined,
                view: one === "view_all" ? undefined : one,
              } as never
            }
            aria-current={one === chosen ? "page" : undefined}
            activeOptions={{ exact: true }}
          >
            {t(one)}
          </Link>
        ))}
      </nav>
      <FilterBar key={q} q={q} onSubmit={submit} />
      {q && (
        <div className={cs.tokens}>
          {tokens(q).map((token) => (
            <button
              key={token}
              type="button"
              className={cs.token}
              aria-label={`${t("clear")}: ${token}`}
              onClick={() =>
                go({
                  q:
                    tokens(q)
                      .filter((one) => one !== token)
                      .join(" ") || undefined,
                })
              }
            >
              {token} <span aria-hidden="true">×</span>
            </button>
          ))}
        </div>
      )}
      <p className={cs.help}>{t("filterHelp")}</p>
      {unknown.map((word) => (
        <div key={word} className={cs.told}>
          <Notice tone="bad" role="alert">
            {t("filterBad", { word })}
          </Notice>
        </div>
      ))}
      {fresh > 0 && (
        <p>
          <Button
            size="small"
            icon="refresh"
            onClick={() => {
              setFresh(0);
              void pages.refetch();
            }}
          >
            {t("newRows", { n: fresh })}
          </Button>
        </p>
      )}
      <PagedRows
        query={pages}
        label={t("payTitle")}
        id={(row) => row.paymentId}
        columns={columns}
        empty={
          <Empty title={text ? t("nothingMatches") : t("nothingYet")}>
            {text && <Button onClick={() => go({ q: undefined, view: undefined })}>{t("clear")}</Button>}
          </Empty>
        }
      />
    </>
  );
}
