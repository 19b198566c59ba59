import { beforeEach, expect, test } from "vitest";
import { claimDrafts, dropDrafts, keepDrafts, noteDraft, takeDraft } from "./drafts";

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

test("what somebody had typed is gone when another one has signed in", () => {
  noteDraft("refund.7", "words");
  keepDrafts("park");
  claimDrafts("park");
  expect(sessionStorage.length).toBe(1);
  claimDrafts("kim");
  expect(sessionStorage.length).toBe(0);
  expect(takeDraft("refund.7", "park")).toBeUndefined();
});
