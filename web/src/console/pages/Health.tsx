/** Each part of the platform, how it was checked and when. What was not checked is unknown, never well. */
import { useQuery } from "@tanstack/react-query";
import { api, data } from "../../api/client";
import { Badge, type Tone } from "../../ui/parts";
import { said } from "../../ui/said";
import { Loaded } from "../../ui/states";
import { duration, time } from "../../util/format";
import { useLang, useWords } from "../../util/i18n";
import { Ago, Head, Rows } from "../parts";
import { type TextKey, texts } from "../words";
import { useZone } from "../zone";

const TONES: Record<string, Tone> = { up: "ok", degraded: "warn", down: "bad", unknown: "muted" };

const MOMENT = /\d{4}-\d\d-\d\dT[\d:.]+Z/;

export function HealthPage() {
  const t = useWords(texts);
  const lang = useLang();
  const query = useQuery({
    queryKey: ["health"],
    queryFn: () => data(api.GET("/health/components")),
    refetchInterval: 2000,
  });
  const zone = useZone();
  const tell = (sentence: string) => said(sentence, lang).replace(MOMENT, (at) => time(at, zone, false));
  const bad = query.data?.data.filter((row) => row.state !== "up").length ?? 0;
  const named = (name: string) => (`c_${name}` in texts.ko ? t(`c_${name}` as TextKey) : name);
  return (
    <>
      <Head
        command={{ path: "/health/components", cli: "swelite doctor" }}
        title={query.data ? (bad === 0 ? t("healthGood") : t("healthBad", { n: bad })) : t("healthTitle")}
      />
      <Loaded query={query}>
        {({ data: rows }) => (
          <Rows
            label={t("healthTitle")}
            rows={rows}
            id={(row) => row.name}
            columns={[
              { key: "name", title: t("part"), cell: (row) => <strong>{named(row.name)}</strong> },
              {
                key: "state",
                title: t("state"),
                cell: (row) => <Badge tone={TONES[row.state]}>{t(row.state as TextKey)}</Badge>,
              },
              { key: "detail", title: t("detail"), prose: true, cell: (row) => tell(row.detail) },
              { key: "how", title: t("how"), prose: true, cell: (row) => tell(row.how) },
              {
                key: "at",
                title: t("checkedAt"),
                cell: (row) => (row.checkedAt ? <Ago at={row.checkedAt} /> : "–"),
              },
              {
                key: "took",
                title: t("duration"),
                number: true,
                cell: (row) => (row.latencyMs == null ? "–" : duration(row.latencyMs, lang)),
              },
            ]}
          />
        )}
      </Loaded>
    </>
  );
}
