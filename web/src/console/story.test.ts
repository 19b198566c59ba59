import { expect, it } from "vitest";
import { KINDS, kindsOf, kindsText, pressed } from "./story";

it("shows everything unless the address names kinds it knows", () => {
  expect(kindsOf(undefined)).toEqual(KINDS);
  expect(kindsOf("nonsense")).toEqual(KINDS);
  expect(kindsOf("act,nonsense,event")).toEqual(["event", "act"]);
});

it("comes back from the address as it went", () => {
  for (const kinds of [["event"], ["posted", "attempt"]] as const) {
    expect(kindsOf(kindsText([...kinds]))).toEqual(kinds);
  }
  expect(kindsText([...KINDS])).toBeUndefined();
  expect(kindsText([])).toBeUndefined();
});

it("narrows to the first that is pressed, then adds and takes away", () => {
  expect(pressed([...KINDS], "act")).toEqual(["act"]);
  expect(pressed(["act"], "event")).toEqual(["act", "event"]);
  expect(pressed(["act", "event"], "act")).toEqual(["event"]);
});
