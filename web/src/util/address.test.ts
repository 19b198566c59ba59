import { expect, test } from "vitest";
import { parseSearch, stringifySearch } from "./address";

test("what stands in an address is text, whatever it looks like", () => {
  expect(parseSearch("?q=17&owner=true&key=null&tab=%22x%22")).toEqual({
    q: "17",
    owner: "true",
    key: "null",
    tab: '"x"',
  });
});

test("an address is written as it is read", () => {
  const search = { q: "status:CAPTURED amount:>10000", merchant: "0012", word: "아이폰 & +" };
  expect(parseSearch(stringifySearch(search))).toEqual(search);
  expect(stringifySearch({ owner: "true", gone: undefined, empty: "" })).toBe("?owner=true");
  expect(stringifySearch({})).toBe("");
});
