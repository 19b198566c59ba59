/** Dead letters: an inbox with reasons, not a dump. Many at once only after a try that writes nothing. */
import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { api, data, type Schemas } from "../../api/client";
import { Badge, Button, Field, Notice, type Tone } from "../../ui/parts";
import { said } from "../../ui/said";
import { Empty, Failure, Loaded } from "../../ui/states";
import { common } from "../../ui/words";
import { stringifySearch } from "../../util/address";
import { grouped } from "../../util/format";
import { useLang, useWords } from "../../util/i18n";
import { Export } from "../Export";
import s from "../find.module.css";
import { countedOf, type Group, groupsOf } from "../letters";
import { Ago, cs, Head, PagedRows, type PageOf, PaymentLink, Rows, Time, usePages } from "../parts";
import { useRoleReason } from "../session";
import { type TextKey, texts } from "../words";

type Letter = Schemas["DeadLetter"];
const HEADER = [
  "id",
  "state",
  "errorType",
  "errorMessage",
  "originalTopic",
  "partition",
  "offset",
  "timestamp",
  "eventId",
  "paymentId",
  "attempts",
  "updatedAt",
  "note",
  "payloadSha256",
] satisfies (keyof Letter)[];

const line = (letter: Letter) => HEADER.map((name) => letter[name]);

type BulkAction = Schemas["DeadLetterAction"];
export const LETTER_TONES: Record<string, Tone> = {
  OPEN: "bad",
  HELD: "warn",
  REDRIVEN: "ok",
  DISCARDED: "muted",
};
const STATES = ["OPEN", "HELD", "REDRIVEN", "DISCARDED"];
const KINDS = ["schema", "unknown_version", "foreign", "refused"];
/** As many as one call acts on, the latest first. */
const BULK_MAX = 200;
type Search = { state?: string; errorType?: string };
const WHAT: Record<BulkAction, TextKey> = { redrive: "redrive", hold: "holdAct", discard: "discard" };

function Bulk({ group }: { group: Group }) {
  const t = useWords(texts);
  const client = useQueryClient();
  const refused = useRoleReason("operator");
  const [action, setAction] = useState<BulkAction>("redrive");
  const [reason, setReason] = useState("");
  const [tried, setTried] = useState<Schemas["BulkResult"] | null>(null);
  const run = useMutation({
    mutationFn: (dryRun: boolean) =>
      data(
        api.POST("/dead-letters/bulk", {
          body: {
            action,
            dryRun,
            errorType: group.errorType,
            state: "OPEN",
            reason: reason.trim() || undefined,
          },
        }),
      ),
    onSuccess: (result) => {
      setTried(result);
      if (!result.dryRun) void client.invalidateQueries({ queryKey: ["dead-letters"] });
    },
  });
  const needsReason = action === "discard" && reason.trim() === "";
  const what = t(WHAT[action]);
  return (
    <div className={cs.section}>
      <div className={cs.lookUp}>
        <Field label={t("bulkScope", { n: group.count, reason: t(`r_${group.errorType}` as TextKey) })}>
          {(control) => (
            <select
              {...control}
              value={action}
              onChange={(event) => {
                setAction(event.target.value as BulkAction);
                setTried(null);
              }}
            >
              {(Object.keys(WHAT) as BulkAction[]).map((one) => (
                <option key={one} value={one}>
                  {t(WHAT[one])}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Field label={t("actReason")}>
          {(control) => (
            <input
              {...control}
              maxLength={128}
              value={reason}
              onChange={(event) => setReason(event.target.value)}
            />
          )}
        </Field>
        <Button disabled={run.isPending} disabledReason={refused} onClick={() => run.mutate(true)}>
          {t("dryRun")}
        </Button>
        <Button
          look="danger"
          disabled={run.isPending}
          disabledReason={
            refused ??
            (!tried?.dryRun
              ? t("dryRun")
              : needsReason
                ? t("needReason")
                : tried.succeeded === 0
                  ? t("dryRunSaid", { n: tried.results.length, ok: 0 })
                  : null)
          }
          onClick={() => run.mutate(false)}
        >
          {t("bulkDo", { n: tried?.succeeded ?? Math.min(group.count, BULK_MAX), what })}
        </Button>
      </div>
      {group.count > BULK_MAX && <p className={cs.lead}>{t("bulkSome", { n: BULK_MAX })}</p>}
      <div role="status">
        {tried && (
          <Notice tone={tried.dryRun ? "wait" : tried.failed === 0 ? "ok" : "warn"}>
            {tried.dryRun
              ? t("dryRunSaid", { n: tried.results.length, ok: tried.succeeded })
              : t("bulkSaid", { ok: tried.succeeded, failed: tried.failed })}
          </Notice>
        )}
      </div>
      {run.isError && <Failure error={run.error} />}
    </div>
  );
}

const COUNTS = queryOptions({
  queryKey: ["dead-letters", "counts"],
  queryFn: () => data(api.GET("/dead-letters/counts")),
  refetchInterval: 3000,
});

/** When the open ones of a kind came, where that is known: only the latest are read. */
function Came({ at }: { at: string | null }) {
  const c = useWords(common);
  return at ? <Ago at={at} /> : c("unknown");
}

function Groups({ chosen, onChoose }: { chosen?: string; onChoose: (kind: string | undefined) => void }) {
  const t = useWords(texts);
  const counts = useQuery(COUNTS);
  const open = useQuery({
    queryKey: ["dead-letters", "open"],
    queryFn: () => data(api.GET("/dead-letters", { params: { query: { state: ["OPEN"], limit: 200 } } })),
    refetchInterval: 3000,
  });
  return (
    <Loaded query={counts} rows={2}>
      {({ data: counted }) => {
        const groups = groupsOf(counted, open.data?.data ?? []);
        if (groups.length === 0) return <Notice tone="ok">{t("deadNone")}</Notice>;
        const group = groups.find((one) => one.errorType === chosen);
        const n = countedOf(counted, { state: "OPEN" });
        return (
          <div className={cs.section}>
            <h2>{t("deadCount", { n })}</h2>
            <Rows
              label={t("deadCount", { n })}
              rows={groups}
              id={(row) => row.errorType}
              columns={[
                {
                  key: "type",
                  title: t("errorType"),
                  cell: (row) => `${t(`r_${row.errorType}` as TextKey)} (${row.errorType})`,
                },
                { key: "count", title: t("count"), number: true, cell: (row) => grouped(row.count) },
                { key: "first", title: t("first"), cell: (row) => <Came at={row.first} /> },
                { key: "last", title: t("last"), cell: (row) => <Came at={row.last} /> },
                {
                  key: "bulk",
                  title: t("bulkCol"),
                  cell: (row) => (
                    <Button
                      size="small"
                      aria-expanded={row.errorType === chosen}
                      onClick={() => onChoose(row.errorType === chosen ? undefined : row.errorType)}
                    >
                      {t("bulk")}
                    </Button>
                  ),
                },
              ]}
            />
            {group && <Bulk key={group.errorType} group={group} />}
          </div>
        );
      }}
    </Loaded>
  );
}

export function DeadLettersPage() {
  const t = useWords(texts);
  const lang = useLang();
  const navigate = useNavigate();
  const { state, errorType } = useSearch({ strict: false }) as Search;
  const chosen = state && STATES.includes(state) ? state : undefined;
  const kind = errorType && KINDS.includes(errorType) ? errorType : undefined;
  const asked = { state: chosen, errorType: kind };
  const counts = useQuery(COUNTS);
  const go = (next: Search) =>
    void navigate({
      to: "/console/dead-letters",
      search: { ...asked, ...next },
      replace: true,
      resetScroll: false,
    } as never);
  const read = (cursor: string | undefined, limit: number) => {
    const query = { state: chosen ? [chosen] : undefined, errorType: kind, cursor, limit };
    return data(api.GET("/dead-letters", { params: { query } }));
  };
  const pages = usePages(["dead-letters", "list", chosen, kind], (cursor) => read(cursor, 50), 3000);
  return (
    <>
      <Head
        title={t("deadTitle")}
        command={{
          path: `/dead-letters${stringifySearch(asked)}`,
          cli: "swelite dead-letters list",
        }}
      >
        <Export<Letter, PageOf<Letter>>
          name="dead-letters"
          header={HEADER}
          read={(cursor) => read(cursor, 200)}
          lines={(found) => found.flatMap((page) => page.data).map(line)}
        />
      </Head>
      <div className={cs.stack}>
        <Groups chosen={kind} onChoose={(next) => go({ errorType: next })} />
        <div>
          <nav className={cs.views} aria-label={t("state")}>
            {[undefined, ...STATES].map((one) => (
              <Link
                key={one ?? "all"}
                to={"/console/dead-letters" as never}
                search={{ state: one, errorType: kind } as never}
                aria-current={one === chosen ? "page" : undefined}
                activeOptions={{ exact: true }}
              >
                {one ? t(one as TextKey) : t("all")}{" "}
                <span className={s.count}>
                  {counts.isError
                    ? "?"
                    : counts.data && grouped(countedOf(counts.data.data, { state: one, errorType: kind }))}
                </span>
              </Link>
            ))}
          </nav>
          {kind && (
            <div className={cs.tokens}>
              <button
                type="button"
                className={`${cs.token} ${cs.tokenText}`}
                aria-label={`${t("clear")}: ${t(`r_${kind}` as TextKey)}`}
                onClick={() => go({ errorType: undefined })}
              >
                {t(`r_${kind}` as TextKey)} <span aria-hidden="true">×</span>
              </button>
            </div>
          )}
          <PagedRows
            query={pages}
            label={t("deadTitle")}
            id={(row) => row.id}
            empty={
              <Empty title={chosen || kind ? t("nothingMatches") : t("nothingYet")}>
                {(chosen || kind) && (
                  <Button onClick={() => go({ state: undefined, errorType: undefined })}>{t("clear")}</Button>
                )}
              </Empty>
            }
            columns={[
              {
                key: "id",
                title: t("id"),
                cell: (row) => (
                  <Link to={"/console/dead-letters/$id" as never} params={{ id: String(row.id) } as never}>
                    {row.id}
                  </Link>
                ),
              },
              { key: "at", title: t("when"), cell: (row) => <Time at={row.timestamp} /> },
              {
                key: "state",
                title: t("state"),
                cell: (row) => <Badge tone={LETTER_TONES[row.state]}>{t(row.state as TextKey)}</Badge>,
              },
              { key: "type", title: t("errorType"), cell: (row) => t(`r_${row.errorType}` as TextKey) },
              { key: "topic", title: t("topic"), cell: (row) => row.originalTopic },
              { key: "message", title: t("error"), prose: true, cell: (row) => said(row.errorMessage, lang) },
              {
                key: "payment",
                title: t("payment"),
                cell: (row) => (row.paymentId ? <PaymentLink id={row.paymentId} /> : ""),
              },
              { key: "attempts", title: t("attempts"), number: true, cell: (row) => row.attempts },
            ]}
          />
        </div>
      </div>
    </>
  );
}
