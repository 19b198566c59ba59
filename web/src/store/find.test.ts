import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { closest, filtered, PRICES, type PriceRange, storages } from "./find";
import type { Product } from "./queries";

const products = JSON.parse(
  readFileSync("../crates/server/src/http/shop/catalogue.json", "utf8"),
) as Product[];

it("finds by name in both languages, whatever the spaces", () => {
  expect(filtered(products, { q: "갤럭시" }).every((product) => product.brand === "Samsung")).toBe(true);
  expect(filtered(products, { q: "갤럭시" })).toHaveLength(3);
  expect(filtered(products, { q: "iphone17" }).map((product) => product.slug)).toEqual([
    "iphone-17-pro",
    "iphone-17",
  ]);
  expect(filtered(products, { category: "living" })).toHaveLength(3);
});

it("sorts by price both ways", () => {
  const low = filtered(products, { sort: "low" }).map((product) => product.price);
  expect(low).toEqual([...low].sort((a, b) => a - b));
  expect(filtered(products, { sort: "high" })[0]?.slug).toBe("iphone-17-pro");
});

it("has every product in exactly one range of prices", () => {
  const ranges = Object.keys(PRICES) as PriceRange[];
  const found = ranges.flatMap((price) => filtered(products, { price }).map(({ slug }) => slug));
  expect(found.sort()).toEqual(products.map(({ slug }) => slug).sort());
  expect(ranges.every((price) => filtered(products, { price }).length > 0)).toBe(true);
});

it("finds by what can be stored, and offers only what can", () => {
  expect(storages(products).map(({ name }) => name)).toEqual(["128GB", "256GB", "512GB", "1TB"]);
  expect(filtered(products, { storage: "128" }).map(({ slug }) => slug)).toEqual([
    "ipad-air-13",
    "galaxy-tab-s11",
  ]);
  expect(storages(filtered(products, { category: "living" }))).toEqual([]);
});

it("knows what somebody may have meant", () => {
  expect(closest(products, "아이펀", "ko")).toBe("아이폰");
  expect(closest(products, "galxy", "en")).toBe("Galaxy");
  expect(closest(products, "zzzzzz", "en")).toBeNull();
});
