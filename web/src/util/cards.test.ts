import { expect, it } from "vitest";
import { expiryIsValid, luhn, spaced, TEST_CARDS, tokenOf } from "./cards";

it("knows every test card by its number, and only those", () => {
  for (const card of TEST_CARDS) {
    const expected = card.token ? { token: card.token } : { problem: "number" };
    expect(tokenOf(spaced(card.number)), card.id).toEqual(expected);
    expect(luhn(card.number), card.id).toBe(card.token !== "");
  }
});

it("refuses a number that could be somebody’s", () => {
  expect(tokenOf("5555 5555 5555 4444")).toEqual({ problem: "real" });
  expect(tokenOf("4242")).toEqual({ problem: "number" });
  expect(tokenOf("")).toEqual({ problem: "number" });
});

it("reads an expiry date until the end of its month", () => {
  const now = new Date(2026, 10, 22);
  expect(["11/26", "12 / 30", "10/26", "13/30", "1/30", ""].map((text) => expiryIsValid(text, now))).toEqual([
    true,
    true,
    false,
    false,
    false,
    false,
  ]);
});
