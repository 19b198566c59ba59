import { expect, it } from "vitest";
import { concerns } from "./fresh";

const event = { envelope: { merchantId: "M1", currency: "KRW", orderId: "o-1" } };

it("lets an event stir only the lists it may be in", () => {
  expect(concerns(event, {})).toBe(true);
  expect(concerns(event, { merchantId: "M1", currency: "KRW", orderId: "o-1" })).toBe(true);
  expect(concerns(event, { merchantId: "M2" })).toBe(false);
  expect(concerns(event, { currency: "USD" })).toBe(false);
  expect(concerns(event, { orderId: "o-2" })).toBe(false);
  expect(concerns(event, { status: ["DECLINED"] })).toBe(true);
});
