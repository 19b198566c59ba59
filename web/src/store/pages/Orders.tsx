/** This shopper's orders. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect } from "react";
import { Button, buttonClass } from "../../ui/parts";
import { Empty, Loaded } from "../../ui/states";
import { Status } from "../../ui/status";
import { common } from "../../ui/words";
import { money, time } from "../../util/format";
import { useLang, useWords } from "../../util/i18n";
import { Drawing } from "../drawings";
import { ORDER_VIEWS, type OrderView, ordersOf } from "../orderViews";
import { type Order, ordersQuery, productsQuery } from "../queries";
import s from "../store.module.css";
import { texts } from "../words";

function Row({ order }: { order: Order }) {
  const t = useWords(texts);
  const lang = useLang();
  const products = useQuery(productsQuery).data;
  const [first] = order.lines;
  const product = products?.find((one) => one.slug === first?.slug);
  const color = product?.colors.find((one) => one.id === first?.color)?.hex ?? "none";
  return (
    <li className={s.line}>
      <div className={s.linePicture}>{product && <Drawing kind={product.drawing} color={color} />}</div>
      <div className={s.lineText}>
        <Link to="/orders/$no" params={{ no: order.orderNo }}>
          {first?.name[lang] ?? order.orderNo}{" "}
          {order.lines.length > 1 && t("andMore", { n: order.lines.length - 1 })}
        </Link>
        <span>{t("orderedAt", { time: time(order.createdAt, "seoul", false) })}</span>
        <span className={s.mono}>{order.orderNo}</span>
      </div>
      <Status status={order.status} />
      <p className={s.lineAmount}>{money(order.totalAmount, "KRW", lang)}</p>
    </li>
  );
}

/** The orders that are asked for; what has not been read may hold more of them. */
function Shown({ orders, view, goesOn }: { orders: Order[]; view?: OrderView; goesOn: boolean }) {
  const t = useWords(texts);
  const found = ordersOf(orders, view);
  return (
    <>
      <nav className={s.categories} aria-label={t("ordersShow")}>
        {[undefined, ...ORDER_VIEWS].map((one) => (
          <Link
            key={one ?? "all"}
            to="/orders"
            search={{ show: one }}
            aria-current={one === view ? "page" : undefined}
            activeOptions={{ exact: true }}
          >
            {t(one ? `orders_${one}` : "all")}
          </Link>
        ))}
      </nav>
      {found.length === 0 ? (
        <Empty title={t(goesOn ? "ordersNoneSoFar" : "ordersNone")} />
      ) : (
        <ul className={s.lines}>
          {found.map((order) => (
            <Row key={order.orderNo} order={order} />
          ))}
        </ul>
      )}
    </>
  );
}

/** As many pages as an address may ask for. */
const PAGES_MAX = 40;

export function OrdersPage() {
  const t = useWords(texts);
  const c = useWords(common);
  const navigate = useNavigate();
  const { more, show } = useSearch({ strict: false }) as { more?: string; show?: OrderView };
  const orders = useInfiniteQuery(ordersQuery);
  const { hasNextPage, isFetching, isError, fetchNextPage } = orders;
  const read = orders.data?.pages.length ?? 0;
  const isBehind = read > 0 && read < Math.min(Number(more) || 1, PAGES_MAX) && hasNextPage;
  useEffect(() => {
    if (isBehind && !isFetching && !isError) void fetchNextPage();
  }, [isBehind, isFetching, isError, fetchNextPage]);
  const readMore = () => {
    void fetchNextPage();
    const search = { more: String(read + 1), show };
    void navigate({ to: "/orders", search, replace: true, resetScroll: false });
  };
  return (
    <>
      <h1 className={s.pageTitle}>{t("ordersTitle")}</h1>
      <Loaded query={orders} rows={4}>
        {({ pages }) =>
          pages[0]?.data.length === 0 ? (
            <Empty title={t("ordersEmpty")}>
              <Link to="/" className={buttonClass()}>
                {t("browse")}
              </Link>
            </Empty>
          ) : (
            <Shown orders={pages.flatMap((page) => page.data)} view={show} goesOn={hasNextPage} />
          )
        }
      </Loaded>
      {hasNextPage && (
        <p className={s.moreRow}>
          <Button disabled={isFetching} onClick={readMore}>
            {c(isFetching ? "loading" : "more")}
          </Button>
        </p>
      )}
    </>
  );
}
