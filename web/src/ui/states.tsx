/** What a page shows before, instead of and beside its data: never blank, never a spinner without words. */
import type { ReactNode } from "react";
import { ApiError } from "../api/client";
import { ago } from "../util/format";
import { type Lang, useLang, useWords } from "../util/i18n";
import { useNow } from "../util/now";
import { Button, buttonClass, Copy, Notice, Skeleton } from "./parts";
import { problemText } from "./problems";
import s from "./ui.module.css";
import { common, roles } from "./words";

/** Where the part of the site begins that an address belongs to. */
function startOf(path: string): string {
  return /^\/(console|dev)(\/|$)/.test(path) ? "/console" : "/";
}

function headingOf(status: number | undefined) {
  if (status === 0) return "failedOffline";
  if (status === 403) return "forbidden";
  return status === 404 ? "missing" : "failed";
}

function roleWord(role: string, lang: Lang): string {
  return role in roles[lang] ? roles[lang][role as keyof (typeof roles)["ko"]] : role;
}

/** `page`: it stands for the whole page, so its heading is the page's. */
export function Failure({ error, retry, page }: { error: unknown; retry?: () => void; page?: boolean }) {
  const Heading = page ? "h1" : "h2";
  const t = useWords(common);
  const lang = useLang();
  const api = error instanceof ApiError ? error : null;
  const isMissing = api?.status === 404;
  // The server names the role that would be enough.
  const needed = api?.status === 403 ? /the role (\w+)/.exec(api.problem.message)?.[1] : undefined;
  return (
    <div className={s.state} role="alert">
      <Heading>{t(headingOf(api?.status))}</Heading>
      {isMissing && <p>{t("missingText")}</p>}
      {needed && <p>{t("forbiddenRole", { role: roleWord(needed, lang) })}</p>}
      {api && api.status !== 0 && (
        <p>
          {isMissing || needed ? "" : `${problemText(api.problem, lang)} `}({api.problem.code}
          {api.problem.requestId && (
            <>
              {" "}
              · {t("requestId")} <Copy text={api.problem.requestId} />
            </>
          )}
          )
        </p>
      )}
      {isMissing && page && (
        <a href={startOf(location.pathname)} className={buttonClass()}>
          {t("home")}
        </a>
      )}
      {retry && !isMissing && (
        <Button icon="refresh" onClick={retry}>
          {t("retry")}
        </Button>
      )}
    </div>
  );
}

export function Empty({ title, children, page }: { title: string; children?: ReactNode; page?: boolean }) {
  const Heading = page ? "h1" : "h2";
  return (
    <div className={s.state}>
      <Heading>{title}</Heading>
      {children}
    </div>
  );
}

/** Bars where the rows will be; in the first of them, once one begins to wonder, what they mean. */
export function Loading({ rows = 6, height = 36 }: { rows?: number; height?: number }) {
  const t = useWords(common);
  return (
    <div aria-busy="true" className={s.loading}>
      <span className={s.loadingText} style={{ lineHeight: `${height}px` }} role="status">
        {t("loading")}
      </span>
      {Array.from({ length: rows }, (_, index) => (
        <Skeleton key={index} height={height} />
      ))}
    </div>
  );
}

/** How long ago, kept up to date. */
export function Ago({ at }: { at: string }) {
  const lang = useLang();
  return <time dateTime={at}>{ago(at, useNow(), lang)}</time>;
}

/** Says how old what is shown is, because it cannot be read any more. */
export function Stale({ since }: { since: number }) {
  const t = useWords(common);
  const [before, after] = t("stale", { age: "|" }).split("|");
  return (
    <div className={s.stale}>
      <Notice tone="warn" role="status">
        {before}
        <Ago at={new Date(since).toISOString()} />
        {after}
      </Notice>
    </div>
  );
}

/** What is read of a server, whole or page by page. */
interface Loadable<T> {
  data: T | undefined;
  isError: boolean;
  error: unknown;
  dataUpdatedAt: number;
  refetch: () => unknown;
}

/** Data, or what stands in for it. Data that can no longer be refreshed is shown with its age, never as if it were new. */
export function Loaded<T>({
  query,
  children,
  rows,
  page,
  head,
}: {
  query: Loadable<T>;
  children: (data: T) => ReactNode;
  rows?: number;
  page?: boolean;
  /** What is known of the page before anything has been read: its name. */
  head?: ReactNode;
}) {
  if (query.data !== undefined) {
    return (
      <>
        {query.isError && <Stale since={query.dataUpdatedAt} />}
        {children(query.data)}
      </>
    );
  }
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} page={page} />;
  return (
    <>
      {head}
      <Loading rows={rows} />
    </>
  );
}
