import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Scheduler, type SchedulerDeps } from "../../../../src/orchestrator/scheduler/scheduler.ts";
import { noLogger } from "../../../../src/shared/logger.ts";
import { timetable } from "../../../support/timetable.ts";

const FAILED = "starting due runs of hourly: failed; will retry";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

test("a scheduler whose Redis does not answer says nothing each second, and asks no second time", async () => {
  const said: unknown[] = [];
  for (const name of ["log", "info", "warn", "error"] as const)
    vi.spyOn(console, name).mockImplementation((...words) => void said.push(words));
  let [asked, answer] = [0, (_: { readonly handledToMs: number }) => {}];
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
  answer({ handledToMs: Date.now() });
  await scheduler.close();
});

test.each([
  ["up to an earlier time", "01:00:00"],
  ["up to now, by another scheduler", "01:10:01"],
])(
  "a Redis that is back is logged as soon as it has answered, though all due times had been seen to %s, and its next outage is logged, too",
  async (_, seenTo) => {
    const lines: string[] = [];
    const write = (_: object, line: string) => void lines.push(line);
    let [nowMs, isAway] = [0, true];
    const get = async () => {
      if (isAway) throw new Error("Connection is closed.");
      return { handledToMs: Date.parse(`2026-11-21T${seenTo}Z`) };
    };
    const clock = { now: () => nowMs, sleep: async () => {} };
    const log = { ...noLogger, info: write, warn: write };
    const deps = { kv: {}, store: { jobs: { get } }, queues: {}, clock, log } as unknown as SchedulerDeps;
    const scheduler = new Scheduler(deps);
    const schedule = { ...timetable("0 * * * *", "UTC"), missed: "skip" };
    scheduler.use([{ name: "hourly", job: { schedule } } as never]);
    const tick = async (time: string) => {
      nowMs = Date.parse(`2026-11-21T${time}Z`);
      await scheduler.tick();
    };
    await tick("01:10:00");
    isAway = false;
    await tick("01:10:01");
    isAway = true;
    // Until something is due, Redis is not asked.
    await tick("01:20:00");
    expect(lines).toEqual([FAILED, "starting due runs of hourly: works again"]);
    await tick("02:00:00");
    await tick("02:00:01");
    expect(lines.slice(2)).toEqual([FAILED]);
  },
);
