/** An account's statement: what moved it, what it stood at after each, and all of it as a file. The filter is the address. */
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import type { FormEvent } from "react";
import { api, data } from "../../api/client";
import { Button, Field, Notice } from "../../ui/parts";
import { Empty } from "../../ui/states";
import { useAccountName } from "../../util/accounts";
import { amount } from "../../util/format";
import { useWords } from "../../util/i18n";
import { useDraft } from "../draft";
import { Export } from "../Export";
import { operatorTexts } from "../operatorWords";
import { cs, EntryLink, Head, PagedRows, PaymentLink, Time, usePages } from "../parts";
import { hasMoved, type Running, running, type Statement, type StatementLine } from "../statement";
import { texts } from "../words";

interface Filter {
  currency?: string;
  merchant?: string;
}

const HEADER = [
  "entryId",
  "line",
  "occurredAt",
  "owner",
  "currency",
  "counterpart",
  "counterpartOwner",
  "paymentId",
  "topic",
  "debit",
  "credit",
  "balance",
];

type Line = Running["rows"][number];

function cells(row: Line) {
  return [
    row.entryId,
    row.line,
    row.occurredAt,
    row.account.owner,
    row.account.currency,
    row.counterpart.name,
    row.counterpart.owner,
    row.paymentId,
    row.topic,
    row.amount > 0 ? row.amount : null,
    row.amount < 0 ? -row.amount : null,
    row.balance,
  ];
}

function Filters({ filter, onChange }: { filter: Filter; onChange: (next: Filter) => void }) {
  const t = useWords(texts);
  const o = useWords(operatorTexts);
  const [draft, setDraft] = useDraft("statement.filter", () => filter);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onChange({ merchant: draft.merchant?.trim(), currency: draft.currency?.trim().toUpperCase() });
  };
  return (
    <form className={cs.lookUp} onSubmit={submit}>
      <Field label={t("merchant")}>
        {(control) => (
          <input
            {...control}
            data-filter
            maxLength={64}
            value={draft.merchant ?? ""}
            onChange={(event) => setDraft({ ...draft, merchant: event.target.value })}
          />
        )}
      </Field>
      <Field label={t("currency")}>
        {(control) => (
          <input
            {...control}
            maxLength={3}
            value={draft.currency ?? ""}
            onChange={(event) => setDraft({ ...draft, currency: event.target.value })}
          />
        )}
      </Field>
      <Button type="submit" icon="filter">
        {o("apply")}
      </Button>
      {(filter.merchant || filter.currency) && <Button onClick={() => onChange({})}>{o("clear")}</Button>}
    </form>
  );
}

export function StatementPage() {
  const t = useWords(texts);
  const nameOf = useAccountName();
  const navigate = useNavigate();
  const { code } = useParams({ strict: false }) as { code: string };
  const { currency, merchant } = useSearch({ strict: false }) as Filter;
  const read = (cursor: string | undefined, limit: number) =>
    data(
      api.GET("/ledger/accounts/{code}/entries", {
        params: { path: { code }, query: { cursor, limit, currency, merchantId: merchant } },
      }),
    );
  const pages = usePages<StatementLine, Statement>(
    ["ledger", "account", code, currency, merchant],
    (cursor) => read(cursor, 50),
  );
  const all = pages.data?.pages ?? [];
  const { rows, before } = running(all);
  const moved = hasMoved(all);
  const title = t("statement", { name: `${code} ${nameOf(rows[0]?.account.name ?? "")}`.trim() });
  const asked = new URLSearchParams(
    Object.entries({ merchantId: merchant, currency }).flatMap(([key, value]) =>
      value ? [[key, value]] : [],
    ),
  );
  return (
    <>
      <Head
        title={title}
        command={{ path: `/ledger/accounts/${code}/entries${asked.size > 0 ? `?${asked}` : ""}` }}
      >
        <Export<StatementLine, Statement>
          name={`statement-${code}`}
          header={HEADER}
          read={(cursor) => read(cursor, 200)}
          lines={(found) => {
            if (hasMoved(found)) throw new Error(t("statementMoved"));
            return running(found).rows.map(cells);
          }}
        />
      </Head>
      <Filters
        key={`${merchant}/${currency}`}
        filter={{ merchant, currency }}
        onChange={(next) =>
          void navigate({
            to: "/console/ledger/accounts/$code",
            params: { code },
            search: { merchant: next.merchant || undefined, currency: next.currency || undefined },
          } as never)
        }
      />
      {moved && (
        <Notice tone="wait" role="status">
          {t("statementMoved")}{" "}
          <Button size="small" icon="refresh" onClick={() => void pages.refetch()}>
            {t("refresh")}
          </Button>
        </Notice>
      )}
      <PagedRows<Line>
        query={pages as never}
        rows={rows}
        label={title}
        id={(row) => `${row.entryId}/${row.line}/${row.amount}/${row.account.owner}`}
        empty={
          <Empty title={t(asked.size > 0 ? "nothingMatches" : "nothingYet")}>
            {asked.size > 0 && (
              <Button
                onClick={() =>
                  void navigate({ to: "/console/ledger/accounts/$code", params: { code } } as never)
                }
              >
                {t("clear")}
              </Button>
            )}
          </Empty>
        }
        columns={[
          { key: "entry", title: t("entry"), cell: (row) => <EntryLink id={row.entryId} /> },
          { key: "at", title: t("occurredAt"), cell: (row) => <Time at={row.occurredAt} /> },
          { key: "owner", title: t("owner"), cell: (row) => row.account.owner },
          {
            key: "counterpart",
            title: t("counterpart"),
            cell: (row) =>
              `${nameOf(row.counterpart.name)}${row.counterpart.owner ? ` · ${row.counterpart.owner}` : ""}`,
          },
          { key: "payment", title: t("payment"), cell: (row) => <PaymentLink id={row.paymentId} /> },
          { key: "currency", title: t("currency"), cell: (row) => row.account.currency },
          {
            key: "debit",
            title: t("debit"),
            number: true,
            cell: (row) => (row.amount > 0 ? amount(row.amount, row.account.currency) : ""),
          },
          {
            key: "credit",
            title: t("credit"),
            number: true,
            cell: (row) => (row.amount < 0 ? amount(-row.amount, row.account.currency) : ""),
          },
          {
            key: "balance",
            title: t("balance"),
            number: true,
            cell: (row) => <strong>{amount(row.balance, row.account.currency)}</strong>,
          },
        ]}
      />
      {rows.length > 0 && !moved && (
        <p className={cs.lead}>
          {t("opening")}{" "}
          {before.map((one) => `${amount(one.balance, one.currency)} ${one.currency}`).join(" · ")}
        </p>
      )}
    </>
  );
}
