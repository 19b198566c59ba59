/** Home, a category, a search: the same grid, filtered by its address. */
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Button, Skeleton, ui } from "../../ui/parts";
import { Failure } from "../../ui/states";
import { money } from "../../util/format";
import { useLang, useWords } from "../../util/i18n";
import { Drawing } from "../drawings";
import { closest, filtered, PRICES, type PriceRange, storages } from "../find";
import { CATEGORIES } from "../Layout";
import { type Product, productsQuery } from "../queries";
import type { Find } from "../router";
import s from "../store.module.css";
import { texts } from "../words";

function Tile({ product }: { product: Product }) {
  const t = useWords(texts);
  const lang = useLang();
  const price = money(product.price, "KRW", lang);
  const [color] = product.colors;
  return (
    <li className={s.tile}>
      <div className={s.tilePicture}>
        <Drawing kind={product.drawing} color={color?.hex ?? "none"} />
      </div>
      <p className={s.tileBrand}>{product.brand}</p>
      <h2 className={s.tileName}>
        <Link to="/p/$slug" params={{ slug: product.slug }}>
          {product.name[lang]}
        </Link>
      </h2>
      <p className={s.tileSummary}>{product.summary[lang]}</p>
      <p className={s.tilePrice}>{product.options.length > 1 ? t("from", { price }) : price}</p>
    </li>
  );
}

const WAY = ["api", "outbox", "published", "broker", "worker", "ledger"] as const;

/** The way every payment here takes, and the seal at its end. */
function HeroWay() {
  const t = useWords(texts);
  return (
    <ol className={s.heroWay} aria-label={t("flowTitle")}>
      {WAY.map((station) => (
        <li key={station}>
          <span aria-hidden="true">{station === "ledger" ? t("seal") : ""}</span>
          {t(`station_${station}`)}
        </li>
      ))}
    </ol>
  );
}

export function HomePage() {
  const t = useWords(texts);
  const lang = useLang();
  const navigate = useNavigate();
  const { category } = useParams({ strict: false }) as { category?: string };
  const find = useSearch({ strict: false }) as Find;
  const products = useQuery(productsQuery);
  const known = CATEGORIES.find((name) => name === category);
  const rows = products.data ? filtered(products.data, { ...find, category: known }) : [];
  const brands = [...new Set((products.data ?? []).map((product) => product.brand))];
  const sizes = storages(filtered(products.data ?? [], { category: known }));
  const isHome = !known && !find.q;
  const change = (next: Partial<Find>) =>
    void navigate({ to: ".", search: (before: Find) => ({ ...before, ...next }), replace: true } as never);
  const near = find.q && products.data ? closest(products.data, find.q, lang) : null;

  return (
    <>
      {isHome ? (
        <div className={s.hero}>
          <div>
            <h1>{t("headline")}</h1>
            <p className={s.lead}>{t("lead")}</p>
          </div>
          <HeroWay />
        </div>
      ) : (
        <h1 className={s.pageTitle}>
          {known ? t(known) : t("resultsFor", { q: find.q ?? "", n: rows.length })}
        </h1>
      )}
      <div className={s.filters} data-waiting={products.isPending}>
        <span className={s.count} role="status">
          {products.data ? t("results", { n: rows.length }) : "\u00a0"}
        </span>
        <label>
          <span>{t("brand")}</span>
          <select
            className={ui.input}
            value={find.brand ?? ""}
            onChange={(event) => change({ brand: event.target.value || undefined })}
          >
            <option value="">{t("any")}</option>
            {brands.map((brand) => (
              <option key={brand}>{brand}</option>
            ))}
          </select>
        </label>
        <label>
          <span>{t("priceFilter")}</span>
          <select
            className={ui.input}
            value={find.price ?? ""}
            onChange={(event) => change({ price: (event.target.value || undefined) as Find["price"] })}
          >
            <option value="">{t("any")}</option>
            {(Object.keys(PRICES) as PriceRange[]).map((range) => (
              <option key={range} value={range}>
                {t(`price_${range}`)}
              </option>
            ))}
          </select>
        </label>
        {sizes.length > 0 && (
          <label>
            <span>{t("storage")}</span>
            <select
              className={ui.input}
              value={find.storage ?? ""}
              onChange={(event) => change({ storage: event.target.value || undefined })}
            >
              <option value="">{t("any")}</option>
              {sizes.map(({ id, name }) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
            </select>
          </label>
        )}
        <label>
          <span>{t("sort")}</span>
          <select
            className={ui.input}
            value={find.sort ?? ""}
            onChange={(event) => change({ sort: (event.target.value || undefined) as Find["sort"] })}
          >
            <option value="">{t("sortDefault")}</option>
            <option value="low">{t("sortLow")}</option>
            <option value="high">{t("sortHigh")}</option>
          </select>
        </label>
      </div>
      {products.isPending && (
        <div className={s.grid} aria-busy="true">
          {Array.from({ length: 8 }, (_, index) => (
            <div key={index} className={s.tile}>
              <div className={s.tilePicture} />
              <Skeleton height={20} width="60%" />
              <Skeleton height={16} width="80%" />
            </div>
          ))}
        </div>
      )}
      {products.isError && <Failure error={products.error} retry={() => void products.refetch()} />}
      {products.data && rows.length === 0 && (
        <div className={s.nothing}>
          <p>{find.q ? t("nothing", { q: find.q }) : t("nothingFilter")}</p>
          {near && (
            <Link to="/search" search={{ q: near }}>
              {t("tryInstead", { q: near })}
            </Link>
          )}
          <Button
            onClick={() =>
              change({
                brand: undefined,
                price: undefined,
                storage: undefined,
                sort: undefined,
                q: undefined,
              })
            }
          >
            {t("clearFilter")}
          </Button>
        </div>
      )}
      {rows.length > 0 && (
        <ul className={s.grid}>
          {rows.map((product) => (
            <Tile key={product.slug} product={product} />
          ))}
        </ul>
      )}
    </>
  );
}
