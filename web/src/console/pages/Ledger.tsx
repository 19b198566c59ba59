/** Accounts, the journal, one entry. Nothing here can be edited. */
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { api, data, type Schemas } from "../../api/client";
import { Copy, Notice, Switch } from "../../ui/parts";
import { Loaded } from "../../ui/states";
import { useAccountName } from "../../util/accounts";
import { amount } from "../../util/format";
import { useWords } from "../../util/i18n";
import { Export } from "../Export";
import {
  cs,
  EntryLink,
  Head,
  NothingPaid,
  PagedRows,
  type PageOf,
  PaymentLink,
  Rows,
  TabPanel,
  Tabs,
  Time,
  usePages,
} from "../parts";
import { TAccounts } from "../TAccounts";
import { type TextKey, texts } from "../words";

type Account = Schemas["Account"];

/** An amount of an account; nothing for one that has never been used. */
function used(account: Account, minorUnits: number): string {
  return account.currency ? amount(minorUnits, account.currency) : "–";
}

function Accounts() {
  const t = useWords(texts);
  const nameOf = useAccountName();
  const navigate = useNavigate();
  const { owner } = useSearch({ strict: false }) as { owner?: string };
  const perOwner = owner === "true";
  const query = useQuery({
    queryKey: ["ledger", "accounts", perOwner],
    queryFn: () =>
      data(
        api.GET("/ledger/accounts", { params: { query: { perOwner: perOwner || undefined, limit: 200 } } }),
      ),
    refetchInterval: 5000,
  });
  return (
    <>
      <div style={{ maxWidth: 260 }}>
        <Switch
          label={t("perOwner")}
          checked={perOwner}
          onChange={(on) =>
            void navigate({
              to: "/console/ledger",
              search: { owner: on ? "true" : undefined },
              replace: true,
            } as never)
          }
        />
      </div>
      <Loaded query={query}>
        {({ data: rows }) => (
          <Rows<Account>
            label={t("accounts")}
            rows={rows}
            id={(row) => `${row.code}/${row.owner ?? ""}/${row.currency ?? ""}`}
            columns={[
              {
                key: "name",
                title: t("account"),
                cell: (row) => (
                  <Link
                    to={"/console/ledger/accounts/$code" as never}
                    params={{ code: String(row.code) } as never}
                    search={{ currency: row.currency ?? undefined } as never}
                  >
                    {row.code} {nameOf(row.name)}
                  </Link>
                ),
              },
              perOwner
                ? { key: "owner", title: t("owner"), cell: (row) => row.owner ?? "–" }
                : { key: "code", title: t("accountName"), cell: (row) => <code>{row.name}</code> },
              { key: "kind", title: t("kind"), cell: (row) => t(`k_${row.type}` as TextKey) },
              { key: "currency", title: t("currency"), cell: (row) => row.currency ?? "–" },
              {
                key: "debit",
                title: t("debit"),
                number: true,
                cell: (row) => used(row, row.posted.debit),
              },
              {
                key: "credit",
                title: t("credit"),
                number: true,
                cell: (row) => used(row, row.posted.credit),
              },
              {
                key: "balance",
                title: t("balance"),
                number: true,
                cell: (row) => <strong>{used(row, row.posted.balance)}</strong>,
              },
              {
                key: "hold",
                title: t("hold"),
                number: true,
                cell: (row) => used(row, row.hold.balance),
              },
            ]}
          />
        )}
      </Loaded>
    </>
  );
}

type Entry = Schemas["JournalEntry"];
const HEADER = [
  "entryId",
  "line",
  "occurredAt",
  "postedAt",
  "topic",
  "paymentId",
  "layer",
  "debit",
  "debitOwner",
  "credit",
  "creditOwner",
  "amount",
  "currency",
];

/** A line each posting, as a bookkeeper wants them. */
function lines(entry: Entry) {
  return entry.postings.map((posting, index) => [
    entry.id,
    index,
    entry.occurredAt,
    entry.postedAt,
    entry.topic,
    entry.paymentId,
    posting.layer,
    posting.debit.name,
    posting.debit.owner,
    posting.credit.name,
    posting.credit.owner,
    posting.amount,
    posting.currency,
  ]);
}

function readEntries(cursor: string | undefined, limit: number) {
  return data(api.GET("/ledger/entries", { params: { query: { cursor, limit } } }));
}

function Journal() {
  const t = useWords(texts);
  const nameOf = useAccountName();
  const pages = usePages(["ledger", "entries"], (cursor) => readEntries(cursor, 50), 5000);
  return (
    <PagedRows
      query={pages}
      label={t("journal")}
      id={(row) => row.id}
      empty={<NothingPaid />}
      columns={[
        { key: "id", title: t("id"), cell: (row) => <EntryLink id={row.id} /> },
        { key: "at", title: t("postedAt"), cell: (row) => <Time at={row.postedAt} /> },
        { key: "topic", title: t("topic"), cell: (row) => row.topic },
        { key: "payment", title: t("payment"), cell: (row) => <PaymentLink id={row.paymentId} /> },
        {
          key: "postings",
          title: `${t("debit")} / ${t("credit")}`,
          cell: (row) =>
            row.postings.map((posting, index) => (
              <div key={`${posting.layer}-${index}`}>
                {nameOf(posting.debit.name)} / {nameOf(posting.credit.name)}{" "}
                {posting.layer === "HOLD" && `(${t("hold")})`}
              </div>
            )),
        },
        {
          key: "amount",
          title: t("amount"),
          number: true,
          cell: (row) =>
            row.postings.map((posting, index) => (
              <div key={`${posting.layer}-${index}`}>{amount(posting.amount, posting.currency)}</div>
            )),
        },
      ]}
    />
  );
}

export function LedgerPage() {
  const t = useWords(texts);
  const navigate = useNavigate();
  const { tab } = useSearch({ strict: false }) as { tab?: string };
  const chosen = tab === "journal" ? "journal" : "accounts";
  return (
    <>
      <Head
        title={t("ledTitle")}
        command={
          chosen === "journal"
            ? { path: "/ledger/entries" }
            : { path: "/ledger/accounts", cli: "swelite ledger accounts" }
        }
      >
        {chosen === "journal" && (
          <Export<Entry, PageOf<Entry>>
            name="journal"
            header={HEADER}
            read={(cursor) => readEntries(cursor, 200)}
            lines={(found) => found.flatMap((page) => page.data).flatMap(lines)}
          />
        )}
      </Head>
      <Tabs
        label={t("ledTitle")}
        value={chosen}
        tabs={[
          ["accounts", t("accounts")],
          ["journal", t("journal")],
        ]}
        onChange={(next) =>
          void navigate({
            to: "/console/ledger",
            search: { tab: next === "journal" ? next : undefined },
            replace: true,
          } as never)
        }
      />
      <TabPanel tab={chosen}>{chosen === "journal" ? <Journal /> : <Accounts />}</TabPanel>
    </>
  );
}

export function EntryPage() {
  const t = useWords(texts);
  const { id } = useParams({ strict: false }) as { id: string };
  const entry = useQuery({
    queryKey: ["ledger", "entry", id],
    queryFn: () => data(api.GET("/ledger/entries/{id}", { params: { path: { id } } })),
  });
  return (
    <>
      <Head title={t("entryTitle", { id })} command={{ path: `/ledger/entries/${id}` }} />
      <Loaded query={entry}>
        {(found) => (
          <div className={cs.stack}>
            <Notice>{t("entryNote")}</Notice>
            <dl className={cs.pairs}>
              <dt>{t("event")}</dt>
              <dd>
                {found.topic} <Copy text={found.id} />
              </dd>
              <dt>{t("payment")}</dt>
              <dd>
                <PaymentLink id={found.paymentId} />
              </dd>
              <dt>{t("occurredAt")}</dt>
              <dd>
                <Time at={found.occurredAt} precise />
              </dd>
              <dt>{t("postedAt")}</dt>
              <dd>
                <Time at={found.postedAt} precise />
              </dd>
            </dl>
            <section className={cs.section}>
              <h2>{t("postedLayer")}</h2>
              <TAccounts entries={[found]} layer="POSTED" />
            </section>
            <section className={cs.section}>
              <h2>{t("holdLayer")}</h2>
              <TAccounts entries={[found]} layer="HOLD" />
            </section>
          </div>
        )}
      </Loaded>
    </>
  );
}
