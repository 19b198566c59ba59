/** A receipt that prints line by line as facts arrive, and is sealed when the ledger has it. Nothing is on it before it is true. */
import type { Schemas } from "../api/client";
import { Icon } from "../ui/icons";
import { useAccountName } from "../util/accounts";
import { amount, duration, grouped, time } from "../util/format";
import { useLang, useWords } from "../util/i18n";
import { planText } from "./pages/Checkout";
import type { Order } from "./queries";
import "./receipt.css";
import s from "./store.module.css";
import { texts } from "./words";

type TextKey = keyof (typeof texts)["ko"];

function Seal({ label }: { label: string }) {
  return (
    <div className={s.seal} role="img" aria-label={label} data-long={label.length > 2}>
      <span aria-hidden="true">{label}</span>
    </div>
  );
}

interface ReceiptProps {
  order: Order;
  steps: Schemas["FlowStep"][];
  entries: Schemas["JournalEntry"][];
  posted: boolean;
}

export function Receipt({ order, steps, entries, posted }: ReceiptProps) {
  const t = useWords(texts);
  const lang = useLang();
  const nameOf = useAccountName();
  const done = steps.filter((step) => step.state === "done");
  const postings = entries.flatMap((entry) => entry.postings).filter((posting) => posting.layer === "POSTED");
  return (
    <section className={s.receipt} aria-label={t("receipt")}>
      <h2>{t("receipt")}</h2>
      <p className={s.receiptShop}>SWElite {t("name")}</p>
      <dl>
        <dt>{t("orderNo")}</dt>
        <dd>{order.orderNo}</dd>
        <dt>{t("receiptDate")}</dt>
        <dd>{time(order.createdAt, "seoul", false)}</dd>
        <dt>{t("paymentId")}</dt>
        <dd>{order.paymentId}</dd>
      </dl>
      <table>
        <tbody>
          {order.lines.map((line) => (
            <tr key={`${line.slug}/${line.color}/${line.option}`}>
              <th scope="row">
                {line.name[lang]}
                <br />
                <small>
                  {line.variant[lang]} ×&nbsp;{line.quantity}
                </small>
              </th>
              <td>{grouped(line.amount)}</td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">{t("total")}</th>
            <td>{grouped(order.totalAmount)}</td>
          </tr>
        </tfoot>
      </table>
      <p className={s.receiptPlan}>{planText(t, lang, order.totalAmount, order.instalmentMonths)}</p>
      <ul className={s.facts}>
        {done.map((step) => (
          <li key={step.station}>
            <span>{t(`station_${step.station}` as TextKey)}</span>
            <span>
              {step.durationUs == null ? (
                <Icon name="check" size={13} />
              ) : (
                `+${duration(step.durationUs / 1000, lang)}`
              )}
            </span>
          </li>
        ))}
      </ul>
      {posted && postings.length > 0 && (
        <table className={s.postings}>
          <thead>
            <tr>
              <th scope="col">{t("debit")}</th>
              <th scope="col">{t("credit")}</th>
              <th scope="col">KRW</th>
            </tr>
          </thead>
          <tbody>
            {postings.map((posting, index) => (
              <tr key={`${posting.debit.code}-${posting.credit.code}-${index}`}>
                <td>{nameOf(posting.debit.name)}</td>
                <td>{nameOf(posting.credit.name)}</td>
                <td>{amount(posting.amount, posting.currency)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <p className={s.receiptEnd}>{t("thanks")}</p>
      {posted && <Seal label={t("seal")} />}
    </section>
  );
}
