/** Which of a payment's times is asked about, and from when to when. Both stand in the address, and in words above the list. */
import { Link } from "@tanstack/react-router";
import { type FormEvent, useId } from "react";
import { Button, ui } from "../ui/parts";
import { useWords } from "../util/i18n";
import s from "./find.module.css";
import { findTexts } from "./findWords";
import { type Basis, daysOf, lastDays, type Span, spanOf, withBasis, withSpan } from "./period";

/** Years have four digits. */
const LAST = "9999-12-31";

interface Found {
  q: string | undefined;
  by: Basis | undefined;
}

interface Props {
  q: string;
  basis: Basis;
  /** The address of the list when it is asked about another time. */
  search: (next: Found) => object;
  onChange: (next: Found) => void;
}

/** An address only says what the text does not. */
function found(q: string, basis: Basis): Found {
  return { q: q || undefined, by: basis === "updated" ? basis : undefined };
}

function Spans({ q, basis, search }: Omit<Props, "onChange">) {
  const t = useWords(findTexts);
  const now = Date.now();
  const chosen = spanOf(q, basis);
  const none: Span = { from: "", to: "" };
  const spans: [string, Span][] = [
    [t("today"), lastDays(1, now)],
    [t("week"), lastDays(7, now)],
    [t("month"), lastDays(30, now)],
    [t("anytime"), none],
  ];
  return (
    <nav className={s.spans} aria-label={t("period")}>
      {spans.map(([name, span]) => {
        const isChosen = span.from === (chosen?.from ?? "") && span.to === (chosen?.to ?? "");
        return (
          <Link
            key={name}
            to={"/console/payments" as never}
            search={search(found(withSpan(q, basis, span), basis)) as never}
            aria-current={isChosen ? "true" : undefined}
            activeOptions={{ exact: true }}
            activeProps={{}}
          >
            {name}
          </Link>
        );
      })}
    </nav>
  );
}

export function Period({ q, basis, search, onChange }: Props) {
  const t = useWords(findTexts);
  const id = useId();
  const days = daysOf(spanOf(q, basis));
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const day = (name: string) => String(form.get(name) ?? "");
    onChange(found(withSpan(q, basis, { from: day("from"), to: day("to") }), basis));
  };
  return (
    <form className={s.period} onSubmit={submit}>
      <span>
        <label htmlFor={`${id}-basis`}>{t("basis")}</label>
        <select
          id={`${id}-basis`}
          className={ui.input}
          value={basis}
          onChange={(event) => {
            const next: Basis = event.target.value === "updated" ? "updated" : "created";
            onChange(found(withBasis(q, next), next));
          }}
        >
          <option value="created">{t("created")}</option>
          <option value="updated">{t("updated")}</option>
        </select>
      </span>
      {(["from", "to"] as const).map((end) => (
        <span key={end}>
          <label htmlFor={`${id}-${end}`}>{t(end)}</label>
          <input
            key={days[end]}
            id={`${id}-${end}`}
            className={ui.input}
            type="date"
            name={end}
            max={LAST}
            defaultValue={days[end]}
          />
        </span>
      ))}
      <Button type="submit" size="small">
        {t("apply")}
      </Button>
      <Spans q={q} basis={basis} search={search} />
    </form>
  );
}

/** Says which time the list is about. */
export function PeriodSaid({ q, basis }: { q: string; basis: Basis }) {
  const t = useWords(findTexts);
  const span = spanOf(q, basis);
  if (!span) return <>{t(`saidAll_${basis}`)}</>;
  const { from, to } = span;
  const at = (text: string) => text.replace("T", " ");
  const period =
    from === to
      ? t("on", { at: at(from) })
      : from && to
        ? t("between", { from: at(from), to: at(to) })
        : from
          ? t("since", { at: at(from) })
          : t("until", { at: at(to) });
  return <>{t(`said_${basis}`, { period })}</>;
}
