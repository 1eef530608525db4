import { expect, test } from "vitest";
import { Pace } from "../../../../../src/orchestrator/worker/slice/pace.ts";

const progress = (bytes: number) => ({ event: "progress", target: "edge:/file", bytes, from: 0 }) as const;

test("a lane on which next to nothing moves for five seconds is slow, until something does", () => {
  const pace = new Pace(0);
  pace.note(progress(10), 1_000);
  expect(pace.isSlow(4_999)).toBe(false);
  pace.note(progress(20), 4_999);
  expect(pace.isSlow(5_000)).toBe(true);
  pace.note(progress(1_000_000), 6_000);
  expect(pace.isSlow(6_000)).toBe(false);
  expect(pace.isSlow(10_999)).toBe(false);
  expect(pace.isSlow(11_000)).toBe(true);
});

test("a lane with many small files, or one that waits for others, is not slow", () => {
  const pace = new Pace(0);
  for (let atMs = 0; atMs < 60_000; atMs += 4_000) {
    pace.note({ event: "start", source: "archive:/file", target: "edge:/file", size: 5 }, atMs);
    expect(pace.isSlow(atMs + 3_999)).toBe(false);
  }
  pace.restart(70_000);
  expect(pace.isSlow(74_000)).toBe(false);
});
