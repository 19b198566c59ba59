import { expect, it } from "vitest";
import { STATUSES } from "../ui/status";
import { isOrderView, ORDER_VIEWS, ordersOf } from "./orderViews";

it("puts each order into exactly one view", () => {
  const orders = STATUSES.map((status) => ({ status }));
  const split = ORDER_VIEWS.flatMap((view) => ordersOf(orders, view));
  expect(split).toHaveLength(orders.length);
  expect(new Set(split).size).toBe(orders.length);
  expect(ordersOf(orders, undefined)).toEqual(orders);
  expect(ordersOf(orders, "refunded").map(({ status }) => status)).toEqual([
    "PARTIALLY_REFUNDED",
    "REFUNDED",
  ]);
});

it("knows its views by name", () => {
  expect([isOrderView("paid"), isOrderView("toString"), isOrderView(undefined)]).toEqual([
    true,
    false,
    false,
  ]);
});
