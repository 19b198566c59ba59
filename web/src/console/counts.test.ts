import { expect, it } from "vitest";
import { type Counts, countOf, withoutStatus } from "./counts";

const counts = (complete: boolean): Counts => ({
  counts: [
    { status: "AUTHORIZED", count: 1200 },
    { status: "PARTIALLY_CAPTURED", count: 34 },
    { status: "CAPTURED", count: 7 },
    { status: "DECLINED", count: 0 },
  ],
  complete,
});

it("sums the statuses of a view", () => {
  expect(countOf(counts(true), "view_open")).toBe("1,234");
  expect(countOf(counts(true), "view_done")).toBe("7");
  expect(countOf(counts(true), "view_failed")).toBe("0");
  expect(countOf(counts(true), "view_all")).toBe("1,241");
});

it("says that there may be more where not all were counted", () => {
  expect(countOf(counts(false), "view_open")).toBe("1,234+");
  expect(countOf(counts(false), "view_failed")).toBe("0+");
});

it("counts whatever the status that is asked for", () => {
  expect(withoutStatus("merchant:M1 status:CAPTURED amount:>5")).toBe("merchant:M1 amount:>5");
});
