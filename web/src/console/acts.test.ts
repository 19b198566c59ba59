import { expect, it } from "vitest";
import { type Payment, preview, whyNot } from "./acts";

const payment = {
  status: "AUTHORIZED",
  capturableAmount: 1000,
  refundableAmount: 0,
  capturedAmount: 0,
} as Payment;

it("says why an act is not possible", () => {
  expect([whyNot("capture", payment), whyNot("void", payment), whyNot("refund", payment)]).toEqual([
    null,
    null,
    "whyNoRefund",
  ]);
  const captured = { ...payment, status: "CAPTURED", capturableAmount: 0, refundableAmount: 1000 } as Payment;
  expect([whyNot("capture", captured), whyNot("void", captured), whyNot("refund", captured)]).toEqual([
    "whyNoCapture",
    "whyNoVoid",
    null,
  ]);
  const pending = { ...payment, pending: { operation: "capture", amount: 1, since: "" } } as Payment;
  expect(whyNot("capture", pending)).toBe("whyPending");
});

it("foresees what the ledger will hold", () => {
  expect(preview("capture", payment, 400, true)).toEqual([
    { layer: "HOLD", debit: "merchant_pending", credit: "acquirer_receivable", amount: 1000 },
    { layer: "POSTED", debit: "acquirer_receivable", credit: "merchant_pending", amount: 400 },
  ]);
  expect(preview("capture", payment, 400, false)[0]?.amount).toBe(400);
  expect(preview("void", payment, 0, true)).toHaveLength(1);
  expect(preview("refund", payment, 7, false)).toEqual([
    { layer: "POSTED", debit: "merchant_pending", credit: "acquirer_receivable", amount: 7 },
  ]);
});
