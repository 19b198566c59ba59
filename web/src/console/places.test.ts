import { expect, test } from "vitest";
import { found } from "./places";
import { rowAfter } from "./shortcuts";

const places = [
  { to: "/console/payments", name: "결제" },
  { to: "/console/ledger", name: "원장 탐색" },
];
const hits = (text: string) => found(places, text, (named, id) => `${named} ${id}`);
const find = (text: string) => hits(text).map((place) => place.to);

test("a few letters of the name or the address find a place; nothing typed lists all", () => {
  expect(find("원장")[0]).toBe("/console/ledger");
  expect(find("PAY")[0]).toBe("/console/payments");
  expect(find("")).toHaveLength(2);
  expect(find("not hing")).toEqual([]);
});

test("a number is a payment", () => {
  expect(find("#184467")).toEqual(["/console/payments/184467"]);
  expect(find(" 12 ")).toEqual(["/console/payments/12"]);
});

test("an entry and a request are found by their ids", () => {
  expect(find("0-17")).toEqual(["/console/ledger/entries/0-17"]);
  expect(find("req_7Q2M")).toEqual(["/dev/requests?request=req_7Q2M"]);
});

test("what may be a merchant or an order is looked for as such, a condition as it is written", () => {
  expect(find("M123")).toEqual(["/console/payments?q=merchant%3AM123", "/console/payments?q=order%3AM123"]);
  expect(find("주문-7")).toEqual(["/console/payments?q=order%3A%EC%A3%BC%EB%AC%B8-7"]);
  expect(find("status:CAPTURED amount:>5")).toEqual(["/console/payments?q=status%3ACAPTURED+amount%3A%3E5"]);
  expect(find("colour:red")).toEqual([]);
});

test("something to do is found by its name, not by where it is done", () => {
  const here = { to: "here 0", name: "환불", run: () => {} };
  const search = (text: string) => found([here], text, (named) => named).map((place) => place.name);
  expect(search("환")).toEqual(["환불"]);
  expect(search("here")).toEqual(["goMerchant", "goOrder"]);
});

test("moving between rows begins at an end and stops at the ends", () => {
  expect([rowAfter(-1, 3, 1), rowAfter(-1, 3, -1), rowAfter(2, 3, 1), rowAfter(0, 3, -1)]).toEqual([
    0, 2, 2, 0,
  ]);
  expect(rowAfter(-1, 0, 1)).toBe(-1);
});
