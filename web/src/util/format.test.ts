import { expect, it } from "vitest";
import { ago, amount, away, duration, grouped, instalments, money, time } from "./format";

it("groups by thousands and writes a real minus", () => {
  expect([0, 999, 1000, 1_690_000, -1_690_000].map(grouped)).toEqual([
    "0",
    "999",
    "1,000",
    "1,690,000",
    "−1,690,000",
  ]);
  expect(grouped(123456789012345678901n)).toBe("123,456,789,012,345,678,901");
});

it("writes as many decimals as the currency has", () => {
  expect([amount(1234, "USD"), amount(5, "USD"), amount(-1234, "KWD"), amount(1234, "KRW")]).toEqual([
    "12.34",
    "0.05",
    "−1.234",
    "1,234",
  ]);
  expect([money(1_690_000, "KRW", "ko"), money(1_690_000, "KRW", "en"), money(-5, "KRW", "ko")]).toEqual([
    "1,690,000원",
    "₩1,690,000",
    "−5원",
  ]);
});

it("shows a time in Seoul and in UTC in the same form", () => {
  expect(time("2026-11-22T08:15:03.412Z")).toBe("2026-11-22 17:15:03.412 KST");
  expect(time("2026-11-22T20:15:03.412Z", "utc", false)).toBe("2026-11-22 20:15:03 UTC");
});

it("says durations the way people do", () => {
  expect([0.25, 4.1, 38, 1240, 182_000, 90_061_000].map((ms) => duration(ms, "ko"))).toEqual([
    "0.25 ms",
    "4.1 ms",
    "38 ms",
    "1.2초",
    "3분 2초",
    "1일 1시간",
  ]);
  expect(ago("2026-01-01T00:00:00Z", Date.parse("2026-01-01T00:03:10Z"), "en")).toBe("3m ago");
});

it("gives the remainder of instalments to the first month", () => {
  const { first, later } = instalments(1_690_000, 3);
  expect([first, later, first + later * 2]).toEqual([563_334, 563_333, 1_690_000]);
  for (const months of [2, 3, 6, 7, 24]) {
    const plan = instalments(999_999, months);
    expect(plan.first + plan.later * (months - 1)).toBe(999_999);
  }
});

it("says how far away a moment is on either side of now", () => {
  const now = Date.parse("2026-01-01T00:00:00Z");
  expect(away("2025-12-31T23:57:00Z", now, "ko")).toBe("3분 전");
  expect(away("2026-01-01T00:00:01Z", now, "ko")).toBe("방금");
  expect(away("2026-01-07T01:00:00Z", now, "ko")).toBe("6일 뒤");
  expect(away("2026-01-01T02:30:00Z", now, "en")).toBe("in 2h");
});
