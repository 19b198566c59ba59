/** What the server answered lately, and which errors come together. */
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { api, data, type Schemas } from "../api/client";
import { cs, Head, PagedRows, PaymentLink, Rows, Time, usePages } from "../console/parts";
import { Badge, Button, Copy, Field, Switch } from "../ui/parts";
import { Empty } from "../ui/states";
import { LiveChip } from "../ui/status";
import { common } from "../ui/words";
import { duration } from "../util/format";
import { useLang, useWords } from "../util/i18n";
import { Call } from "./Call";
import { toneOf } from "./status";
import { texts } from "./words";

type Noted = Schemas["RequestRecord"];
const STATUSES = ["200", "400", "402", "404", "409", "422", "429", "500", "502", "503", "504"];

interface Together {
  key: string;
  status: number;
  route: string;
  count: number;
}

/** Refused and failed calls by status and route. */
function errorsOf(rows: Noted[]): Together[] {
  const found = new Map<string, Together>();
  for (const row of rows.filter((one) => one.status >= 400)) {
    const route = `${row.method} ${row.route}`;
    const key = `${row.status} ${route}`;
    const known = found.get(key) ?? { key, status: row.status, route, count: 0 };
    known.count += 1;
    found.set(key, known);
  }
  return [...found.values()].sort((a, b) => b.count - a.count);
}

function Errors({ rows }: { rows: Noted[] }) {
  const t = useWords(texts);
  const errors = errorsOf(rows);
  return (
    <section className={cs.section}>
      <h2>{t("byError")}</h2>
      {errors.length === 0 ? (
        <p className={cs.lead}>{t("noErrors")}</p>
      ) : (
        <Rows
          label={t("byError")}
          rows={errors}
          id={(row) => row.key}
          columns={[
            { key: "route", title: t("route"), cell: (row) => <code>{row.route}</code> },
            {
              key: "status",
              title: t("status"),
              cell: (row) => <Badge tone={toneOf(row.status)}>{row.status}</Badge>,
            },
            { key: "count", title: t("count"), number: true, cell: (row) => row.count },
          ]}
        />
      )}
    </section>
  );
}

export function RequestsPage() {
  const t = useWords(texts);
  const c = useWords(common);
  const lang = useLang();
  const navigate = useNavigate();
  const { status, payment, request, reads, open, more } = useSearch({ strict: false }) as Record<
    string,
    string | undefined
  >;
  const [paused, setPaused] = useState(false);
  const query = {
    status: Number(status) || undefined,
    paymentId: Number(payment) || undefined,
    requestId: request || undefined,
  };
  const pages = usePages(
    ["requests", query, reads],
    (cursor) =>
      data(
        api.GET("/requests", {
          params: { query: { ...query, reads: reads === "true" ? undefined : false, cursor, limit: 100 } },
        }),
      ),
    paused ? false : 1500,
  );
  const go = (next: { status?: string; request?: string; reads?: string; open?: string }) =>
    void navigate({
      to: "/dev/requests",
      // Another filter begins at its first page; looking at a call changes nothing of the list.
      search: { status, payment, request, reads, open, more: "open" in next ? more : undefined, ...next },
      replace: true,
    } as never);
  return (
    <>
      <Head title={t("reqTitle")} lead={t("reqLead")} command={{ path: "/requests" }}>
        <LiveChip state={paused ? "off" : pages.isError ? "lost" : pages.isPending ? "connecting" : "open"} />
        <Button
          data-key="pause"
          size="small"
          icon={paused ? "play" : "pause"}
          onClick={() => setPaused(!paused)}
        >
          {c(paused ? "resume" : "pause")}
        </Button>
      </Head>
      <div className={cs.lookUp}>
        <Field label={t("status")}>
          {(control) => (
            <select
              {...control}
              value={status ?? ""}
              onChange={(event) => go({ status: event.target.value || undefined })}
            >
              <option value="">{t("allStatus")}</option>
              {STATUSES.map((one) => (
                <option key={one}>{one}</option>
              ))}
            </select>
          )}
        </Field>
        <Field label={t("requestIdFilter")}>
          {(control) => (
            <input
              {...control}
              value={request ?? ""}
              onChange={(event) => go({ request: event.target.value.trim() || undefined })}
            />
          )}
        </Field>
        <div className={cs.beside}>
          <Switch
            label={t("own")}
            checked={reads === "true"}
            onChange={(on) => go({ reads: on ? "true" : undefined })}
          />
        </div>
      </div>
      <div className={cs.stack}>
        {pages.data && <Errors rows={pages.data.pages.flatMap((page) => page.data)} />}
        <PagedRows
          query={pages}
          label={t("reqTitle")}
          id={(row) => `${row.requestId}/${row.at}`}
          empty={<Empty title={t("none")} />}
          columns={[
            { key: "at", title: t("when"), cell: (row) => <Time at={row.at} precise /> },
            { key: "method", title: t("method"), cell: (row) => row.method },
            { key: "route", title: t("route"), cell: (row) => <code>{row.route}</code> },
            {
              key: "status",
              title: t("status"),
              cell: (row) => (
                <>
                  <Badge tone={toneOf(row.status)}>{row.status}</Badge>{" "}
                  {row.replayed && <Badge tone="back">{t("replayed")}</Badge>}
                </>
              ),
            },
            { key: "took", title: t("took"), number: true, cell: (row) => duration(row.durationMs, lang) },
            {
              key: "payment",
              title: t("payment"),
              cell: (row) => (row.paymentId ? <PaymentLink id={row.paymentId} /> : ""),
            },
            {
              key: "request",
              title: t("request"),
              cell: (row) => (
                <>
                  <Copy text={row.requestId} />{" "}
                  <Button
                    size="small"
                    look="quiet"
                    aria-label={`${t("open")}: ${row.method} ${row.route} ${row.requestId}`}
                    onClick={() => go({ open: row.requestId })}
                  >
                    {t("open")}
                  </Button>
                </>
              ),
            },
          ]}
        />
      </div>
      {open && <Call requestId={open} onClose={() => go({ open: undefined })} />}
    </>
  );
}
