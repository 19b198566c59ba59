/** One product: choose, see the exact price, put it in the cart. */
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { Icon } from "../../ui/icons";
import { Button, buttonClass, IconButton, Notice } from "../../ui/parts";
import { Empty, Loaded, Loading } from "../../ui/states";
import { instalments, money } from "../../util/format";
import { useLang, useWords } from "../../util/i18n";
import { added, QUANTITY_MAX, readCart, writeCart } from "../cart";
import { Drawing } from "../drawings";
import { closest } from "../find";
import { type Product, productsQuery } from "../queries";
import s from "../store.module.css";
import { texts } from "../words";

const PLANS = [2, 3, 6, 12, 24];

export function Stepper({ value, onChange }: { value: number; onChange: (value: number) => void }) {
  const t = useWords(texts);
  return (
    <fieldset className={s.stepper}>
      <legend className="visually-hidden">{t("quantity")}</legend>
      <IconButton icon="minus" label={t("less")} disabled={value <= 1} onClick={() => onChange(value - 1)} />
      <output>{value}</output>
      <IconButton
        icon="plus"
        label={t("moreOne")}
        disabled={value >= QUANTITY_MAX}
        onClick={() => onChange(value + 1)}
      />
    </fieldset>
  );
}

function Plans({ total }: { total: number }) {
  const t = useWords(texts);
  const lang = useLang();
  if (total < 50_000) return null;
  return (
    <details className={s.more}>
      <summary>{t("instalments")}</summary>
      <table className={s.plain}>
        <tbody>
          {PLANS.map((months) => {
            const plan = instalments(total, months);
            return (
              <tr key={months}>
                <th scope="row">{t("instalmentRow", { n: months })}</th>
                <td>{t("perMonth", { price: money(plan.later, "KRW", lang) })}</td>
                <td>
                  {plan.first !== plan.later && t("firstMonth", { price: money(plan.first, "KRW", lang) })}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </details>
  );
}

function Buy({ product }: { product: Product }) {
  const t = useWords(texts);
  const lang = useLang();
  const navigate = useNavigate();
  const chosen = useSearch({ strict: false }) as { color?: string; option?: string };
  const [quantity, setQuantity] = useState(1);
  const [note, setNote] = useState("");
  const color = product.colors.find((one) => one.id === chosen.color) ?? product.colors[0];
  const option = product.options.find((one) => one.id === chosen.option) ?? product.options[0];
  if (!color || !option) return null;
  const soldOut = (c: string, o: string) => product.soldOut.includes(`${c}/${o}`);
  const gone = soldOut(color.id, option.id);
  const unit = product.price + option.extra;
  const total = unit * quantity;
  const choose = (next: { color?: string; option?: string }) =>
    void navigate({
      to: "/p/$slug",
      params: { slug: product.slug },
      search: { color: color.id, option: option.id, ...next },
      replace: true,
    });
  const put = () => {
    writeCart(
      added(readCart(), { slug: product.slug, color: color.id, option: option.id, quantity, seen: unit }),
    );
    setNote(t("added", { name: product.name[lang] }));
  };
  return (
    <div className={s.product}>
      <div className={s.productPicture}>
        <Drawing kind={product.drawing} color={color.hex} />
      </div>
      <div className={s.buy}>
        <p className={s.tileBrand}>{product.brand}</p>
        <h1>{product.name[lang]}</h1>
        <p className={s.lead}>{product.summary[lang]}</p>
        <p className={s.price}>{money(unit, "KRW", lang)}</p>
        <fieldset className={s.choice}>
          <legend>
            {t("color")} <span>{color.name[lang]}</span>
          </legend>
          <div className={s.swatches}>
            {product.colors.map((one) => (
              <label key={one.id} className={s.swatch}>
                <input
                  type="radio"
                  name="color"
                  value={one.id}
                  checked={one.id === color.id}
                  onChange={() => choose({ color: one.id })}
                />
                <svg viewBox="0 0 28 28" width="28" height="28" aria-hidden="true">
                  <circle cx="14" cy="14" r="12" fill={one.hex} stroke="var(--line-strong)" />
                  {one.id === color.id && (
                    <path
                      d="m8.500 14.500 3.800 3.800 7.200-8"
                      fill="none"
                      stroke={dark(one.hex) ? "#fff" : "#191e28"}
                      strokeWidth="2"
                    />
                  )}
                </svg>
                <span>{one.name[lang]}</span>
              </label>
            ))}
          </div>
        </fieldset>
        <fieldset className={s.choice}>
          <legend>{t("option")}</legend>
          <div className={s.options}>
            {product.options.map((one) => (
              <label key={one.id} className={s.optionBox}>
                <input
                  type="radio"
                  name="option"
                  value={one.id}
                  checked={one.id === option.id}
                  onChange={() => choose({ option: one.id })}
                />
                <span>{one.name[lang]}</span>
                <small>
                  {soldOut(color.id, one.id)
                    ? t("soldOut")
                    : one.extra > 0
                      ? t("extra", { price: money(one.extra, "KRW", lang) })
                      : " "}
                </small>
              </label>
            ))}
          </div>
        </fieldset>
        <div className={s.buyRow}>
          <Stepper value={quantity} onChange={setQuantity} />
          <p className={s.total} aria-live="polite">
            <span className="visually-hidden">{t("priceNow", { price: "" })}</span>
            {money(total, "KRW", lang)}
          </p>
        </div>
        <div className={s.buyButtons}>
          <Button
            size="large"
            wide
            icon="cart"
            disabledReason={gone ? t("soldOutReason") : null}
            onClick={put}
          >
            {t("addToCart")}
          </Button>
          <Button
            size="large"
            wide
            look="primary"
            disabledReason={gone ? t("soldOutReason") : null}
            onClick={() => {
              put();
              void navigate({ to: "/checkout" });
            }}
          >
            {t("buyNow")}
          </Button>
        </div>
        {gone && <Notice tone="warn">{t("soldOutReason")}</Notice>}
        <p role="status" className={s.note}>
          {note && (
            <>
              {note} <Link to="/cart">{t("goCart")}</Link>
            </>
          )}
        </p>
        <p className={s.fine}>{t("stock", { n: product.stock })}</p>
        <p className={s.fine}>{t("delivery")}</p>
        <Plans total={total} />
        <section>
          <h2 className={s.small}>{t("specs")}</h2>
          <table className={s.plain}>
            <tbody>
              {product.specs.map((spec) => (
                <tr key={spec.name.en}>
                  <th scope="row">{spec.name[lang]}</th>
                  <td>{spec.value[lang]}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      </div>
    </div>
  );
}

/** Whether white can be read on it. */
function dark(hex: string): boolean {
  const parts = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
  const [r = 0, g = 0, b = 0] = parts;
  return r * 0.299 + g * 0.587 + b * 0.114 < 140;
}

function Waiting() {
  return (
    <div className={s.product}>
      <div className={s.productPicture} />
      <div className={s.buy}>
        <Loading rows={8} />
      </div>
    </div>
  );
}

export function ProductPage() {
  const t = useWords(texts);
  const lang = useLang();
  const { slug } = useParams({ strict: false }) as { slug: string };
  const products = useQuery(productsQuery);
  if (products.isPending) return <Waiting />;
  return (
    <Loaded query={products} page>
      {(all) => {
        const product = all.find((one) => one.slug === slug);
        if (product) return <Buy product={product} />;
        const near =
          closest(all, slug.replaceAll("-", " "), lang) ?? closest(all, slug.split("-")[0] ?? "", "en");
        return (
          <Empty title={t("noProduct")} page>
            {near && (
              <Link to="/search" search={{ q: near }}>
                {t("tryInstead", { q: near })}
              </Link>
            )}
            <Link to="/" className={buttonClass()}>
              <Icon name="back" /> {t("browse")}
            </Link>
          </Empty>
        );
      }}
    </Loaded>
  );
}
