import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { lingering } from "../../../../src/shared/waiting/lingering.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("what is almost done has some time after an abort, and then ends for the same reason", () => {
  const outer = new AbortController();
  using inner = lingering(outer.signal, 1_000);
  outer.abort(new Error("enough"));
  vi.advanceTimersByTime(999);
  expect(inner.signal.aborted).toBe(false);
  vi.advanceTimersByTime(1);
  expect(inner.signal.reason).toEqual(new Error("enough"));
});

test("an urgent reason leaves no time", () => {
  const outer = new AbortController();
  using inner = lingering(outer.signal, 1_000);
  outer.abort(Object.assign(new Error("lost"), { isUrgent: true }));
  expect(inner.signal.aborted).toBe(true);
});

test("with its scope nothing is left of it", () => {
  const outer = new AbortController();
  const inner = lingering(outer.signal, 1_000);
  outer.abort();
  inner[Symbol.dispose]();
  expect(vi.getTimerCount()).toBe(0);
  vi.advanceTimersByTime(2_000);
  expect(inner.signal.aborted).toBe(false);
});
