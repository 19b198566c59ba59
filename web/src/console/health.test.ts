import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { inKorean } from "./health";

test("numbers stay where they belong, and what is unknown stays as it is", () => {
  expect(inKorean("3 events wait, the oldest for 12 s")).toBe("이벤트 3건이 기다려요. 가장 오래된 것은 12 s");
  expect(inKorean("something new")).toBe("something new");
});

test("every way in which a part is checked has its words", () => {
  const source = readFileSync("../crates/server/src/http/components.rs", "utf8");
  const told = [...source.matchAll(/how: "([^"]+)"/g)].map((match) => match[1] ?? "");
  expect(told.length).toBeGreaterThan(3);
  expect(told.filter((sentence) => inKorean(sentence) === sentence)).toEqual([]);
});
