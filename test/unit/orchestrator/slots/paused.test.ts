import { expect, test } from "vitest";
import { PausedHosts } from "../../../../src/orchestrator/slots/paused.ts";

test("a host is paused for as long as it was said, also if nothing says that it goes on", () => {
  let nowMs = 5_000;
  const paused = new PausedHosts(() => nowMs);
  expect(paused.isPaused("alpha")).toBe(false);
  paused.note("alpha", 1_000);
  nowMs = 5_999;
  expect([paused.isPaused("alpha"), paused.isPaused("beta")]).toEqual([true, false]);
  nowMs = 6_000;
  expect(paused.isPaused("alpha")).toBe(false);
  paused.note("alpha", 1_000);
  paused.note("alpha", 0);
  expect(paused.isPaused("alpha")).toBe(false);
});
