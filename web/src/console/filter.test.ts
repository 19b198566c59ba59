import { expect, it } from "vitest";
import { parse } from "./filter";

it("reads each condition into what the API asks", () => {
  expect(parse("status:captured,VOIDED merchant:M123 order:0001-AB currency:krw").query).toEqual({
    status: ["CAPTURED", "VOIDED"],
    merchantId: "M123",
    orderId: "0001-AB",
    currency: "KRW",
  });
  expect(parse("amount:>1000").query).toEqual({ amountMin: 1001 });
  expect(parse("amount:<=5").query).toEqual({ amountMax: 5 });
  expect(parse("amount:7").query).toEqual({ amountMin: 7, amountMax: 7 });
  expect(parse("amount:1..9").query).toEqual({ amountMin: 1, amountMax: 9 });
});

it("begins and ends days in Seoul, the last day included", () => {
  expect(parse("created:2026-11-01..2026-11-22").query).toEqual({
    createdFrom: "2026-10-31T15:00:00.000Z",
    createdTo: "2026-11-22T15:00:00.000Z",
  });
  expect(parse("created:2026-11-01").query.createdTo).toBe("2026-11-01T15:00:00.000Z");
});

it("asks about the last change as it does about the creation, to the minute and with open ends", () => {
  expect(parse("updated:2026-11-01..2026-11-22").query).toEqual({
    updatedFrom: "2026-10-31T15:00:00.000Z",
    updatedTo: "2026-11-22T15:00:00.000Z",
  });
  expect(parse("created:2026-11-01T09:30..").query).toEqual({ createdFrom: "2026-11-01T00:30:00.000Z" });
  expect(parse("updated:..2026-11-01T09:30").query).toEqual({ updatedTo: "2026-11-01T00:31:00.000Z" });
  expect(parse("created:2026-11-01T09:30:15").query).toEqual({
    createdFrom: "2026-11-01T00:30:15.000Z",
    createdTo: "2026-11-01T00:30:16.000Z",
  });
  const wrong = ["created:..", "created:2026-13-01", "updated:2026-11-01T9:3", "updated:..today"];
  expect(parse(wrong.join(" "))).toEqual({ query: {}, unknown: wrong, payment: null });
});

it("names what it does not understand instead of ignoring it", () => {
  const { unknown, query } = parse("colour:red status:HAPPY amount:many created:today x");
  expect(unknown).toEqual(["colour:red", "status:HAPPY", "amount:many", "created:today", "x"]);
  expect(query).toEqual({});
});

it("takes a bare number for a payment", () => {
  expect(parse("#184467").payment).toBe(184467);
  expect(parse("12").payment).toBe(12);
});
