import { expect, it } from "vitest";
import { basisOf, daysOf, lastDays, spanOf, withBasis, withSpan } from "./period";

it("asks about the time the address names, else about the one in the text", () => {
  expect(basisOf("", undefined)).toBe("created");
  expect(basisOf("updated:2026-11-01", undefined)).toBe("updated");
  expect(basisOf("updated:2026-11-01 created:2026-11-01", undefined)).toBe("created");
  expect(basisOf("updated:2026-11-01", "created")).toBe("created");
  expect(basisOf("", "updated")).toBe("updated");
  expect(basisOf("", "nonsense")).toBe("created");
});

it("reads a span as it was typed, open ends too", () => {
  expect(spanOf("merchant:M1", "created")).toBeNull();
  expect(spanOf("created:2026-11-01", "created")).toEqual({ from: "2026-11-01", to: "2026-11-01" });
  expect(spanOf("created:2026-11-01..", "created")).toEqual({ from: "2026-11-01", to: "" });
  expect(spanOf("updated:..2026-11-22", "updated")).toEqual({ from: "", to: "2026-11-22" });
  expect(daysOf({ from: "2026-11-01T09:30", to: "2026-11-02" })).toEqual({ from: "", to: "2026-11-02" });
});

it("writes a span in place of the one before, the right way round", () => {
  const text = "merchant:M1 created:2026-11-01 status:CAPTURED";
  const span = { from: "2026-11-09", to: "2026-11-02" };
  expect(withSpan(text, "updated", span)).toBe("merchant:M1 status:CAPTURED updated:2026-11-02..2026-11-09");
  expect(withSpan(text, "created", { from: "2026-11-09", to: "" })).toBe(
    "merchant:M1 status:CAPTURED created:2026-11-09..",
  );
  expect(withSpan(text, "created", { from: "", to: "" })).toBe("merchant:M1 status:CAPTURED");
});

it("asks the same of the other time", () => {
  expect(withBasis("created:2026-11-01.. merchant:M1", "updated")).toBe("updated:2026-11-01.. merchant:M1");
  expect(withBasis("updated:2026-11-01", "updated")).toBe("updated:2026-11-01");
});

it("counts days in Seoul", () => {
  const lateInUtc = Date.parse("2026-11-27T15:30:00Z");
  expect(lastDays(1, lateInUtc)).toEqual({ from: "2026-11-28", to: "2026-11-28" });
  expect(lastDays(7, lateInUtc)).toEqual({ from: "2026-11-22", to: "2026-11-28" });
});
