/** Find one payment or many, and take them along. The filter is the address. */
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect } from "react";
import { api, data, type Schemas } from "../../api/client";
import { Button, Copy, Notice, ui } from "../../ui/parts";
import { Empty } from "../../ui/states";
import { LiveChip, Status } from "../../ui/status";
import { amount } from "../../util/format";
import { useWords } from "../../util/i18n";
import { ChosenBar, useChosen } from "../Chosen";
import { useDraft } from "../draft";
import { Export } from "../Export";
import { type PaymentQuery, parse, tokens, VIEWS, type View } from "../filter";
import { findTexts } from "../findWords";
import { useFresh } from "../fresh";
import { noteList } from "../neighbours";
import { PaymentViews, usePaymentCounts } from "../PaymentViews";
import { Period, PeriodSaid } from "../Period";
import {
  type Column,
  cs,
  Head,
  NothingPaid,
  PagedRows,
  type PageOf,
  PaymentLink,
  Time,
  usePages,
} from "../parts";
import { type Basis, basisOf } from "../period";
import { SavedViews } from "../SavedViews";
import { texts } from "../words";

type Payment = Schemas["Payment"];
type Search = { q?: string; view?: View; by?: string };

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
] satisfies (keyof Payment)[];

const line = (payment: Payment) => HEADER.map((name) => payment[name]);

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

function Conditions({ q, onDrop }: { q: string; onDrop: (token: string) => void }) {
  const t = useWords(texts);
  if (!q) return null;
  return (
    <div className={cs.tokens}>
      {tokens(q).map((token) => (
        <button
          key={token}
          type="button"
          className={cs.token}
          aria-label={`${t("clear")}: ${token}`}
          onClick={() => onDrop(token)}
        >
          {token} <span aria-hidden="true">×</span>
        </button>
      ))}
    </div>
  );
}

/** What the columns are; a list that is about changes shows when each was. */
function useColumns(basis: Basis): Column<Payment>[] {
  const t = useWords(texts);
  const changed: Column<Payment> = {
    key: "changed",
    title: t("updated"),
    cell: (row) => <Time at={row.updatedAt} />,
  };
  return [
    { key: "id", title: t("id"), cell: (row) => <PaymentLink id={row.paymentId} /> },
    { key: "at", title: t("created"), cell: (row) => <Time at={row.createdAt} /> },
    ...(basis === "updated" ? [changed] : []),
    { key: "status", title: t("status"), cell: (row) => <Status status={row.status} /> },
    { key: "amount", title: t("amount"), number: true, cell: (row) => amount(row.amount, row.currency) },
    { key: "currency", title: t("currency"), cell: (row) => row.currency },
    { key: "merchant", title: t("merchant"), cell: (row) => row.merchantId },
    {
      key: "description",
      title: t("description"),
      prose: true,
      cell: (row) => (
        <span className={cs.clip} title={row.description ?? undefined}>
          {row.description}
        </span>
      ),
    },
    { key: "order", title: t("order"), cell: (row) => (row.orderId ? <Copy text={row.orderId} /> : "") },
  ];
}

/** What stands in the address, and how to change it. */
function usePaymentSearch() {
  const navigate = useNavigate();
  const { q = "", view = "view_all", by } = useSearch({ strict: false }) as Search;
  const chosen: View = view in VIEWS ? view : "view_all";
  const basis = basisOf(q, by);
  const search = (next: Search): Search => ({
    q: q || undefined,
    view: chosen === "view_all" ? undefined : chosen,
    by,
    ...next,
  });
  const go = (next: Search) => void navigate({ to: "/console/payments", search: search(next) } as never);
  const submit = (wanted: string) => {
    const { payment, unknown: wrong } = parse(wanted);
    if (payment !== null && wrong.length === 0 && tokens(wanted).length === 1) {
      void navigate({ to: "/console/payments/$id", params: { id: String(payment) } } as never);
    } else {
      // A view is a set of statuses; one that is typed replaces it. So does a time that is typed.
      const has = (name: string) => tokens(wanted).some((token) => token.startsWith(`${name}:`));
      go({
        q: wanted || undefined,
        ...(has("status") ? { view: undefined } : {}),
        ...(has("created") || has("updated") ? { by: undefined } : {}),
      });
    }
  };
  return { q, chosen, basis, search, go, submit };
}

export function PaymentsPage() {
  const t = useWords(texts);
  const f = useWords(findTexts);
  const { q, chosen: view, basis, search, go, submit } = usePaymentSearch();
  const text = [VIEWS[view], q].filter(Boolean).join(" ");
  const { query, unknown } = parse(text);
  const fresh = useFresh(text, query);
  const pages = usePages(["payments", query], (cursor) => list(query, cursor, 50));
  const counts = usePaymentCounts(q);
  const chosen = useChosen(text);
  const columns = useColumns(basis);
  const { data: shown } = pages;
  useEffect(() => {
    if (shown) noteList(shown.pages.flatMap((page) => page.data).map((payment) => payment.paymentId));
  }, [shown]);
  return (
    <>
      <Head title={t("payTitle")} command={{ path: address(query), cli: cliOf(query) }}>
        <LiveChip state={fresh.live} />
        <Export<Payment, PageOf<Payment>>
          name="payments"
          header={HEADER}
          read={(cursor) => list(query, cursor, 200)}
          lines={(found) => found.flatMap((page) => page.data).map(line)}
        />
      </Head>
      <PaymentViews q={q} chosen={view} counts={counts.data} isUnknown={counts.isError} search={search} />
      <SavedViews />
      <FilterBar key={q} q={q} onSubmit={submit} />
      <Period q={q} basis={basis} search={search} onChange={go} />
      <Conditions
        q={q}
        onDrop={(dropped) =>
          go({
            q:
              tokens(q)
                .filter((token) => token !== dropped)
                .join(" ") || undefined,
          })
        }
      />
      <p className={cs.help}>
        <PeriodSaid q={q} basis={basis} /> {t("filterHelp")}
      </p>
      {unknown.map((word) => (
        <div key={word} className={cs.told}>
          <Notice tone="bad" role="alert">
            {t("filterBad", { word })}
          </Notice>
        </div>
      ))}
      {fresh.count > 0 && (
        <p>
          <Button
            size="small"
            icon="refresh"
            onClick={() => {
              fresh.forget();
              void pages.refetch();
              void counts.refetch();
            }}
          >
            {t("newRows", { n: fresh.count })}
          </Button>
        </p>
      )}
      <PagedRows
        query={pages}
        label={t("payTitle")}
        id={(row) => row.paymentId}
        columns={columns}
        choice={{
          all: f("chooseAll"),
          one: (row) => f("choose", { id: row.paymentId }),
          has: (row) => chosen.rows.has(row.paymentId),
          choose: chosen.choose,
        }}
        empty={
          text ? (
            <Empty title={t("nothingMatches")}>
              <Button onClick={() => go({ q: undefined, view: undefined, by: undefined })}>
                {t("clear")}
              </Button>
            </Empty>
          ) : (
            <NothingPaid />
          )
        }
      />
      <ChosenBar
        rows={[...chosen.rows.values()].sort((a, b) => b.paymentId - a.paymentId)}
        header={HEADER}
        line={line}
        onForget={chosen.forget}
      />
    </>
  );
}
