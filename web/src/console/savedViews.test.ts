import { expect, it } from "vitest";
import { readViews, withView } from "./savedViews";

it("reads what it wrote, and takes nothing else for a view", () => {
  const views = [{ name: "큰 금액", search: "q=amount%3A%3E1000000" }];
  expect(readViews(JSON.stringify(views))).toEqual(views);
  for (const wrong of [null, "", "{", "17", '{"name":"x"}', '[null, {"name":"x"}, 3]']) {
    expect(readViews(wrong)).toEqual([]);
  }
});

it("keeps one view of a name, and the latest twenty", () => {
  const [a, b, c] = [
    { name: "a", search: "q=1" },
    { name: "b", search: "q=2" },
    { name: "a", search: "q=3" },
  ];
  expect(withView([a, b], c)).toEqual([b, c]);
  let views = [a];
  for (let n = 0; n < 30; n += 1) views = withView(views, { name: `n${n}`, search: "" });
  expect(views).toHaveLength(20);
  expect(views.at(-1)?.name).toBe("n29");
});
