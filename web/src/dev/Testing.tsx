/** Every test card, what it does, and a button that shows it. */
import { useState } from "react";
import { newKey } from "../api/client";
import { cs, Head, Rows } from "../console/parts";
import { Badge, Button, Copy } from "../ui/parts";
import { spaced, TEST_CARDS, type TestCard } from "../util/cards";
import { curlOf } from "../util/curl";
import { faultTexts } from "../util/faults";
import { useLang, useWords } from "../util/i18n";
import { texts } from "./words";

/** A fault, and a value that shows it. */
const FAULTS: { name: keyof (typeof faultTexts)["ko"]; value: boolean | number }[] = [
  { name: "brokerOff", value: true },
  { name: "workerPaused", value: true },
  { name: "cacheOff", value: true },
  { name: "acquirerDelayMs", value: 3000 },
  { name: "acquirerErrorPercent", value: 50 },
];

/** Authorizes with a card's token; what came back, as `402 insufficient_funds`. */
async function attempt(token: string): Promise<{ status: number; code: string }> {
  const body = {
    merchantId: "testing",
    amount: 10_000,
    currency: "KRW",
    captureMode: "automatic",
    idempotencyKey: newKey("try"),
    paymentMethod: { type: "card", token },
  };
  const headers = { "content-type": "application/json" };
  const response = await fetch("/payments/authorize", {
    method: "POST",
    headers,
    // As a merchant, whoever is signed in beside it.
    credentials: "omit",
    body: JSON.stringify(body),
  }).catch(() => null);
  const answer = (await response?.json().catch(() => null)) as Record<string, unknown> | null;
  const code = String(answer?.declineCode ?? answer?.code ?? answer?.status ?? "");
  return { status: response?.status ?? 0, code };
}

function Try({ card }: { card: TestCard }) {
  const t = useWords(texts);
  const [said, setSaid] = useState<{ status: number; code: string } | null>(null);
  if (!card.token) return <>{t("clientSide")}</>;
  return (
    <span className={cs.actions}>
      <Button
        size="small"
        onClick={() => void attempt(card.token).then(setSaid)}
        aria-label={`${t("try")}: ${card.token}`}
      >
        {t("try")}
      </Button>
      <span role="status">
        {said && <Badge tone={said.status === 200 ? "ok" : "warn"}>{t("answered", said)}</Badge>}
      </span>
    </span>
  );
}

export function TestingPage() {
  const t = useWords(texts);
  const f = useWords(faultTexts);
  const lang = useLang();
  return (
    <>
      <Head title={t("testTitle")} lead={t("testLead")} />
      <div className={cs.stack}>
        <Rows
          label={t("cards")}
          rows={[...TEST_CARDS]}
          id={(card) => card.id}
          columns={[
            { key: "card", title: t("card"), cell: (card) => card[lang] },
            { key: "number", title: t("number"), cell: (card) => <code>{spaced(card.number)}</code> },
            {
              key: "token",
              title: t("token"),
              cell: (card) => (card.token ? <Copy text={card.token} full /> : "–"),
            },
            { key: "outcome", title: t("outcome"), cell: (card) => card.outcome || "–" },
            { key: "try", title: t("try"), cell: (card) => <Try card={card} /> },
          ]}
        />
        <section className={cs.section}>
          <h2>{t("faults")}</h2>
          <p className={cs.lead}>{t("faultsText")}</p>
          <Rows
            label={t("faults")}
            rows={FAULTS}
            id={(fault) => fault.name}
            columns={[
              { key: "name", title: t("fault"), cell: (fault) => <code>{fault.name}</code> },
              { key: "says", title: t("effect"), prose: true, cell: (fault) => f(fault.name) },
              {
                key: "curl",
                title: "curl",
                cell: (fault) => (
                  <Copy
                    text={curlOf("PUT", "/sim/faults", { [fault.name]: fault.value })}
                    label={`${fault.name}: ${fault.value}`}
                  />
                ),
              },
            ]}
          />
          <p className={cs.actions}>
            <Copy text={curlOf("PUT", "/sim/faults", {})} label={t("faultsOff")} />
            <Copy text={curlOf("POST", "/sim/poison")} label={t("poison")} />
          </p>
        </section>
      </div>
    </>
  );
}
