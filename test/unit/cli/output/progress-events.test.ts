import { expect, test } from "vitest";
import { ProgressEvents } from "../../../../src/cli/output/progress-events.ts";

const START = { event: "start", source: "a:/x", target: "b:/x", size: 1_000 } as const;
const at = (bytes: number, from = 0) => ({ event: "progress", target: "b:/x", bytes, from }) as const;

test("each file in flight is reported once a second at most, with its rate since the last time", () => {
  const events = new ProgressEvents();
  expect(events.note(START, 0)).toBeUndefined();
  expect(events.note(at(10), 500)).toBeUndefined();
  const told = { event: "progress", source: "a:/x", target: "b:/x", size: 1_000 };
  expect(events.note(at(100), 1_000)).toEqual({ ...told, bytes: 100, bytesPerSecond: 100 });
  expect(events.note(at(150), 1_999)).toBeUndefined();
  expect(events.note(at(400), 3_000)).toEqual({ ...told, bytes: 400, bytesPerSecond: 150 });
});

test("bytes that an earlier try had left are not in the rate", () => {
  const events = new ProgressEvents();
  events.note(START, 0);
  expect(events.note(at(900, 800), 1_000)).toMatchObject({ bytes: 900, bytesPerSecond: 100 });
});

test("one of several targets is named, and finished ones are not mentioned", () => {
  const events = new ProgressEvents();
  events.note({ ...START, to: "b:/" }, 0);
  expect(events.note({ ...at(5), to: "b:/" }, 1_000)).toMatchObject({ to: "b:/" });
  const because = { because: "lost", afterSeconds: 1, attempt: 2 };
  events.note({ event: "retry", source: "a:/x", target: "b:/x", ...because }, 1_500);
  expect(events.note(at(6), 5_000)).toBeUndefined();
});
