import { expect, test } from "vitest";
import { metricsText, processMetrics, type MetricsSnapshot } from "../../../../src/api/monitoring/metrics.ts";

const NOTHING: MetricsSnapshot = {
  nowMs: Date.parse("2026-11-21T12:00:00Z"),
  version: "9.9.9",
  totals: {},
  workers: 0,
  lanes: { busy: 0, waiting: 0, idle: 0, waitingFor: new Map() },
  runs: [],
  jobs: [],
  hosts: [],
  queues: {},
  parts: new Map(),
  measures: {},
};

/** Samples by name and labels. */
async function samples(reading: Partial<MetricsSnapshot>): Promise<ReadonlyMap<string, number>> {
  const lines = (await metricsText({ ...NOTHING, ...reading })).split("\n");
  const told = lines.filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(told.map((line) => [line.replace(/ \S+$/, ""), Number(/ (\S+)$/.exec(line)?.[1])]));
}

test("bytes are counted by method, files by result, runs by outcome", async () => {
  const told = await samples({
    totals: { thirdParty: 5_000_000_000, relayed: 7, resumed: 3, copied: 2, failed: 1, "runs:failed": 4 },
  });
  expect(Object.fromEntries(told)).toMatchObject({
    'fxpd_bytes_total{method="third_party"}': 5_000_000_000,
    'fxpd_bytes_total{method="relay"}': 7,
    fxpd_resumed_bytes_total: 3,
    'fxpd_files_total{result="copied"}': 2,
    'fxpd_files_total{result="failed"}': 1,
    'fxpd_files_total{result="deleted"}': 0,
    'fxpd_runs_ended_total{outcome="failed"}': 4,
    'fxpd_runs_ended_total{outcome="succeeded"}': 0,
  });
});

test("a run that is paused is no running one", async () => {
  const told = await samples({
    runs: [
      { job: "a", state: "running", wish: "run" },
      { job: "a", state: "running", wish: "pause" },
      { job: "a", state: "queued", wish: "run" },
      { job: "a", state: "running", wish: "cancel" },
    ],
  });
  const of = (state: string) => told.get(`fxpd_runs{state="${state}"}`);
  expect([of("queued"), of("running"), of("paused")]).toEqual([1, 2, 1]);
});

test("what is not known has no sample, and is not 0", async () => {
  const told = await samples({
    jobs: [
      { name: "never", paused: false, stale: false },
      { name: "good", paused: true, stale: false, lastGoodAt: "2026-11-21T11:59:00.000Z" },
    ],
    hosts: [{ name: "faulty", fault: "no" }],
  });
  const ages = [...told].filter(([name]) => name.startsWith("fxpd_job_last_good_run_age_seconds"));
  expect(ages).toEqual([['fxpd_job_last_good_run_age_seconds{job="good"}', 60]]);
  expect([...told.keys()].filter((name) => name.includes("slots"))).toEqual([]);
  expect([...(await samples({})).keys()].filter((name) => /_(job|host)_/.test(name))).toEqual([]);
});

test("hosts and queues are reported by name only", async () => {
  const until = "2026-11-21T12:01:00.000Z";
  const told = await samples({
    hosts: [
      {
        name: "edge",
        address: "192.0.2.1",
        port: 21,
        slots: { inUse: 2, limit: 8 },
        paused: { until, because: "edge: STOR /a/b: 452 full", times: 1 },
      },
      { name: "archive", slots: { inUse: 0, limit: 3, learned: { limit: 2, at: until } } },
    ],
    queues: { slices: { active: 4 } },
    parts: new Map([["worker", { isRunning: false }]]),
  });
  expect(Object.fromEntries(told)).toMatchObject({
    'fxpd_host_slots_in_use{host="edge"}': 2,
    'fxpd_host_slots_limit{host="edge"}': 8,
    'fxpd_host_slots_learned_limit{host="archive"}': 2,
    'fxpd_host_paused{host="edge"}': 1,
    'fxpd_host_paused{host="archive"}': 0,
    'fxpd_queue_depth{queue="slices",state="active"}': 4,
    'fxpd_part_running{part="worker"}': 0,
  });
  expect(told.has('fxpd_host_slots_learned_limit{host="edge"}')).toBe(false);
  expect([...told.keys()].join("\n")).not.toMatch(/452|\/a\/b|192\.0\.2\.1/);
});

test("durations are histograms, whose buckets add up", async () => {
  const told = await samples({ measures: { "file:0": 2, "file:3": 1, "file:more": 4, "file:ms": 12_500 } });
  const of = (le: string) => told.get(`fxpd_file_duration_seconds_bucket{le="${le}"}`);
  expect([of("0.1"), of("1"), of("5"), of("7200"), of("+Inf")]).toEqual([2, 2, 3, 3, 7]);
  expect(told.get("fxpd_file_duration_seconds_sum")).toBe(12.5);
  expect(told.get("fxpd_file_duration_seconds_count")).toBe(7);
  expect([...told.keys()].filter((name) => name.startsWith("fxpd_run_duration"))).toEqual([]);
});

test("failures are counted by cause, replies by the first digit of their code", async () => {
  const told = await samples({ measures: { "failure:reply_5yz": 3, "reply:2": 40, "reply:4": 1 } });
  expect(told.get('fxpd_file_failures_total{cause="reply_5yz"}')).toBe(3);
  expect(told.get('fxpd_ftp_replies_total{code="2yz"}')).toBe(40);
  expect(told.get('fxpd_ftp_replies_total{code="5yz"}')).toBe(0);
});

test("the lateness of scheduled runs is reported per job, also while a run still waits", async () => {
  const due = { dueAt: "2026-11-21T11:59:00.000Z", wish: "run" } as const;
  const told = await samples({
    runs: [
      { ...due, job: "waits", state: "queued" },
      { ...due, job: "began", state: "running", startedAt: "2026-11-21T11:59:05.000Z" },
      { job: "asked", state: "running", wish: "run" },
    ],
  });
  const lags = [...told].filter(([name]) => name.startsWith("fxpd_job_schedule_lag_seconds"));
  expect(Object.fromEntries(lags)).toEqual({
    'fxpd_job_schedule_lag_seconds{job="waits"}': 60,
    'fxpd_job_schedule_lag_seconds{job="began"}': 5,
  });
});

test("names follow the conventions: a help, a type, counters in _total, base units, and nothing told twice", async () => {
  const text = await metricsText({
    ...NOTHING,
    runs: [{ job: "a", state: "queued", wish: "run", dueAt: "2026-11-21T11:59:00.000Z" }],
    jobs: [{ name: "a", paused: false, stale: false, lastGoodAt: "2026-11-21T11:59:00.000Z" }],
    measures: { "file:0": 1, "run:0": 1 },
  });
  const lines = text.split("\n").filter((line) => line !== "");
  const kinds = new Map<string, string>();
  for (const line of lines) {
    const [, name, kind] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? [];
    if (name === undefined || kind === undefined) continue;
    expect(kinds.has(name), name).toBe(false);
    kinds.set(name, kind);
    expect(name).toMatch(/^fxpd_[a-z_]+$/);
    expect(name.endsWith("_total"), name).toBe(kind === "counter");
    expect(name).not.toMatch(/_(ms|milliseconds|minutes|hours|kb|mb|percent)(_|$)/);
    expect(lines.filter((line) => line.startsWith(`# HELP ${name} `))).toHaveLength(1);
  }
  const samplesOf = lines.filter((line) => !line.startsWith("#"));
  for (const line of samplesOf) {
    const [name = ""] = /^[^{ ]+/.exec(line) ?? [];
    const base = name.replace(/_(bucket|sum|count)$/, "");
    expect(kinds.has(name) || kinds.get(base) === "histogram", line).toBe(true);
  }
  expect(new Set(samplesOf.map((line) => line.replace(/ \S+$/, ""))).size).toBe(samplesOf.length);
});

test("the figures of Node.js and of this process follow them, too", async () => {
  const text = await processMetrics()();
  const kinds = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = "", kind = ""]) => [name, kind]);
  expect(kinds.length).toBeGreaterThan(10);
  for (const [name = "", kind] of kinds) {
    expect([name, name.endsWith("_total")]).toEqual([name, kind === "counter"]);
    expect(text).toMatch(new RegExp(`^# HELP ${name} \\S`, "m"));
    expect(name).not.toMatch(/_(ms|milliseconds|minutes|hours|kb|mb|percent)$/i);
  }
});
