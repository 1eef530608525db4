import { expect, test } from "vitest";
import type { JobView, RunView } from "../../../../src/api/views/schemas.ts";
import { parseBlocks } from "../../../../src/dashboard/state/event-blocks.ts";
import { bytes, duration, inZone, many, relative, timeThere } from "../../../../src/dashboard/format.ts";
import {
  clockAheadMs,
  expectedSeconds,
  hostsOfJob,
  jobRows,
  laterOf,
  progressOf,
  recentRate,
  runStateOf,
  type Sample,
  withSample,
} from "../../../../src/dashboard/state/model.ts";
import { expectedRuns } from "../../../../src/dashboard/state/timeline.ts";

const job = (name: string, more: Partial<JobView> = {}): JobView => ({
  ...{ name, kind: "mirror", from: ["archive:pub"], to: "edge:pub", priority: "normal" },
  ...{ paused: false, stale: false },
  ...more,
});
const last = (outcome: "succeeded" | "failed" | "cancelled") => ({
  lastRun: { id: "r", outcome, endedAt: "2026-11-21T00:00:00Z" },
});

test.each([
  ["of the same second", "Sat, 21 Nov 2026 12:00:00 GMT", 0],
  ["an hour ahead", "Sat, 21 Nov 2026 13:00:00 GMT", 3_600_000],
  ["an hour behind", "Sat, 21 Nov 2026 11:00:00 GMT", -3_600_000],
  ["that is not said", null, undefined],
])("ages go by fxpd's clock, %s (%s)", (_, date, ahead) => {
  expect(clockAheadMs(date, Date.parse("2026-11-21T12:00:00.500Z"))).toBe(ahead);
});

test("stale jobs come first, then failing ones, then those that run; the others by name", () => {
  const jobs = [
    job("b", last("succeeded")),
    job("a", last("succeeded")),
    job("ended early", last("cancelled")),
    job("run", last("succeeded")),
    job("failing", last("failed")),
    job("stale", { stale: true, ...last("succeeded") }),
  ];
  const running = new Map([["run", { state: "running" } as RunView]]);
  const order = (query: string) => jobRows(jobs, running, query).map((row) => `${row.job.name} ${row.state}`);
  expect(order("")).toEqual([
    ...["stale stale", "failing failing", "run running", "ended early cancelled", "a good", "b good"],
  ]);
  expect(order("FAILING archive")).toEqual(["failing failing"]);
  expect(order("nothing")).toEqual([]);
});

test.each([
  ["running", "run", "running running"],
  ["running", "pause", "paused good"],
  ["queued", "run", "queued good"],
  ["queued", "cancel", "cancelling good"],
] as const)("a job whose run is %s and wanted to %s is %s", (state, wish, expected) => {
  const run = { state, wish } as RunView;
  const [row] = jobRows([job("a", last("succeeded"))], new Map([["a", run]]), expected.split(" ")[0] ?? "");
  expect(`${runStateOf(run)} ${row?.state}`).toBe(expected);
});

test("a rate covers the last seconds, and restarts where a run has fewer bytes than before", () => {
  let samples: readonly Sample[] = [];
  for (let second = 0; second <= 60; second += 1)
    samples = withSample(samples, { atMs: second * 1_000, bytes: second * 100 });
  expect(recentRate(samples, 60_000)).toBeCloseTo(100);
  expect(samples.length).toBeLessThan(20);
  expect(recentRate(samples, 75_000)).toBeLessThan(60);
  expect(recentRate(withSample(samples, { atMs: 61_000, bytes: 5 }), 61_000)).toBeUndefined();
});

test("progress counts what is in flight and what was resumed, by bytes, else by files", () => {
  const files = { copied: 1, kept: 0, deleted: 0, skipped: 0, failed: 1 };
  const way = { thirdParty: 20, relayed: 0, serverSide: 0, resumed: 10 };
  const inFlight = { files: 1, bytes: 20 };
  expect(progressOf({ files, bytes: way, inFlight, planned: { files: 4, bytes: 100 } })).toBe(0.5);
  expect(progressOf({ files, bytes: way, planned: { files: 4, bytes: 0 } })).toBe(0.5);
  expect(progressOf({ files, bytes: way, planned: { files: 0, bytes: 0 } })).toBeUndefined();
});

test("runs clash where they use one host at the same time, unless one of them is skipped", () => {
  const due = (name: string, startAt: string, skipped = false) => ({
    ...{ job: name, dueAt: startAt, startAt, skipped },
  });
  const jobs = new Map([
    ["one", { from: ["archive:a"], to: "edge:a" }],
    ["two", { from: ["far:b"], to: "ftp://edge/b" }],
    ["three", { from: ["./c"], to: "other:c" }],
  ]);
  const at = (minute: string) => `2026-11-21T00:${minute}:00Z`;
  const clashes = (skipped: boolean) =>
    expectedRuns(
      [due("two", at("01")), due("one", at("00"), skipped), due("three", at("00"))],
      jobs,
      () => 300,
    ).map((run) => [run.due.job, ...run.clashes]);
  expect(clashes(false)).toEqual([["one", "two"], ["three"], ["two", "one"]]);
  expect(clashes(true)).toEqual([["one"], ["three"], ["two"]]);
});

test.each([
  [
    ["archive:pub", "ftp://me@ftp.example.org/x"],
    "edge:a, far:b",
    ["archive", "ftp.example.org", "edge", "far"],
  ],
  [["./a", "/srv/b"], "edge:", ["edge"]],
])("hosts of %j to %s are %j", (from, to, hosts) => {
  expect(hostsOfJob({ from, to })).toEqual(hosts);
});

test("a run will take as long as the middle one of the last", () => {
  expect(expectedSeconds([{ seconds: 5 }, {}, { seconds: 900 }, { seconds: 7 }])).toBe(7);
  expect(expectedSeconds([{}])).toBeUndefined();
});

test("events are read as an event stream has them; comments and what is cut off are none", () => {
  const blocks = [":", 'id: 1-1\nevent: log\ndata: {"a":1}', 'event: run\ndata: {"b":2}\nid: 1-2/end'];
  expect(parseBlocks(blocks)).toEqual({
    events: [
      { event: "log", data: { a: 1 } },
      { event: "run", data: { b: 2 } },
    ],
    id: "1-2/end",
  });
});

test("figures are shown as people read them", () => {
  expect([0, 999, 1_536, 1_048_000, 5 * 2 ** 30, 10 ** 15].map(bytes)).toEqual([
    "0 B",
    "999 B",
    "1.5 KiB",
    "1.0 MiB",
    "5.0 GiB",
    "909 TiB",
  ]);
  expect([0.01, 0.25, 59.6, 3_660, 90_000].map(duration)).toEqual([
    "0 s",
    "0.3 s",
    "1 min",
    "1 h 1 min",
    "1 d 1 h",
  ]);
  expect([many(1, "file"), many(2_000, "file"), many(2, "entry", "entries")]).toEqual([
    "1 file",
    "2,000 files",
    "2 entries",
  ]);
  const now = Date.parse("2026-11-21T12:00:00Z");
  const ages = ["2026-11-21T11:59:58Z", "2026-11-21T11:00:00Z", "2026-11-24T12:00:00Z"].map((at) =>
    relative(at, now),
  );
  expect(ages).toEqual(["now", "1 h ago", "in 3 d"]);
  expect(inZone("2026-11-21T12:00:00Z", "Europe/Berlin")).toMatch(/13:00 Europe\/Berlin$/);
  expect(inZone("2026-11-21T12:00:00Z", "Nowhere/At all")).toBeUndefined();
  expect(timeThere("2026-11-21T12:00:00Z", "America/Argentina/Buenos_Aires")).toMatch(/09:00 Buenos Aires$/);
  expect(timeThere("2026-11-21T12:00:00Z", "Etc/GMT+5")).toMatch(/07:00 Etc\/GMT\+5$/);
});

test.each([
  [{ startedAt: "1", state: "ended" }, { startedAt: "2", state: "running" }, 1],
  [{ startedAt: "1", state: "running" }, { startedAt: "1", state: "ended" }, 1],
  [{ startedAt: "1", state: "ended" }, { startedAt: "1", state: "running" }, 0],
  [{ startedAt: "1", state: "running", tried: [{}] }, { startedAt: "1", state: "running" }, 0],
  [{ startedAt: "1", state: "running" }, undefined, 0],
  [undefined, { startedAt: "1", state: "running" }, 1],
])("of an examination as it was %j and %j, the later is %i", (one, two, which) => {
  const views = [one, two].map((some) => some && ({ tried: [], ...some } as never));
  expect(laterOf(views[0], views[1])).toBe(views[which]);
});
