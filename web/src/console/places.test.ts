import { expect, test } from "vitest";
import { found } from "./places";
import { rowAfter } from "./shortcuts";

const places = [
  { to: "/console/payments", name: "결제" },
  { to: "/console/ledger", name: "원장 탐색" },
];
const find = (text: string) => found(places, text, (id) => `결제 ${id}`).map((place) => place.to);

test("a few letters of the name or the address find a place; nothing typed lists all", () => {
  expect(find("원장")).toEqual(["/console/ledger"]);
  expect(find("PAY")).toEqual(["/console/payments"]);
  expect(find("")).toHaveLength(2);
  expect(find("nothing")).toEqual([]);
});

test("a number is a payment", () => {
  expect(find("#184467")).toEqual(["/console/payments/184467"]);
  expect(find(" 12 ")).toEqual(["/console/payments/12"]);
});

test("moving between rows begins at an end and stops at the ends", () => {
  expect([rowAfter(-1, 3, 1), rowAfter(-1, 3, -1), rowAfter(2, 3, 1), rowAfter(0, 3, -1)]).toEqual([
    0, 2, 2, 0,
  ]);
  expect(rowAfter(-1, 0, 1)).toBe(-1);
});
