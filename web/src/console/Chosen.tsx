/** Rows of a list that somebody chose, and what can be done with all of them. They are kept while more of the list is read. */
import { useCallback, useState } from "react";
import type { Schemas } from "../api/client";
import { Button, Copy } from "../ui/parts";
import { type Cell, csv, download } from "../util/csv";
import { money } from "../util/format";
import { useLang, useWords } from "../util/i18n";
import s from "./find.module.css";
import { findTexts } from "./findWords";

type Payment = Schemas["Payment"];

/** The chosen payments of one list: another `list` begins with none. */
export function useChosen(list: string) {
  const [chosen, setChosen] = useState<{ list: string; rows: Map<number, Payment> }>({
    list,
    rows: new Map(),
  });
  const rows = chosen.list === list ? chosen.rows : new Map<number, Payment>();
  const choose = useCallback(
    (some: Payment[], on: boolean) =>
      setChosen((before) => {
        const next = new Map(before.list === list ? before.rows : []);
        for (const row of some) {
          if (on) next.set(row.paymentId, row);
          else next.delete(row.paymentId);
        }
        return { list, rows: next };
      }),
    [list],
  );
  const forget = useCallback(() => setChosen({ list, rows: new Map() }), [list]);
  return { rows, choose, forget };
}

/** What they come to, each currency by itself. */
export function sums(rows: Payment[]): { currency: string; amount: number }[] {
  const found = new Map<string, number>();
  for (const { currency, amount } of rows) found.set(currency, (found.get(currency) ?? 0) + amount);
  return [...found].map(([currency, amount]) => ({ currency, amount }));
}

interface Props {
  rows: Payment[];
  header: string[];
  line: (row: Payment) => Cell[];
  onForget: () => void;
}

export function ChosenBar({ rows, header, line, onForget }: Props) {
  const t = useWords(findTexts);
  const lang = useLang();
  const cash = sums(rows).map(({ currency, amount }) => money(amount, currency, lang));
  const said = [t("chosen", { n: rows.length }), ...cash].join(" · ");
  return (
    <>
      <p className="visually-hidden" role="status">
        {rows.length > 0 ? said : ""}
      </p>
      {rows.length > 0 && (
        <section className={s.chosen} aria-label={t("chosenOf")}>
          <p>{said}</p>
          <Copy text={rows.map((row) => row.paymentId).join("\n")} label={t("copyIds")} />
          <Button
            size="small"
            icon="download"
            onClick={() => download("payments-chosen.csv", csv(header, rows.map(line)))}
          >
            {t("exportChosen")}
          </Button>
          <Button size="small" look="quiet" onClick={onForget}>
            {t("forget")}
          </Button>
        </section>
      )}
    </>
  );
}
