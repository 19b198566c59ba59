/** What happened to a payment, of whatever kind; all of it can be taken along. What is shown stands in the address. */
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { api, data, type Schemas } from "../api/client";
import { Button, Json, Notice } from "../ui/parts";
import { errorText } from "../ui/problems";
import { Empty, Loaded } from "../ui/states";
import { useAccountName } from "../util/accounts";
import { download } from "../util/csv";
import { amount, duration } from "../util/format";
import { useLang, useWords } from "../util/i18n";
import { useActionName } from "./actionWords";
import type { Payment } from "./acts";
import { collect } from "./collect";
import s from "./find.module.css";
import { useOutcome } from "./operatorWords";
import { cs, EntryLink, More, Time, usePages } from "./parts";
import { KINDS, type Kind, kindsOf, kindsText, pressed } from "./story";
import { storyTexts } from "./storyWords";
import { type TextKey, texts } from "./words";

type Item = Schemas["TimelineItem"];
/** Events a page has. */
const LIMIT = 100;
const ITEMS_MAX = 10_000;

function read(id: number, cursor: string | undefined) {
  return data(
    api.GET("/payments/{id}/timeline", { params: { path: { id }, query: { cursor, limit: LIMIT } } }),
  );
}

function Story({ item }: { item: Item }) {
  const t = useWords(texts);
  const actionOf = useActionName();
  switch (item.kind) {
    case "event":
      return <>{t(`tl_${item.event.topic.replace("payment.", "")}` as TextKey)}</>;
    case "posted":
      return (
        <>
          {t("tl_posted", { id: item.entry.id })} <EntryLink id={item.entry.id} />
        </>
      );
    case "parked":
      return (
        <a href={`/console/dead-letters/${item.deadLetter.id}`}>
          {t("tl_parked", { id: item.deadLetter.id })}
        </a>
      );
    case "act":
      return <>{t("tl_act", { actor: item.act.actor, what: actionOf(item.act.action) })}</>;
    default:
      return <>{t("tl_attempt")}</>;
  }
}

/** What an item is about, in a line: the event's name and amount, or what was debited and credited. */
function Details({ item, currency }: { item: Item; currency: string }) {
  const outcomeOf = useOutcome();
  const t = useWords(texts);
  const nameOf = useAccountName();
  if (item.kind === "event") {
    const { amount: sum } = (item.event.envelope ?? {}) as { amount?: number };
    return (
      <p>
        <code>{item.event.topic}</code> {sum !== undefined && amount(sum, currency)}
      </p>
    );
  }
  if (item.kind === "act") {
    const { reason, outcome, object } = item.act;
    const letter = /^dead_letter\/(\d+)$/.exec(object)?.[1];
    return (
      <>
        <p>{reason ? t("tl_why", { reason }) : t("tl_noReason")}</p>
        {outcome && outcome !== "done" && <p>{t("tl_outcome", { outcome: outcomeOf(outcome) })}</p>}
        {letter && (
          <p>
            <a href={`/console/dead-letters/${letter}`}>{t("tl_letter", { id: letter })}</a>
          </p>
        )}
      </>
    );
  }
  if (item.kind !== "posted") return null;
  return (
    <>
      {item.entry.postings.map((posting, index) => (
        <p key={`${posting.layer}-${index}`}>
          {t("debit")} {nameOf(posting.debit.name)} · {t("credit")} {nameOf(posting.credit.name)}{" "}
          <strong>{amount(posting.amount, posting.currency)}</strong>{" "}
          {posting.layer === "HOLD" && <small>({t("hold")})</small>}
        </p>
      ))}
    </>
  );
}

function Entry({ item, payment, isBrief }: { item: Item; payment: Payment; isBrief: boolean }) {
  const t = useWords(texts);
  const lang = useLang();
  return (
    <li data-kind={item.kind}>
      <span className={cs.storyNode} aria-hidden="true" />
      <div>
        <h2>
          <Story item={item} />
        </h2>
        {!isBrief && (
          <>
            <Details item={item} currency={payment.currency} />
            <details className={cs.fold}>
              <summary>{t("json")}</summary>
              <Json value={item} />
            </details>
          </>
        )}
      </div>
      <p className={cs.storyTime}>
        <Time at={item.at} precise />
        <span>+{duration(Math.max(0, Date.parse(item.at) - Date.parse(payment.createdAt)), lang)}</span>
      </p>
    </li>
  );
}

/** All that happened, as a file. */
function Download({ id }: { id: number }) {
  const t = useWords(storyTexts);
  const lang = useLang();
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState("");
  const run = async () => {
    setBusy(true);
    try {
      const { pages, isWhole } = await collect((cursor) => read(id, cursor), ITEMS_MAX);
      const items = pages.flatMap((page) => page.data);
      const lostAt = pages.at(-1)?.lostAt ?? null;
      const text = JSON.stringify({ paymentId: id, data: items, lostAt, complete: isWhole }, null, 2);
      download(`payment-${id}-timeline.json`, text, "application/json");
      setSaid(t(isWhole ? "downloaded" : "downloadedSome", { n: items.length }));
    } catch (error) {
      setSaid(errorText(error, lang));
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <Button data-key="export" size="small" icon="download" disabled={busy} onClick={() => void run()}>
        {t("download")}
      </Button>
      <span role="status">{said}</span>
    </>
  );
}

/** What is shown, and how much of it. */
function useShown() {
  const navigate = useNavigate();
  const { kinds, brief } = useSearch({ strict: false }) as { kinds?: string; brief?: string };
  const go = (next: { kinds?: string; brief?: string }) =>
    void navigate({
      to: ".",
      search: (before: object) => ({ ...before, ...next }),
      replace: true,
      resetScroll: false,
    } as never);
  return { kinds: kindsOf(kinds), isBrief: brief === "true", go };
}

function Shown({ id, kinds, isBrief, go }: { id: number } & ReturnType<typeof useShown>) {
  const t = useWords(storyTexts);
  const isAll = kinds.length === KINDS.length;
  return (
    <fieldset className={s.shown}>
      <legend>{t("show")}</legend>
      {KINDS.map((kind: Kind) => (
        <button
          key={kind}
          type="button"
          className={cs.token}
          aria-pressed={!isAll && kinds.includes(kind)}
          onClick={() => go({ kinds: kindsText(pressed(kinds, kind)) })}
        >
          {t(kind)}
        </button>
      ))}
      <button
        type="button"
        className={cs.token}
        aria-pressed={isBrief}
        onClick={() => go({ brief: isBrief ? undefined : "true" })}
      >
        {t("brief")}
      </button>
      <Download id={id} />
    </fieldset>
  );
}

export function Timeline({ payment }: { payment: Payment }) {
  const t = useWords(storyTexts);
  const id = payment.paymentId;
  const shown = useShown();
  const pages = usePages(["payment", id, "timeline"], (cursor) => read(id, cursor), 3000);
  return (
    <>
      <Shown id={id} {...shown} />
      <Loaded query={pages}>
        {({ pages: found }) => {
          const items = found.flatMap((page) => page.data).filter((item) => shown.kinds.includes(item.kind));
          const lostAt = found.at(-1)?.lostAt;
          return (
            <>
              {items.length === 0 && (
                <Empty title={t(pages.hasNextPage ? "noneSoFar" : "noneOfThese")}>
                  <Button onClick={() => shown.go({ kinds: undefined })}>{t("showAll")}</Button>
                </Empty>
              )}
              <ol className={cs.story}>
                {items.map((item, index) => (
                  <Entry
                    key={`${item.kind}-${item.at}-${index}`}
                    item={item}
                    payment={payment}
                    isBrief={shown.isBrief}
                  />
                ))}
              </ol>
              {lostAt && <Notice tone="warn">{t("lost", { id: lostAt })}</Notice>}
              <More query={pages} />
            </>
          );
        }}
      </Loaded>
    </>
  );
}
