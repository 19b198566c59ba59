/** A list as a file: everything its filter admits, page by page, as it is asked for on the page itself. */
import { useState } from "react";
import { Button } from "../ui/parts";
import { errorText } from "../ui/problems";
import { type Cell, csv, download } from "../util/csv";
import { useLang, useWords } from "../util/i18n";
import { collect } from "./collect";
import { cs, type PageOf } from "./parts";
import { texts } from "./words";

const ROWS_MAX = 10_000;

export function Export<T, P extends PageOf<T>>({
  name,
  header,
  read,
  lines,
}: {
  name: string;
  header: string[];
  read: (cursor: string | undefined) => Promise<P>;
  lines: (pages: P[]) => Cell[][];
}) {
  const t = useWords(texts);
  const lang = useLang();
  const [count, setCount] = useState<number | null>(null);
  const [said, setSaid] = useState("");
  const run = async () => {
    setCount(0);
    setSaid("");
    try {
      const { pages, isWhole } = await collect<T, P>(read, ROWS_MAX, setCount);
      const rows = lines(pages).slice(0, ROWS_MAX);
      download(`${name}.csv`, csv(header, rows));
      setSaid(t(isWhole ? "exported" : "exportMax", { n: rows.length }));
    } catch (error) {
      setSaid(errorText(error, lang));
    } finally {
      setCount(null);
    }
  };
  return (
    <>
      <span role="status" className={cs.lead}>
        {count === null ? said : t("exporting", { n: count })}
      </span>
      <Button
        data-key="export"
        size="small"
        icon="download"
        disabled={count !== null}
        onClick={() => void run()}
      >
        {t("exportCsv")}
      </Button>
    </>
  );
}
