/** Parts of the console: times in its zone, links to things by their id, tables that go on. */
import { type UseInfiniteQueryResult, useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { type ReactNode, useEffect } from "react";
import { Button, buttonClass, Copy, classes, TableWrap, ui } from "../ui/parts";
import { Ago, Empty, Failure, Loading, Stale } from "../ui/states";
import { common } from "../ui/words";
import { curlOf } from "../util/curl";
import { away, shortTime, time } from "../util/format";
import { useLang, useWords } from "../util/i18n";
import { useNow } from "../util/now";
import s from "./console.module.css";
import { texts } from "./words";
import { useClock, useZone } from "./zone";

/** A moment as the console's clock shows it; the whole of it in its title. */
export function Time({ at, precise = false }: { at: string; precise?: boolean }) {
  const clock = useClock();
  const zone = useZone();
  return (
    <time dateTime={at} title={time(at, zone)} className={s.time}>
      {clock === "relative" ? <Since at={at} /> : precise ? time(at, zone) : shortTime(at, zone)}
    </time>
  );
}

/** How far away it is, on either side of now. */
function Since({ at }: { at: string }) {
  return away(at, useNow(), useLang());
}

export function PaymentLink({ id }: { id: number }) {
  return (
    <Link to={"/console/payments/$id" as never} params={{ id: String(id) } as never} className={ui.mono}>
      {id}
    </Link>
  );
}

export function EntryLink({ id }: { id: string }) {
  return (
    <Link to={"/console/ledger/entries/$id" as never} params={{ id } as never} className={ui.mono}>
      {id}
    </Link>
  );
}

export interface Column<T> {
  key: string;
  title: string;
  number?: boolean;
  /** Sentences: they may run over several lines; whatever else stands in a table stays on one. */
  prose?: boolean;
  cell: (row: T) => ReactNode;
}

function classOf<T>(columns: Column<T>[], index: number): string {
  const column = columns[index];
  return classes(
    column?.number && ui.number,
    column?.prose && s.prose,
    // Figures stand at their right end: what follows keeps its distance.
    !column?.number && columns[index - 1]?.number && s.afterNumber,
  );
}

/** Which rows of a table are chosen. */
export interface Choice<T> {
  all: string;
  one: (row: T) => string;
  has: (row: T) => boolean;
  choose: (rows: T[], on: boolean) => void;
}

function ChooseAll<T>({ choice, rows }: { choice: Choice<T>; rows: T[] }) {
  const count = rows.filter(choice.has).length;
  const isAll = count > 0 && count === rows.length;
  return (
    <input
      type="checkbox"
      aria-label={choice.all}
      checked={isAll}
      ref={(box) => {
        if (box) box.indeterminate = count > 0 && !isAll;
      }}
      onChange={() => choice.choose(rows, !isAll)}
    />
  );
}

/** A real table: the first column names the row. J and K move between rows' links, X chooses one. */
export function Rows<T>({
  label,
  columns,
  rows,
  id,
  choice,
}: {
  label: string;
  columns: Column<T>[];
  rows: T[];
  id: (row: T) => string | number;
  choice?: Choice<T>;
}) {
  return (
    <TableWrap label={label}>
      <table className={classes(ui.table, s.rows)}>
        <thead>
          <tr>
            {choice && (
              <td className={s.chooser}>
                <ChooseAll choice={choice} rows={rows} />
              </td>
            )}
            {columns.map((column, index) => (
              <th key={column.key} scope="col" className={classOf(columns, index)}>
                {column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={id(row)}>
              {choice && (
                <td className={s.chooser}>
                  <input
                    type="checkbox"
                    aria-label={choice.one(row)}
                    checked={choice.has(row)}
                    onChange={(event) => choice.choose([row], event.target.checked)}
                  />
                </td>
              )}
              {columns.map((column, index) =>
                index === 0 ? (
                  <th key={column.key} scope="row" className={classOf(columns, index)}>
                    {column.cell(row)}
                  </th>
                ) : (
                  <td key={column.key} className={classOf(columns, index)}>
                    {column.cell(row)}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </TableWrap>
  );
}

export interface PageOf<T> {
  data: T[];
  nextCursor?: string | null;
}

/** A list that is read page by page. */
export function usePages<T, P extends PageOf<T> = PageOf<T>>(
  key: readonly unknown[],
  read: (cursor: string | undefined) => Promise<P>,
  every: number | false = false,
) {
  return useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam }) => read(pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor ?? undefined,
    refetchInterval: (query) => ((query.state.data?.pages.length ?? 0) > 1 ? false : every),
  });
}

type Pages<T> = UseInfiniteQueryResult<{ pages: PageOf<T>[] }>;

/** As many as an address may ask for at once. */
const PAGES_MAX = 40;

/** How many pages are shown stands in the address: whether some of them are still to be read, and what reads one more. */
function usePagesWanted(query: Pages<unknown>): [boolean, () => void] {
  const navigate = useNavigate();
  const { more } = useSearch({ strict: false }) as { more?: string };
  const wanted = Math.min(Number(more) || 1, PAGES_MAX);
  const read = query.data?.pages.length ?? 0;
  const { hasNextPage, isFetching, isError, fetchNextPage } = query;
  const isBehind = read > 0 && read < wanted && hasNextPage;
  useEffect(() => {
    if (isBehind && !isFetching && !isError) void fetchNextPage();
  }, [isBehind, isFetching, isError, fetchNextPage]);
  const readMore = () => {
    void fetchNextPage();
    void navigate({
      to: ".",
      search: (before: Record<string, unknown>) => ({ ...before, more: String(read + 1) }),
      replace: true,
      resetScroll: false,
    } as never);
  };
  return [isBehind, readMore];
}

/** The rows of a list that is read page by page; `rows` when the page has worked them out further. */
export function PagedRows<T>({
  query,
  rows: shown,
  empty,
  ...table
}: {
  query: Pages<T>;
  rows?: T[];
  empty: ReactNode;
  label: string;
  columns: Column<T>[];
  id: (row: T) => string | number;
  choice?: Choice<T>;
}) {
  const t = useWords(texts);
  if (!query.data) {
    return query.isError ? (
      <Failure error={query.error} retry={() => void query.refetch()} />
    ) : (
      <Loading rows={8} height={28} />
    );
  }
  const rows = shown ?? query.data.pages.flatMap((page) => page.data);
  // The newest have been looked through; what is asked for may stand further on.
  const nothing = query.hasNextPage ? <Empty title={t("notYetFound")} /> : empty;
  return (
    <>
      {query.isError && <Stale since={query.dataUpdatedAt} />}
      {rows.length === 0 ? nothing : <Rows rows={rows} {...table} />}
      <More query={query} />
    </>
  );
}

/** Reads one more page, where there is one. */
export function More({ query }: { query: Pages<unknown> }) {
  const c = useWords(common);
  const [wanted, readMore] = usePagesWanted(query);
  if (!query.hasNextPage) return null;
  return (
    <div className={s.moreRow}>
      <Button size="small" disabled={query.isFetchingNextPage} onClick={readMore}>
        {c(query.isFetchingNextPage || wanted ? "loading" : "more")}
      </Button>
    </div>
  );
}

/** Where nobody has paid yet, and how one does. */
export function NothingPaid() {
  const t = useWords(texts);
  return (
    <Empty title={t("nothingPaid")}>
      <a href="/" className={buttonClass()}>
        {t("store")}
      </a>
    </Empty>
  );
}

/** What a page shows, as one would ask for it without a page: what it reads, and the same on the command line. */
export interface AsCommand {
  path: string;
  cli?: string;
}

export function Commands({ path, cli }: AsCommand) {
  const c = useWords(common);
  const t = useWords(texts);
  return (
    <span className={s.commands}>
      <Copy text={curlOf("GET", path)} label={c("copyCurl")} />
      {cli && <Copy text={cli} label={t("copyCli")} />}
    </span>
  );
}

export function Head({
  title,
  lead,
  command,
  children,
}: {
  title: ReactNode;
  lead?: ReactNode;
  command?: AsCommand;
  children?: ReactNode;
}) {
  return (
    <div className={s.head}>
      <div>
        <h1>{title}</h1>
        {lead && <div className={s.lead}>{lead}</div>}
      </div>
      <div className={s.headTools} data-acts>
        {command && <Commands {...command} />}
        {children}
      </div>
    </div>
  );
}

/** Tabs whose choice stands in the address. */
export function Tabs<K extends string>({
  label,
  value,
  tabs,
  onChange,
}: {
  label: string;
  value: K;
  tabs: [K, string][];
  onChange: (tab: K) => void;
}) {
  return (
    <div className={ui.tabs} role="tablist" aria-label={label}>
      {tabs.map(([key, text]) => (
        <button
          key={key}
          type="button"
          role="tab"
          id={`tab-${key}`}
          aria-selected={key === value}
          aria-controls="tab-panel"
          tabIndex={key === value ? 0 : -1}
          className={ui.tab}
          onClick={() => onChange(key)}
          onKeyDown={(event) => {
            const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
            if (step === 0) return;
            const at = tabs.findIndex(([known]) => known === value);
            const next = tabs[(at + step + tabs.length) % tabs.length];
            if (next) {
              onChange(next[0]);
              document.getElementById(`tab-${next[0]}`)?.focus();
            }
          }}
        >
          {text}
        </button>
      ))}
    </div>
  );
}

export function TabPanel({ tab, children }: { tab: string; children: ReactNode }) {
  return (
    <div role="tabpanel" id="tab-panel" aria-labelledby={`tab-${tab}`} className={s.panel}>
      {children}
    </div>
  );
}

export { Ago, s as cs };
