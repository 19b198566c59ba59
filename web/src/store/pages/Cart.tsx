/** The cart. What it costs is the server's word. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useCallback, useEffect, useRef, useState } from "react";
import { Button, buttonClass, IconButton, Notice } from "../../ui/parts";
import { Empty, Loaded } from "../../ui/states";
import { money } from "../../util/format";
import { useLang, useWords } from "../../util/i18n";
import { type CartLine, useCart, writeCart } from "../cart";
import { Drawing } from "../drawings";
import { productsQuery, type Quote, quoteQuery } from "../queries";
import s from "../store.module.css";
import { texts } from "../words";
import { Stepper } from "./Product";

const UNDO_MS = 8000;

export function Totals({ quote }: { quote: Quote }) {
  const t = useWords(texts);
  const lang = useLang();
  return (
    <dl className={s.totals}>
      <dt>{t("items")}</dt>
      <dd>{money(quote.itemsAmount, "KRW", lang)}</dd>
      <dt>{t("shipping")}</dt>
      <dd>{quote.shippingAmount === 0 ? t("free") : money(quote.shippingAmount, "KRW", lang)}</dd>
      <dt className={s.grand}>{t("total")}</dt>
      <dd className={s.grand}>{money(quote.totalAmount, "KRW", lang)}</dd>
    </dl>
  );
}

interface Removed {
  line: CartLine;
  at: number;
  name: string;
}

interface LinesProps {
  quote: Quote;
  lines: CartLine[];
  onRemoved: (removed: Removed) => void;
}

function Lines({ quote, lines, onRemoved }: LinesProps) {
  const t = useWords(texts);
  const lang = useLang();
  const products = useQuery(productsQuery).data ?? [];
  const change = (index: number, quantity: number) =>
    writeCart(lines.map((line, at) => (at === index ? { ...line, quantity } : line)));
  return (
    <div>
      <ul className={s.lines}>
        {quote.lines.map((line, index) => {
          const product = products.find((one) => one.slug === line.slug);
          const color = product?.colors.find((one) => one.id === line.color)?.hex ?? "none";
          const mine = lines[index];
          const changed = mine?.seen !== undefined && mine.seen !== line.unitAmount;
          return (
            <li key={`${line.slug}/${line.color}/${line.option}`} className={s.line}>
              <div className={s.linePicture}>
                {product && <Drawing kind={product.drawing} color={color} />}
              </div>
              <div className={s.lineText}>
                <Link
                  to="/p/$slug"
                  params={{ slug: line.slug }}
                  search={{ color: line.color, option: line.option }}
                >
                  {line.name[lang]}
                </Link>
                <span>{line.variant[lang]}</span>
                {changed && (
                  <Notice tone="warn">
                    {t("priceChanged", {
                      before: money(mine?.seen ?? 0, "KRW", lang),
                      after: money(line.unitAmount, "KRW", lang),
                    })}
                  </Notice>
                )}
                {!line.available && <Notice tone="bad">{t("lineUnavailable")}</Notice>}
              </div>
              <Stepper
                value={mine?.quantity ?? line.quantity}
                onChange={(quantity) => change(index, quantity)}
              />
              <p className={s.lineAmount}>{money(line.amount, "KRW", lang)}</p>
              <IconButton
                icon="trash"
                label={`${t("remove")}: ${line.name[lang]}`}
                onClick={() => {
                  if (mine) onRemoved({ line: mine, at: index, name: line.name[lang] });
                  writeCart(lines.filter((_, at) => at !== index));
                }}
              />
            </li>
          );
        })}
      </ul>
    </div>
  );
}

/** Brings back what was taken out last. It has the focus while it is there: the button that had it is gone. */
function Undo({ removed, onDone }: { removed: Removed; onDone: () => void }) {
  const t = useWords(texts);
  const lines = useCart();
  const button = useRef<HTMLDivElement>(null);
  useEffect(() => {
    button.current?.querySelector("button")?.focus();
    const timer = setTimeout(onDone, UNDO_MS);
    return () => clearTimeout(timer);
  }, [onDone]);
  return (
    <div className={s.undo} ref={button}>
      <span>{t("removed", { name: removed.name })}</span>
      <Button
        size="small"
        onClick={() => {
          writeCart(lines.toSpliced(removed.at, 0, removed.line));
          onDone();
        }}
      >
        {t("undo")}
      </Button>
    </div>
  );
}

export function CartPage() {
  const t = useWords(texts);
  const lines = useCart();
  const quote = useQuery(quoteQuery(lines));
  // Here, because nothing below outlives the last line.
  const [removed, setRemoved] = useState<Removed | null>(null);
  const [undos, setUndos] = useState(0);
  const title = useRef<HTMLHeadingElement>(null);
  const forget = useCallback(() => {
    if (document.activeElement?.closest(`.${s.undo}`)) title.current?.focus();
    setRemoved(null);
  }, []);
  const note = (one: Removed) => {
    setRemoved(one);
    setUndos(undos + 1);
  };
  return (
    <>
      <h1 className={s.pageTitle} ref={title} tabIndex={-1}>
        {t("cartTitle")}
      </h1>
      <div role="status">{removed && <Undo key={undos} removed={removed} onDone={forget} />}</div>
      {lines.length === 0 ? (
        <Empty title={t("cartEmpty")}>
          <Link to="/" className={buttonClass()}>
            {t("browse")}
          </Link>
        </Empty>
      ) : (
        <Loaded query={quote} rows={3}>
          {(priced) => (
            <div className={s.split}>
              <Lines quote={priced} lines={lines} onRemoved={note} />
              <aside className={s.side} aria-label={t("total")}>
                <Totals quote={priced} />
                {priced.available ? (
                  <Link to="/checkout" className={buttonClass("primary", "large", true)}>
                    {t("checkout")}
                  </Link>
                ) : (
                  <Button look="primary" size="large" wide disabledReason={t("lineUnavailable")}>
                    {t("checkout")}
                  </Button>
                )}
              </aside>
            </div>
          )}
        </Loaded>
      )}
    </>
  );
}
