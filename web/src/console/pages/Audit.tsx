/** Who did what, and why. There is nothing here to change it with. What is looked for stands in the address. */
import { useNavigate, useSearch } from "@tanstack/react-router";
import type { FormEvent } from "react";
import { api, data, type Schemas } from "../../api/client";
import { Button, Copy, Field } from "../../ui/parts";
import { Empty } from "../../ui/states";
import { stringifySearch } from "../../util/address";
import { useWords } from "../../util/i18n";
import { ACTIONS, useActionName } from "../actionWords";
import { useDraft } from "../draft";
import { Export } from "../Export";
import { operatorTexts, useOutcome } from "../operatorWords";
import { cs, Head, PagedRows, type PageOf, PaymentLink, Time, usePages } from "../parts";
import type { Role } from "../session";
import { texts } from "../words";

type Act = Schemas["AuditEntry"];
const HEADER = [
  "at",
  "actor",
  "role",
  "action",
  "object",
  "outcome",
  "reason",
  "requestId",
] satisfies (keyof Act)[];

const line = (act: Act) => HEADER.map((name) => act[name]);

interface Filter {
  actor?: string;
  action?: string;
  object?: string;
  from?: string;
  to?: string;
}

/** A day of Seoul as the moment it begins, so many days later. */
function dayBegins(day: string | undefined, later = 0): string | undefined {
  const at = day ? Date.parse(`${day}T00:00:00+09:00`) : Number.NaN;
  return Number.isNaN(at) ? undefined : new Date(at + later * 86_400_000).toISOString();
}

function Filters({ filter }: { filter: Filter }) {
  const t = useWords(texts);
  const o = useWords(operatorTexts);
  const actionOf = useActionName();
  const navigate = useNavigate();
  const [draft, setDraft] = useDraft<Filter>("audit.filter", () => filter);
  const go = (search: Filter) => void navigate({ to: "/console/audit", search } as never);
  const set = (part: Partial<Filter>) => setDraft({ ...draft, ...part });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const filled = Object.entries(draft).filter(([, value]) => value?.trim());
    go(Object.fromEntries(filled.map(([key, value]) => [key, value?.trim()])));
  };
  const text = (key: "actor" | "object", label: string) => (
    <Field label={label}>
      {(control) => (
        <input
          {...control}
          data-filter={key === "actor" ? "" : undefined}
          maxLength={128}
          value={draft[key] ?? ""}
          onChange={(event) => set({ [key]: event.target.value })}
        />
      )}
    </Field>
  );
  const day = (key: "from" | "to", label: string) => (
    <Field label={label}>
      {(control) => (
        <input
          {...control}
          type="date"
          value={draft[key] ?? ""}
          onChange={(event) => set({ [key]: event.target.value })}
        />
      )}
    </Field>
  );
  return (
    <form className={cs.filterRow} onSubmit={submit}>
      {text("actor", t("actor"))}
      <Field label={t("action")}>
        {(control) => (
          <select
            {...control}
            value={draft.action ?? ""}
            onChange={(event) => set({ action: event.target.value })}
          >
            <option value="">{t("all")}</option>
            {ACTIONS.map((action) => (
              <option key={action} value={action}>
                {actionOf(action)}
              </option>
            ))}
          </select>
        )}
      </Field>
      {text("object", t("object"))}
      {day("from", o("from"))}
      {day("to", o("to"))}
      <Button type="submit" icon="filter">
        {o("apply")}
      </Button>
      {Object.keys(filter).length > 0 && <Button onClick={() => go({})}>{o("clear")}</Button>}
    </form>
  );
}

/** What an act was done to, as a link where there is a page of it. */
function Thing({ object }: { object: string }) {
  const payment = /^payment\/(\d+)$/.exec(object)?.[1];
  return payment ? (
    <>
      payment/
      <PaymentLink id={Number(payment)} />
    </>
  ) : (
    object
  );
}

export function AuditPage() {
  const navigate = useNavigate();
  const outcomeOf = useOutcome();
  const actionOf = useActionName();
  const t = useWords(texts);
  const o = useWords(operatorTexts);
  const { actor, action, object, from, to } = useSearch({ strict: false }) as Filter;
  const given = { actor, action, object, from, to };
  const filter = Object.fromEntries(Object.entries(given).filter(([, value]) => value)) as Filter;
  const asked = { actor, action, object, from: dayBegins(from), to: dayBegins(to, 1) };
  const read = (cursor: string | undefined, limit: number) =>
    data(api.GET("/audit", { params: { query: { ...asked, cursor, limit } } }));
  const pages = usePages(["audit", filter], (cursor) => read(cursor, 50), 5000);
  const filtered = Object.keys(filter).length > 0;
  return (
    <>
      <Head
        title={t("auditTitle")}
        lead={t("auditLead")}
        command={{ path: `/audit${stringifySearch(asked)}` }}
      >
        <Export<Act, PageOf<Act>>
          name="audit"
          header={HEADER}
          read={(cursor) => read(cursor, 200)}
          lines={(found) => found.flatMap((page) => page.data).map(line)}
        />
      </Head>
      <Filters key={JSON.stringify(filter)} filter={filter} />
      <PagedRows
        query={pages}
        label={t("auditTitle")}
        id={(row) => `${row.requestId}/${row.action}/${row.object}/${row.at}`}
        empty={
          <Empty title={filtered ? t("nothingMatches") : t("nothingYet")}>
            {filtered && (
              <Button onClick={() => void navigate({ to: "/console/audit" } as never)}>{o("clear")}</Button>
            )}
          </Empty>
        }
        columns={[
          { key: "at", title: t("when"), cell: (row) => <Time at={row.at} /> },
          {
            key: "actor",
            title: t("actor"),
            cell: (row) => <span className={cs.longName}>{row.actor}</span>,
          },
          { key: "role", title: o("as"), cell: (row) => (row.role ? o(row.role as Role) : "–") },
          {
            key: "action",
            title: t("action"),
            cell: (row) => <span title={row.action}>{actionOf(row.action)}</span>,
          },
          {
            key: "object",
            title: t("object"),
            cell: (row) => (
              <span className={cs.longName}>
                <Thing object={row.object} />
              </span>
            ),
          },
          {
            key: "outcome",
            title: o("outcome"),
            cell: (row) => (row.outcome ? outcomeOf(row.outcome) : "–"),
          },
          { key: "reason", title: t("reason"), prose: true, cell: (row) => row.reason ?? "–" },
          { key: "request", title: t("request"), cell: (row) => <Copy text={row.requestId} /> },
        ]}
      />
    </>
  );
}
