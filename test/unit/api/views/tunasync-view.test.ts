import { expect, test } from "vitest";
import type { JobView } from "../../../../src/api/views/schemas.ts";
import { tunasyncView } from "../../../../src/api/views/tunasync-view.ts";

const job: JobView = {
  ...{ name: "debian", kind: "mirror", from: ["archive:debian"], to: "edge:debian", priority: "normal" },
  ...{ paused: false, stale: false },
};
const at = "2026-11-21T02:15:00.000Z";
const last = { id: "r", outcome: "partial" as const, endedAt: at };

test("a job's status uses the terms of tunasync", () => {
  const status = (one: JobView, state?: "queued" | "running") =>
    tunasyncView(one, state && { state }, undefined).status;
  expect(status(job)).toBe("none");
  expect(status({ ...job, lastRun: last })).toBe("failed");
  expect(status({ ...job, lastRun: { ...last, outcome: "succeeded" } })).toBe("success");
  expect(status({ ...job, lastRun: last, paused: true })).toBe("paused");
  expect(status({ ...job, lastRun: last }, "queued")).toBe("pre-syncing");
  expect(status({ ...job, lastRun: last }, "running")).toBe("syncing");
});

test("times are text with an offset and seconds; what is not known is Go's first instant", () => {
  const view = tunasyncView({ ...job, lastRun: last, lastGoodAt: at }, undefined, undefined);
  expect(view).toMatchObject({
    last_update: "2026-11-21 02:15:00 +0000",
    last_update_ts: 1_795_227_300,
    last_ended_ts: 1_795_227_300,
    next_schedule: "0001-01-01 00:00:00 +0000",
    next_schedule_ts: -62_135_596_800,
    upstream: "archive:debian",
    size: "unknown",
  });
});
