import { expect, test } from "vitest";
import { hasMoved, running, type Statement } from "./statement";

function line(amount: number, currency = "KRW") {
  const account = { code: 2100, name: "merchant_pending", owner: "M1", currency };
  return {
    entryId: "0-1",
    line: 0,
    paymentId: 1,
    topic: "payment.captured",
    account,
    counterpart: account,
    amount,
    occurredAt: "2026-11-28T00:00:00Z",
  };
}

const closing = [
  { currency: "KRW", debit: 400, credit: 1000, balance: 600 },
  { currency: "USD", debit: 0, credit: 5, balance: 5 },
];

test("a balance runs back through pages, by currency, on the side where the account stands", () => {
  const pages: Statement[] = [
    { normalSide: "credit", closing, data: [line(400), line(-5, "USD")], nextCursor: "x" },
    { normalSide: "credit", data: [line(-1000)], nextCursor: null },
  ];
  expect(running(pages).rows.map((row) => row.balance)).toEqual([600, 5, 1000]);
  expect(running(pages).before).toEqual([
    { currency: "KRW", balance: 0 },
    { currency: "USD", balance: 0 },
  ]);
  expect(hasMoved(pages)).toBe(false);
  const debit: Statement = {
    normalSide: "debit",
    closing: [{ currency: "KRW", debit: 10, credit: 3, balance: 7 }],
    data: [line(-3), line(10)],
    nextCursor: null,
  };
  expect(running([debit]).rows.map((row) => row.balance)).toEqual([7, 10]);
});

test("a posting that slipped in further down is noticed at the end, not before", () => {
  const page: Statement = { normalSide: "credit", closing, data: [line(400), line(-1000)], nextCursor: "x" };
  expect(hasMoved([page])).toBe(false);
  expect(hasMoved([{ ...page, nextCursor: null }])).toBe(true);
});
