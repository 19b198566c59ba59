/** Time passes without anybody drawing the page again. */
import { act, renderHook } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { useStill } from "./still";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("what stays the same is still so after its time, and what changes begins anew", () => {
  const { result, rerender } = renderHook(({ what }) => useStill(what, 2000), {
    initialProps: { what: "worker" as string | undefined },
  });
  act(() => void vi.advanceTimersByTime(1999));
  expect(result.current).toBe(false);
  act(() => void vi.advanceTimersByTime(1));
  expect(result.current).toBe(true);
  rerender({ what: "ledger" });
  expect(result.current).toBe(false);
  rerender({ what: undefined });
  act(() => void vi.advanceTimersByTime(5000));
  expect(result.current).toBe(false);
});
