/** Four commands; each step is ticked when the server has seen what it does. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { api, data, newKey } from "../api/client";
import { cs, Head } from "../console/parts";
import { Icon } from "../ui/icons";
import { Badge, Button, buttonClass, Copy, Json } from "../ui/parts";
import { common } from "../ui/words";
import { curlOf } from "../util/curl";
import { useLang, useWords } from "../util/i18n";
import { type TextKey, texts } from "./words";

const MERCHANT = "quickstart";
const KEPT = "swelite.quickstart";

function keep(key: string): string {
  try {
    sessionStorage.setItem(KEPT, key);
  } catch {
    // It begins anew when the page is loaded anew, then.
  }
  return key;
}

/** Names this reader's payment, in this tab: what somebody else has done before ticks nothing. */
function ownKey(): string {
  try {
    return sessionStorage.getItem(KEPT) ?? keep(newKey("quick"));
  } catch {
    return newKey("quick");
  }
}

interface StepProps {
  number: number;
  title: TextKey;
  text: TextKey;
  command: string;
  done: boolean;
  note?: string;
  /** Its command is not whole yet: a step before it says what stands in it. */
  early?: boolean;
}

function Step({ number, title, text, command, done, note, early = false }: StepProps) {
  const t = useWords(texts);
  const c = useWords(common);
  return (
    <li className={cs.step} data-done={done}>
      <span className={cs.stepNo} aria-hidden="true">
        {done ? <Icon name="check" /> : number}
      </span>
      <div>
        <h2>
          {t(title)} <Badge tone={done ? "ok" : "muted"}>{t(done ? "done" : "todo")}</Badge>{" "}
          {note && <small>{note}</small>}
        </h2>
        <p className={cs.lead}>
          {t(text)} {early && t("fillsIn")}
        </p>
        <div className={cs.snippet}>
          <Json value={command} />
          {!early && <Copy text={command} label={c("copy")} />}
        </div>
      </div>
    </li>
  );
}

export function QuickstartPage() {
  const t = useWords(texts);
  const lang = useLang();
  const [key, setKey] = useState(ownKey);
  const ready = useQuery({
    queryKey: ["ready"],
    queryFn: () => data(api.GET("/readyz")),
    refetchInterval: 5000,
  });
  const payments = useQuery({
    queryKey: ["quickstart", key],
    queryFn: () =>
      data(api.GET("/payments", { params: { query: { merchantId: MERCHANT, orderId: key, limit: 1 } } })),
    refetchInterval: 1500,
  });
  const payment = payments.data?.data[0];
  const id = payment?.paymentId;
  const entries = useQuery({
    queryKey: ["quickstart", id, "ledger"],
    queryFn: () =>
      data(
        api.GET("/payments/{id}/ledger", {
          params: { path: { id: id ?? 0 }, query: { merchantId: MERCHANT } },
        }),
      ),
    enabled: id !== undefined,
    refetchInterval: 1500,
  });
  const isCaptured = (payment?.capturedAmount ?? 0) > 0;
  const isPosted =
    isCaptured && (entries.data?.data.some((entry) => entry.topic === "payment.captured") ?? false);
  // Before there is a payment there is no number that would be this reader's.
  const number = id ?? t("itsNumber");
  const order = {
    merchantId: MERCHANT,
    amount: 1_690_000,
    currency: "KRW",
    orderId: key,
    idempotencyKey: key,
  };
  return (
    <>
      <Head title={t("quickTitle")} lead={t("quickLead")}>
        <a href={`/docs?lang=${lang}`} className={buttonClass()}>
          {t("openReference")}
        </a>
      </Head>
      <ol aria-live="polite">
        <Step number={1} title="s1" text="s1Text" command={curlOf("GET", "/readyz")} done={ready.isSuccess} />
        <Step
          number={2}
          title="s2"
          text="s2Text"
          command={curlOf("POST", "/payments/authorize", order)}
          done={payment !== undefined}
          note={id ? t("found", { id }) : undefined}
        />
        <Step
          number={3}
          title="s3"
          text="s3Text"
          command={curlOf("POST", `/payments/capture/${number}`, { merchantId: MERCHANT })}
          done={isCaptured}
          early={id === undefined}
        />
        <Step
          number={4}
          title="s4"
          text="s4Text"
          command={curlOf("GET", `/payments/${number}/ledger?merchantId=${MERCHANT}`)}
          done={isPosted}
          early={id === undefined}
        />
      </ol>
      {id && (
        <p className={cs.moreRow}>
          <Link
            to={"/console/payments/$id" as never}
            params={{ id: String(id) } as never}
            className={buttonClass()}
          >
            {t("seeFlow")}
          </Link>{" "}
          <Button look="quiet" onClick={() => setKey(keep(newKey("quick")))}>
            {t("again")}
          </Button>
        </p>
      )}
    </>
  );
}
