import { expect, it } from "vitest";
import { added, type CartLine, parse } from "./cart";

const line: CartLine = { slug: "mug-onki", color: "clay", option: "300", quantity: 2 };

it("adds up one variant and never passes the most that may be bought", () => {
  expect(added([], line)).toEqual([line]);
  expect(added([line], line)).toEqual([{ ...line, quantity: 4 }]);
  expect(added([{ ...line, quantity: 5 }], line)).toEqual([{ ...line, quantity: 5 }]);
  expect(added([line], { ...line, color: "navy" })).toHaveLength(2);
});

it("reads only what it could have written", () => {
  expect(parse(JSON.stringify([line]))).toEqual([line]);
  expect(parse('[{"slug":"x","color":"y","option":"z","quantity":99},7,null]')).toEqual([]);
  expect(parse("nonsense")).toEqual([]);
  expect(parse(null)).toEqual([]);
});
