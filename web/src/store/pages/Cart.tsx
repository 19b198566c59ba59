/** The cart. What it costs is the server's word. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useState } from "react";
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

function Lines({ quote, lines }: { quote: Quote; lines: CartLine[] }) {
  const t = useWords(texts);
  const lang = useLang();
  const products = useQuery(productsQuery).data ?? [];
  const [removed, setRemoved] = useState<{ line: CartLine; at: number; name: string } | null>(null);
  useEffect(() => {
    if (!removed) return;
    const timer = setTimeout(() => setRemoved(null), UNDO_MS);
    return () => clearTimeout(timer);
  }, [removed]);
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
                  if (mine) setRemoved({ line: mine, at: index, name: line.name[lang] });
                  writeCart(lines.filter((_, at) => at !== index));
                }}
              />
            </li>
          );
        })}
      </ul>
      {removed && (
        <div className={s.undo} role="status">
          <span>{t("removed", { name: removed.name })}</span>
          <Button
            size="small"
            onClick={() => {
              writeCart(lines.toSpliced(removed.at, 0, removed.line));
              setRemoved(null);
            }}
          >
            {t("undo")}
          </Button>
        </div>
      )}
    </div>
  );
}

export function CartPage() {
  const t = useWords(texts);
  const lines = useCart();
  const quote = useQuery(quoteQuery(lines));
  return (
    <>
      <h1 className={s.pageTitle}>{t("cartTitle")}</h1>
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
              <Lines quote={priced} lines={lines} />
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
