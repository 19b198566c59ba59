import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ApiError } from "../api/client";
import { errorText, PROBLEMS_KO, problemText } from "./problems";

test("every code the platform answers with has Korean words", () => {
  const source = "../crates/server/src/http/problem/code.rs";
  const codes = [...readFileSync(source, "utf8").matchAll(/^ {4}\w+ "([A-Z_]+)" \d{3} /gm)].map(
    (found) => found[1],
  );
  expect(codes.length).toBeGreaterThan(20);
  expect(Object.keys(PROBLEMS_KO).sort()).toEqual(codes.sort());
});

test("a code nobody knows keeps the server's words", () => {
  const problem = { code: "NOT_FOUND", message: "no such payment", status: 404 };
  expect(problemText(problem, "ko")).toBe("찾을 수 없어요.");
  expect(problemText(problem, "en")).toBe("no such payment");
  expect(problemText({ ...problem, code: "NEW" }, "ko")).toBe("no such payment");
  const errors = [{ field: "amount", code: "OUT_OF_RANGE", message: "is negative" }];
  const wrong = { code: "VALIDATION_ERROR", message: "a field is wrong", status: 400, errors };
  expect(problemText(wrong, "ko")).toBe("필드가 잘못됐어요: amount.");
  expect(errorText(new ApiError(404, problem), "ko")).toBe("찾을 수 없어요.");
  expect(errorText("lost", "ko")).toBe("lost");
});
