import { expect, it } from "vitest";
import { countedOf, groupsOf } from "./letters";

const COUNTS = [
  { state: "OPEN", errorType: "schema", count: 2 },
  { state: "OPEN", errorType: "refused", count: 300 },
  { state: "HELD", errorType: "schema", count: 5 },
];
const LETTERS = [
  { errorType: "refused", timestamp: "2026-11-22T09:00:00.000Z" },
  { errorType: "schema", timestamp: "2026-11-22T08:00:00.000Z" },
  { errorType: "schema", timestamp: "2026-11-22T07:00:00.000Z" },
];

it("counts all there are, not only those that were read", () => {
  expect(countedOf(COUNTS, {})).toBe(307);
  expect(countedOf(COUNTS, { state: "OPEN" })).toBe(302);
  expect(countedOf(COUNTS, { errorType: "schema" })).toBe(7);
  expect(countedOf(COUNTS, { state: "DISCARDED" })).toBe(0);
});

it("does not say when the first came of a kind it has not read to its end", () => {
  expect(groupsOf(COUNTS, LETTERS)).toEqual([
    { errorType: "refused", count: 300, first: null, last: "2026-11-22T09:00:00.000Z" },
    {
      errorType: "schema",
      count: 2,
      first: "2026-11-22T07:00:00.000Z",
      last: "2026-11-22T08:00:00.000Z",
    },
  ]);
  expect(groupsOf(COUNTS, [])[0]).toEqual({ errorType: "refused", count: 300, first: null, last: null });
});
