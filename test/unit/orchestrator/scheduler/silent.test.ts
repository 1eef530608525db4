import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Scheduler, type SchedulerDeps } from "../../../../src/orchestrator/scheduler/scheduler.ts";
import { noLogger } from "../../../../src/shared/logger.ts";
import { timetable } from "../../../support/timetable.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("a scheduler whose Redis does not answer says nothing each second, and asks no second time", async () => {
  const said: unknown[] = [];
  for (const name of ["log", "info", "warn", "error"] as const)
    vi.spyOn(console, name).mockImplementation((...words) => void said.push(words));
  let [asked, answer] = [0, (_: { readonly seenToMs: number }) => {}];
  const answered = new Promise((resolve) => (answer = resolve));
  const jobs = { get: () => ((asked += 1), answered) };
  const clock = { now: () => Date.now(), sleep: async () => {} };
  const deps = { kv: {}, store: { jobs }, queues: {}, clock, log: noLogger } as unknown as SchedulerDeps;
  const scheduler = new Scheduler(deps);
  const job = { schedule: timetable("0 0 1 1 *", "UTC") };
  scheduler.use([{ name: "yearly", job } as never]);
  scheduler.start();
  await vi.advanceTimersByTimeAsync(60_000);
  expect([asked, said]).toEqual([1, []]);
  answer({ seenToMs: Date.now() });
  await scheduler.close();
});
