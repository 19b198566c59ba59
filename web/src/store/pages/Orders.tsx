/** This shopper's orders. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { buttonClass } from "../../ui/parts";
import { Empty, Loaded } from "../../ui/states";
import { Status } from "../../ui/status";
import { money, time } from "../../util/format";
import { useLang, useWords } from "../../util/i18n";
import { Drawing } from "../drawings";
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

export function OrdersPage() {
  const t = useWords(texts);
  const orders = useQuery(ordersQuery);
  return (
    <>
      <h1 className={s.pageTitle}>{t("ordersTitle")}</h1>
      <Loaded query={orders} rows={4}>
        {({ data: rows }) =>
          rows.length === 0 ? (
            <Empty title={t("ordersEmpty")}>
              <Link to="/" className={buttonClass()}>
                {t("browse")}
              </Link>
            </Empty>
          ) : (
            <ul className={s.lines}>
              {rows.map((order) => (
                <Row key={order.orderNo} order={order} />
              ))}
            </ul>
          )
        }
      </Loaded>
    </>
  );
}
