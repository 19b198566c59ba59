/** The named filters of the payments, each with how many there are now. What was not counted is not shown as if it were. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { api, data } from "../api/client";
import { useWords } from "../util/i18n";
import { type Counts, countOf, withoutStatus } from "./counts";
import { type PaymentQuery, parse, VIEWS, type View } from "./filter";
import s from "./find.module.css";
import { findTexts } from "./findWords";
import { cs } from "./parts";
import { texts } from "./words";

const EVERY_MS = 10_000;

/** How many payments are in each status, whatever the status asked for. */
export function usePaymentCounts(q: string) {
  const { status: _status, ...query }: PaymentQuery = parse(withoutStatus(q)).query;
  return useQuery({
    queryKey: ["payments", "counts", query],
    queryFn: () => data(api.GET("/payments/counts", { params: { query } })),
    refetchInterval: EVERY_MS,
  });
}

interface Props {
  q: string;
  chosen: View;
  counts: Counts | undefined;
  isUnknown: boolean;
  search: (next: { q: string | undefined; view: View | undefined }) => object;
}

export function PaymentViews({ q, chosen, counts, isUnknown, search }: Props) {
  const t = useWords(texts);
  const f = useWords(findTexts);
  return (
    <>
      <nav className={cs.views} aria-label={t("payTitle")}>
        {(Object.keys(VIEWS) as View[]).map((one) => (
          <Link
            key={one}
            to={"/console/payments" as never}
            search={
              search({
                q: withoutStatus(q) || undefined,
                view: one === "view_all" ? undefined : one,
              }) as never
            }
            aria-current={one === chosen ? "page" : undefined}
            activeOptions={{ exact: true }}
          >
            {t(one)} <span className={s.count}>{isUnknown ? "?" : counts ? countOf(counts, one) : ""}</span>
          </Link>
        ))}
      </nav>
      {isUnknown && (
        <p className={cs.help} role="status">
          {f("countsUnknown")}
        </p>
      )}
      {!isUnknown && counts && !counts.complete && <p className={cs.help}>{f("countsNewest")}</p>}
    </>
  );
}
