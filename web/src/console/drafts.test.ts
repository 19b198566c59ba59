import { beforeEach, expect, test } from "vitest";
import { dropDrafts, keepDrafts, noteDraft, takeDraft } from "./drafts";

beforeEach(dropDrafts);

test("what was typed comes back once, and only to whoever typed it", () => {
  noteDraft("refund.7", { reason: "broken" });
  expect(takeDraft("refund.7", "park")).toBeUndefined();
  keepDrafts("park");
  noteDraft("refund.7", undefined);
  expect(takeDraft("refund.7", "kim")).toBeUndefined();
  expect(takeDraft("refund.7", undefined)).toBeUndefined();
  expect(takeDraft("refund.7", "park")).toEqual({ reason: "broken" });
  expect(takeDraft("refund.7", "park")).toBeUndefined();
});

test("a form that was left and a session that was ended on purpose leave nothing", () => {
  noteDraft("left", "x");
  noteDraft("left", undefined);
  noteDraft("open", "y");
  keepDrafts("park");
  expect(takeDraft("left", "park")).toBeUndefined();
  keepDrafts("park");
  dropDrafts();
  expect(takeDraft("open", "park")).toBeUndefined();
});
