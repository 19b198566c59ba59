/** One dead letter: why, what it is, what it should have been, and what can be done. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useState } from "react";
import { api, data, type Schemas } from "../../api/client";
import { Overlay } from "../../ui/overlay";
import { Badge, Button, Copy, Field, Json, Notice, TableWrap, ui } from "../../ui/parts";
import { errorText } from "../../ui/problems";
import { inKorean, said as inWords } from "../../ui/said";
import { Empty, Loaded } from "../../ui/states";
import { useLang, useWords } from "../../util/i18n";
import { useDraft } from "../draft";
import { cs, Head, PaymentLink, Time } from "../parts";
import { useRoleReason } from "../session";
import { type TextKey, texts } from "../words";
import { LETTER_TONES } from "./DeadLetters";

type Letter = Schemas["DeadLetter"];
type Action = "redrive" | "hold" | "discard";
const WHAT: Record<Action, TextKey> = { redrive: "redrive", hold: "holdAct", discard: "discard" };
const ABOUT: Record<Action, TextKey> = { redrive: "redriveText", hold: "holdText", discard: "discardText" };

function send(action: Action, id: number, reason: string) {
  const call = { params: { path: { id } }, body: { reason: reason || undefined } };
  if (action === "redrive") return data(api.POST("/dead-letters/{id}/redrive", call));
  if (action === "hold") return data(api.POST("/dead-letters/{id}/hold", call));
  return data(api.POST("/dead-letters/{id}/discard", call));
}

function Confirm({
  letter,
  action,
  onClose,
  onDone,
}: {
  letter: Letter;
  action: Action;
  onClose: () => void;
  onDone: (text: string) => void;
}) {
  const t = useWords(texts);
  const lang = useLang();
  const client = useQueryClient();
  const [reason, setReason] = useDraft(`dead-letter.${letter.id}.reason`, () => "");
  const what = t(WHAT[action]);
  const run = useMutation({
    mutationFn: () => send(action, letter.id, reason.trim()),
    onSuccess: (after) => {
      client.setQueryData(["dead-letter", letter.id], after);
      void client.invalidateQueries({ queryKey: ["dead-letters"] });
      onDone(t("deadDone", { what, state: t(after.state as TextKey) }));
      onClose();
    },
  });
  const missing = action === "discard" && reason.trim() === "";
  return (
    <Overlay
      open
      onClose={onClose}
      title={`${t("deadNo", { id: letter.id })} · ${what}`}
      description={t(ABOUT[action])}
    >
      <form
        className={cs.form}
        onSubmit={(event) => {
          event.preventDefault();
          if (!missing) run.mutate();
        }}
      >
        <Field label={t("actReason")} hint={missing ? t("needReason") : undefined}>
          {(control) => (
            <input
              {...control}
              maxLength={128}
              value={reason}
              onChange={(event) => setReason(event.target.value)}
            />
          )}
        </Field>
        {run.isError && (
          <Notice tone="bad" role="alert">
            {t("actFailed", {
              what,
              why: errorText(run.error, lang),
            })}
          </Notice>
        )}
        <div className={cs.actions}>
          <Button
            type="submit"
            look={action === "discard" ? "danger" : "primary"}
            disabled={run.isPending}
            disabledReason={missing ? t("needReason") : null}
          >
            {t("actDo", { what })}
          </Button>
        </div>
      </form>
    </Overlay>
  );
}

function pretty(letter: Letter): unknown {
  if (letter.payloadEncoding !== "utf-8") return letter.payload;
  try {
    return JSON.parse(letter.payload);
  } catch {
    return letter.payload;
  }
}

function Original({ letter }: { letter: Letter }) {
  const t = useWords(texts);
  const events = useQuery({
    queryKey: ["dead-letter", letter.id, "original"],
    queryFn: () =>
      data(
        api.GET("/events", { params: { query: { paymentId: letter.paymentId ?? undefined, limit: 100 } } }),
      ),
    enabled: letter.paymentId != null,
  });
  const original = events.data?.data.find((event) => event.id === letter.eventId)?.envelope as
    | Record<string, unknown>
    | undefined;
  const actual = pretty(letter) as Record<string, unknown>;
  if (!original) return <p className={cs.lead}>{t("noOriginal")}</p>;
  const keys = [
    ...new Set([
      ...Object.keys(original),
      ...(typeof actual === "object" && actual ? Object.keys(actual) : []),
    ]),
  ];
  const text = (value: unknown) => (value === undefined ? "–" : JSON.stringify(value));
  const different = keys.filter(
    (key) => text(original[key]) !== text(typeof actual === "object" ? actual?.[key] : undefined),
  );
  if (different.length === 0) return <p className={cs.lead}>=</p>;
  return (
    <TableWrap label={t("original")}>
      <table className={ui.table}>
        <thead>
          <tr>
            <th scope="col">{t("fields")}</th>
            <th scope="col">{t("outbox")}</th>
            <th scope="col">{t("payload")}</th>
          </tr>
        </thead>
        <tbody>
          {different.map((key) => (
            <tr key={key}>
              <th scope="row">{key}</th>
              <td>{text(original[key])}</td>
              <td>{text(typeof actual === "object" ? actual?.[key] : undefined)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableWrap>
  );
}

function Found({ letter }: { letter: Letter }) {
  const t = useWords(texts);
  const lang = useLang();
  const [action, setAction] = useDraft<Action | null>(`dead-letter.${letter.id}.action`, () => null);
  const [said, setSaid] = useState("");
  const closed = letter.state === "REDRIVEN" || letter.state === "DISCARDED";
  const refused = useRoleReason("operator");
  const reasonOf = (one: Action) =>
    closed || (one === "hold" && letter.state === "HELD")
      ? t("deadClosed", { state: t(letter.state as TextKey) })
      : null;
  const reason = (one: Action) => refused ?? reasonOf(one);
  return (
    <>
      <Head
        title={t("deadNo", { id: letter.id })}
        command={{ path: `/dead-letters/${letter.id}`, cli: `swelite dead-letters show ${letter.id}` }}
        lead={
          <span className={cs.badged}>
            <Badge tone={LETTER_TONES[letter.state]}>{t(letter.state as TextKey)}</Badge>
            {t(`r_${letter.errorType}` as TextKey)}
          </span>
        }
      >
        {(["redrive", "hold", "discard"] as const).map((one) => (
          <Button
            key={one}
            look={one === "redrive" ? "primary" : one === "discard" ? "danger" : undefined}
            disabledReason={reason(one)}
            onClick={() => setAction(one)}
          >
            {t(WHAT[one])}
          </Button>
        ))}
      </Head>
      <div role="status">{said && <Notice tone="wait">{said}</Notice>}</div>
      <div className={cs.detail}>
        <div className={cs.stack}>
          <Notice tone="warn">{inWords(letter.errorMessage, lang)}</Notice>
          <section className={cs.section}>
            <h2>{t("payload")}</h2>
            <Json value={pretty(letter)} />
          </section>
          <section className={cs.section}>
            <h2>{t("original")}</h2>
            <Original letter={letter} />
          </section>
        </div>
        <dl className={cs.pairs}>
          <dt>{t("topic")}</dt>
          <dd>{letter.originalTopic}</dd>
          <dt>{t("place")}</dt>
          <dd>{letter.offset < 0 ? t("placeNone") : `${letter.partition} @ ${letter.offset}`}</dd>
          <dt>{t("when")}</dt>
          <dd>
            <Time at={letter.timestamp} precise />
          </dd>
          <dt>{t("updated")}</dt>
          <dd>
            <Time at={letter.updatedAt} precise />
          </dd>
          <dt>{t("attempts")}</dt>
          <dd>{letter.attempts}</dd>
          {letter.eventId && (
            <>
              <dt>{t("event")}</dt>
              <dd>
                <Copy text={letter.eventId} />
              </dd>
            </>
          )}
          {letter.paymentId && (
            <>
              <dt>{t("payment")}</dt>
              <dd>
                <PaymentLink id={letter.paymentId} />
              </dd>
            </>
          )}
          <dt>SHA-256</dt>
          <dd>
            <Copy text={letter.payloadSha256} />
          </dd>
          {letter.note && (
            <>
              <dt>{t("note")}</dt>
              {/* An operator may have written it: in their own letters. */}
              <dd>{lang === "ko" ? inKorean(letter.note) : letter.note}</dd>
            </>
          )}
        </dl>
      </div>
      {action && <Confirm letter={letter} action={action} onClose={() => setAction(null)} onDone={setSaid} />}
    </>
  );
}

export function DeadLetterPage() {
  const t = useWords(texts);
  const { id } = useParams({ strict: false }) as { id: string };
  const number = Number(id);
  const valid = Number.isSafeInteger(number) && number > 0;
  const letter = useQuery({
    queryKey: ["dead-letter", number],
    queryFn: () => data(api.GET("/dead-letters/{id}", { params: { path: { id: number } } })),
    enabled: valid,
  });
  if (!valid) return <Empty title={t("nothingMatches")} page />;
  return (
    <Loaded query={letter} page head={<Head title={t("deadNo", { id })} />}>
      {(found) => <Found letter={found} />}
    </Loaded>
  );
}
