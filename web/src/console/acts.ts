/** What an operator can do with a payment, whether it is possible now, and what it will post. The rules are the ledger's. */
import type { Schemas } from "../api/client";
import type { TextKey } from "./words";

export type Payment = Schemas["Payment"];
export type Act = "capture" | "void" | "refund";
export const ACTS: Act[] = ["capture", "void", "refund"];
export const ACT_WORDS: Record<Act, TextKey> = { capture: "doCapture", void: "doVoid", refund: "doRefund" };

/** Why an act is not possible now; `null` when it is. */
export function whyNot(act: Act, payment: Payment): TextKey | null {
  if (payment.pending) return "whyPending";
  if (act === "refund") return payment.refundableAmount > 0 ? null : "whyNoRefund";
  if (payment.status === "EXPIRED") return "whyExpired";
  if (act === "void") return payment.capturableAmount > 0 ? null : "whyNoVoid";
  return payment.capturableAmount > 0 ? null : "whyNoCapture";
}

export interface PreviewLine {
  layer: "POSTED" | "HOLD";
  debit: string;
  credit: string;
  amount: number;
}

/** The postings an act will cause, fees apart. */
export function preview(act: Act, payment: Payment, amount: number, final: boolean): PreviewLine[] {
  const [asset, liability] = ["acquirer_receivable", "merchant_pending"];
  if (act === "refund") return [{ layer: "POSTED", debit: liability, credit: asset, amount }];
  const released = act === "void" || final ? payment.capturableAmount : amount;
  const release: PreviewLine = { layer: "HOLD", debit: liability, credit: asset, amount: released };
  if (act === "void") return [release];
  return [release, { layer: "POSTED", debit: asset, credit: liability, amount }];
}

/** The body of the call. */
export function bodyOf(
  act: Act,
  payment: Payment,
  form: { amount: number; final: boolean; reason: string; key: string },
) {
  const base = { merchantId: payment.merchantId, idempotencyKey: form.key };
  if (act === "capture") {
    const why = form.reason ? { reason: form.reason } : {};
    return { ...base, amount: form.amount, final: form.final, ...why };
  }
  if (act === "void") return { ...base, reason: form.reason };
  return { ...base, amount: form.amount, reason: form.reason, expectedRefundable: payment.refundableAmount };
}

/** The same act on the command line. */
export function cliOf(
  act: Act,
  payment: Payment,
  form: { amount: number; reason: string; key: string },
): string {
  const quoted = (text: string) => `'${text.replaceAll("'", String.raw`'\''`)}'`;
  const parts = ["swelite", "pay", act, String(payment.paymentId), "--merchant", payment.merchantId];
  if (act !== "void") parts.push("--amount", String(form.amount));
  if (act !== "capture" && form.reason) parts.push("--reason", quoted(form.reason));
  parts.push("--key", form.key);
  return parts.join(" ");
}
