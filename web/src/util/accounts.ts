/** What the ledger's accounts are called; the same on a receipt and in the console. */
import { useLang, words } from "./i18n";

export const accounts = words(
  {
    cash: "현금",
    acquirer_receivable: "매입사 미수금",
    acquirer_in_transit: "매입사 입금 대기",
    merchant_receivable: "가맹점 미수금",
    input_vat: "부가세 대급금",
    suspense: "가계정",
    merchant_pending: "가맹점 정산 예정금",
    merchant_available: "가맹점 지급 가능액",
    merchant_reserve: "가맹점 유보금",
    payout_in_transit: "지급 중",
    output_vat: "부가세 예수금",
    equity: "자본",
    processing_fee_income: "결제 수수료 수익",
    refund_fee_income: "환불 수수료 수익",
    chargeback_fee_income: "이의제기 수수료 수익",
    acquirer_cost: "매입사 수수료",
    merchant_default: "가맹점 대손",
    chargeback_loss: "이의제기 손실",
  },
  {
    cash: "Cash",
    acquirer_receivable: "Acquirer receivable",
    acquirer_in_transit: "Acquirer in transit",
    merchant_receivable: "Merchant receivable",
    input_vat: "Input VAT",
    suspense: "Suspense",
    merchant_pending: "Merchant pending",
    merchant_available: "Merchant available",
    merchant_reserve: "Merchant reserve",
    payout_in_transit: "Payout in transit",
    output_vat: "Output VAT",
    equity: "Equity",
    processing_fee_income: "Processing fee income",
    refund_fee_income: "Refund fee income",
    chargeback_fee_income: "Chargeback fee income",
    acquirer_cost: "Acquirer cost",
    merchant_default: "Merchant default",
    chargeback_loss: "Chargeback loss",
  },
);

/** An account's name for people; one that is not known here is shown as the books spell it. */
export function useAccountName(): (name: string) => string {
  const known: Record<string, string> = accounts[useLang()];
  return (name) => known[name] ?? name;
}
