/** One remembered request: what was asked, what was answered, and the same call to send again. */
import { useQuery } from "@tanstack/react-query";
import { api, data, type Schemas } from "../api/client";
import { cs, Time } from "../console/parts";
import { Overlay } from "../ui/overlay";
import { Badge, Copy, Json } from "../ui/parts";
import { Empty, Loaded } from "../ui/states";
import { common } from "../ui/words";
import { curlOf } from "../util/curl";
import { duration } from "../util/format";
import { useLang, useWords } from "../util/i18n";
import { toneOf } from "./status";
import { type TextKey, texts } from "./words";

type Noted = Schemas["RequestRecord"];
type Said = Schemas["RememberedBody"];

function Body({ title, said }: { title: string; said?: Said | null }) {
  const t = useWords(texts);
  return (
    <section className={cs.section}>
      <h3>
        {title} {said && said.sizeBytes > 0 && <small>{t("bodyBytes", { n: said.sizeBytes })}</small>}
      </h3>
      {said?.json !== undefined ? (
        <Json value={said.json} />
      ) : (
        <p className={cs.lead}>{t(`b_${said?.leftOut ?? "none"}` as TextKey)}</p>
      )}
    </section>
  );
}

/** The path that was called, as far as it is remembered: its payment's number stands where the template has one. */
function pathOf(noted: Noted): string {
  return noted.paymentId ? noted.route.replace(/\{(paymentId|id)\}/, String(noted.paymentId)) : noted.route;
}

function Found({ noted }: { noted: Noted }) {
  const t = useWords(texts);
  const c = useWords(common);
  const lang = useLang();
  const whole = !pathOf(noted).includes("{");
  return (
    <div className={cs.stack}>
      <p className={cs.lead}>
        <Badge tone={toneOf(noted.status)}>{noted.status}</Badge>{" "}
        {noted.replayed && <Badge tone="back">{t("replayed")}</Badge>} <Time at={noted.at} precise />{" "}
        {duration(noted.durationMs, lang)}
      </p>
      <p>
        <Copy text={noted.requestId} />
      </p>
      <Body title={t("asked")} said={noted.requestBody} />
      <Body title={t("answeredBody")} said={noted.responseBody} />
      <p className={cs.lead}>{t("hiddenNote")}</p>
      {whole && (
        <div className={cs.actions}>
          <Copy text={curlOf(noted.method, pathOf(noted), noted.requestBody?.json)} label={c("copyCurl")} />
        </div>
      )}
    </div>
  );
}

export function Call({ requestId, onClose }: { requestId: string; onClose: () => void }) {
  const t = useWords(texts);
  const query = useQuery({
    queryKey: ["requests", "one", requestId],
    queryFn: async () =>
      (await data(api.GET("/requests", { params: { query: { requestId, limit: 1 } } }))).data[0] ?? null,
  });
  const noted = query.data;
  return (
    <Overlay open side onClose={onClose} title={noted ? `${noted.method} ${noted.route}` : t("request")}>
      <Loaded query={query}>
        {(found) => (found ? <Found noted={found} /> : <Empty title={t("gone")} />)}
      </Loaded>
    </Overlay>
  );
}
