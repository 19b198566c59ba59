/** Where a merchant's limits stand, and what is known of a key. */
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import type { FormEvent } from "react";
import { api, data, type Schemas } from "../../api/client";
import { Badge, Button, Copy, Field, Json, Notice } from "../../ui/parts";
import { Empty, Loaded } from "../../ui/states";
import { duration, grouped } from "../../util/format";
import { useLang, useWords } from "../../util/i18n";
import { cs, Head, PaymentLink, Rows, Time } from "../parts";
import { type TextKey, texts } from "../words";

type Limit = Schemas["LimitStatus"];

function Meter({ limit }: { limit: Limit }) {
  const width =
    limit.used == null || limit.capacity === 0 ? 0 : Math.min(140, (limit.used / limit.capacity) * 140);
  return (
    <svg className={cs.meter} viewBox="0 0 140 8" preserveAspectRatio="none" aria-hidden="true">
      <rect width={width} height="8" />
    </svg>
  );
}

function Limits({ merchant }: { merchant: string }) {
  const t = useWords(texts);
  const lang = useLang();
  const query = useQuery({
    queryKey: ["limits", merchant],
    queryFn: () => data(api.GET("/limits", { params: { query: { merchantId: merchant } } })),
    refetchInterval: 1000,
  });
  return (
    <Loaded query={query} rows={3}>
      {({ data: rows }) =>
        rows.length === 0 ? (
          <Notice tone="warn">{t("limOff")}</Notice>
        ) : (
          <>
            {rows.some((row) => !row.known) && (
              <Notice tone="warn" role="status">
                {t("failOpen")}
              </Notice>
            )}
            <Rows
              label={t("limits")}
              rows={rows}
              id={(row) => row.action}
              columns={[
                { key: "action", title: t("operation"), cell: (row) => t(`act_${row.action}` as TextKey) },
                {
                  key: "capacity",
                  title: t("capacity"),
                  cell: (row) => t("perWindow", { n: grouped(row.capacity), window: row.windowSeconds }),
                },
                {
                  key: "used",
                  title: t("used"),
                  number: true,
                  cell: (row) => (
                    <>
                      <Meter limit={row} />
                      <span className={cs.metered}>
                        {row.used == null ? t("unknown") : grouped(row.used)}
                      </span>
                    </>
                  ),
                },
                {
                  key: "left",
                  title: t("remaining"),
                  number: true,
                  cell: (row) => (row.remaining == null ? t("unknown") : grouped(row.remaining)),
                },
                {
                  key: "reset",
                  title: t("resets"),
                  number: true,
                  cell: (row) =>
                    row.resetSeconds == null ? t("unknown") : duration(row.resetSeconds * 1000, lang),
                },
              ]}
            />
          </>
        )
      }
    </Loaded>
  );
}

function Key({ merchant, name }: { merchant: string; name: string }) {
  const t = useWords(texts);
  const query = useQuery({
    queryKey: ["idempotency", merchant, name],
    queryFn: () => data(api.GET("/idempotency", { params: { query: { merchantId: merchant, key: name } } })),
  });
  return (
    <Loaded query={query} rows={3}>
      {({ data: rows }) =>
        rows.length === 0 ? (
          <Empty title={t("idemNone")} />
        ) : (
          <div className={cs.stack}>
            {rows.map((row) => (
              <section key={row.operation} className={cs.section}>
                <h3>
                  {t(`act_${row.operation}` as TextKey)}{" "}
                  <Badge tone={row.state === "final" ? "ok" : "wait"}>
                    {t(row.state === "final" ? "idemFinal" : "idemRunning")}
                  </Badge>
                </h3>
                <dl className={cs.pairs}>
                  <dt>{t("status")}</dt>
                  <dd>{row.status ?? "–"}</dd>
                  <dt>{t("payment")}</dt>
                  <dd>{row.paymentId ? <PaymentLink id={row.paymentId} /> : "–"}</dd>
                  <dt>{t("answeredAt")}</dt>
                  <dd>{row.answeredAt ? <Time at={row.answeredAt} precise /> : "–"}</dd>
                  <dt>{t("fingerprint")}</dt>
                  <dd>
                    <Copy text={row.fingerprint} />
                  </dd>
                </dl>
                <details className={cs.fold}>
                  <summary>{t("storedBody")}</summary>
                  <Json value={row.body} />
                </details>
              </section>
            ))}
          </div>
        )
      }
    </Loaded>
  );
}

export function LimitsPage() {
  const t = useWords(texts);
  const navigate = useNavigate();
  const { merchant = "swelite-store", key } = useSearch({ strict: false }) as {
    merchant?: string;
    key?: string;
  };
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? "").trim() || undefined;
    void navigate({
      to: "/console/limits",
      search: { merchant: text("merchant"), key: text("key") },
    } as never);
  };
  return (
    <>
      <Head
        title={t("limTitle")}
        lead={t("limLead")}
        command={{
          path: key
            ? `/idempotency?${new URLSearchParams({ merchantId: merchant, key })}`
            : `/limits?${new URLSearchParams({ merchantId: merchant })}`,
        }}
      />
      <form key={`${merchant}/${key}`} className={cs.lookUp} onSubmit={submit}>
        <Field label={t("merchant")}>
          {(control) => <input {...control} name="merchant" defaultValue={merchant} maxLength={32} />}
        </Field>
        <Field label={t("idemKey")}>
          {(control) => <input {...control} name="key" defaultValue={key} maxLength={255} />}
        </Field>
        <Button type="submit" icon="search">
          {t("lookUp")}
        </Button>
      </form>
      <div className={cs.stack}>
        <Limits merchant={merchant} />
        {key && (
          <section className={cs.section}>
            <h2>{t("idemTitle")}</h2>
            <Key merchant={merchant} name={key} />
          </section>
        )}
      </div>
    </>
  );
}
