import { collectDefaultMetrics, Counter, Gauge, Registry } from "prom-client";
import type { Totals } from "../../orchestrator/kv/stores/runs.ts";
import { FAILURES } from "../../orchestrator/history/measures.ts";
import { type LaneCounts, laneCounts } from "../../orchestrator/worker/lanes.ts";
import type { ApiDeps } from "../deps.ts";
import { histogramsText } from "./histograms.ts";
import { hostViews } from "../hosts.ts";
import type { HostView, JobView, RunView } from "../views/schemas.ts";

/** What a scrape reports. */
export interface MetricsSnapshot {
  readonly nowMs: number;
  readonly version: string;
  readonly totals: Totals;
  /** Workers that live, on all machines. */
  readonly workers: number;
  /** What lanes of all workers do. */
  readonly lanes: LaneCounts;
  /** Runs that have not ended. */
  readonly runs: readonly Pick<RunView, "state" | "wish" | "job" | "dueAt" | "notBefore" | "startedAt">[];
  readonly jobs: readonly Pick<JobView, "name" | "paused" | "lastGoodAt" | "next" | "staleAt" | "stale">[];
  readonly hosts: readonly HostView[];
  /** Queue → state → items. */
  readonly queues: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly parts: ApiDeps["parts"];
  /** Durations, failures and replies, as they are counted. */
  readonly measures: Readonly<Record<string, number>>;
}

type Sample = readonly [value: number | undefined, labels?: Readonly<Record<string, string>>];

interface Metric {
  readonly kind: "counter" | "gauge";
  /** Behind `fxpd_`. */
  readonly name: string;
  readonly help: string;
  /** What is not known gives no sample. No label is a path, which would be without number. */
  samples(reading: MetricsSnapshot): readonly Sample[];
}

const METRICS: readonly Metric[] = [
  {
    kind: "gauge",
    name: "build_info",
    help: "Always 1; the labels describe this installation.",
    samples: ({ version }) => [[1, { version, node: process.versions.node }]],
  },
  {
    kind: "gauge",
    name: "part_running",
    help: "Whether a part of the daemon in this process is running.",
    samples: ({ parts }) => [...parts].map(([part, { isRunning }]) => [isRunning ? 1 : 0, { part }]),
  },
  {
    kind: "counter",
    name: "bytes_total",
    help: "Bytes of copied files by route: between servers (third_party), through workers (relay), or within a server (server_side).",
    samples: ({ totals: { thirdParty = 0, relayed = 0, serverSide = 0 } }) => [
      [thirdParty, { method: "third_party" }],
      [relayed, { method: "relay" }],
      [serverSide, { method: "server_side" }],
    ],
  },
  {
    kind: "counter",
    name: "resumed_bytes_total",
    help: "Bytes of copied files that were resumed from an earlier attempt and not transferred again.",
    samples: ({ totals: { resumed = 0 } }) => [[resumed]],
  },
  {
    kind: "counter",
    name: "files_total",
    help: "Files by result.",
    samples: ({ totals }) =>
      (["copied", "kept", "deleted", "skipped", "failed"] as const).map((result) => [
        totals[result] ?? 0,
        { result },
      ]),
  },
  {
    kind: "counter",
    name: "retries_total",
    help: "Retries of files.",
    samples: ({ totals: { retries = 0 } }) => [[retries]],
  },
  {
    kind: "counter",
    name: "runs_ended_total",
    help: "Ended runs by outcome.",
    samples: ({ totals }) =>
      (["succeeded", "partial", "failed", "refused", "cancelled"] as const).map((outcome) => [
        totals[`runs:${outcome}`] ?? 0,
        { outcome },
      ]),
  },
  {
    kind: "gauge",
    name: "runs",
    help: "Runs that have not ended, by state; paused runs wait to be resumed.",
    samples: ({ runs }) =>
      (["queued", "running", "paused"] as const).map((state) => [
        runs.filter((run) => (run.wish === "pause" ? "paused" : run.state) === state).length,
        { state },
      ]),
  },
  {
    kind: "gauge",
    name: "workers",
    help: "Live workers on all machines; a killed worker is still counted for a few seconds.",
    samples: ({ workers }) => [[workers]],
  },
  {
    kind: "gauge",
    name: "worker_lanes",
    help: "Lanes of all live workers: busy with a file, waiting for a connection or login to a host, or idle.",
    samples: ({ lanes }) =>
      (["busy", "waiting", "idle"] as const).map((state) => [lanes[state], { state }] as const),
  },
  {
    kind: "gauge",
    name: "host_lanes_waiting",
    help: "Lanes that wait for a connection or login to a host, all workers together.",
    samples: ({ hosts, lanes }) => hosts.map(({ name }) => [lanes.waitingFor.get(name) ?? 0, { host: name }]),
  },
  {
    kind: "gauge",
    name: "queue_depth",
    help: "Items in a queue, by state.",
    samples: ({ queues }) =>
      Object.entries(queues).flatMap(([queue, counts]) =>
        Object.entries(counts).map(([state, count]) => [count, { queue, state }] as const),
      ),
  },
  {
    kind: "gauge",
    name: "host_slots_in_use",
    help: "Connections to a host in use, all workers together.",
    samples: ({ hosts }) => hosts.map(({ name, slots }) => [slots?.inUse, { host: name }]),
  },
  {
    kind: "gauge",
    name: "host_slots_limit",
    help: "Maximum connections according to the host file.",
    samples: ({ hosts }) => hosts.map(({ name, slots }) => [slots?.limit, { host: name }]),
  },
  {
    kind: "gauge",
    name: "host_slots_learned_limit",
    help: "Maximum connections that the server actually allows, if fewer than in the host file.",
    samples: ({ hosts }) => hosts.map(({ name, slots }) => [slots?.learned?.limit, { host: name }]),
  },
  {
    kind: "gauge",
    name: "host_paused",
    help: "Whether a host is paused, because it is full, refuses logins, or was paused by a user.",
    samples: ({ hosts }) => hosts.map(({ name, paused }) => [paused === undefined ? 0 : 1, { host: name }]),
  },
  {
    kind: "gauge",
    name: "job_last_good_run_age_seconds",
    help: "Seconds since the last fully successful run of a job ended; absent if there was none.",
    samples: ({ jobs, nowMs }) =>
      jobs.map(({ name, lastGoodAt }) => [
        lastGoodAt === undefined ? undefined : Math.max(0, nowMs - Date.parse(lastGoodAt)) / 1_000,
        { job: name },
      ]),
  },
  {
    kind: "gauge",
    name: "job_last_good_run_timestamp_seconds",
    help: "When the last run of a job ended with all files as they should be; 0 where none has.",
    samples: ({ jobs }) => jobs.map(({ name, lastGoodAt }) => [secondsOf(lastGoodAt) ?? 0, { job: name }]),
  },
  {
    kind: "gauge",
    name: "job_next_due_timestamp_seconds",
    help: "When a job is due next; absent if it has no schedule or its schedule is paused.",
    samples: ({ jobs }) =>
      jobs.map(({ name, next, paused }) => [paused ? undefined : secondsOf(next?.dueAt), { job: name }]),
  },
  {
    kind: "gauge",
    name: "job_schedule_lag_seconds",
    help: "How long after its time the latest scheduled run of a job that has not ended was started, or still waits.",
    samples: ({ runs, nowMs }) => {
      const lags = new Map<string, number>();
      for (const { job, dueAt, notBefore, startedAt } of runs) {
        const dueSeconds = secondsOf(dueAt === undefined ? undefined : (notBefore ?? dueAt));
        if (dueSeconds === undefined) continue;
        const lag = Math.max(0, (secondsOf(startedAt) ?? nowMs / 1_000) - dueSeconds);
        lags.set(job, Math.max(lag, lags.get(job) ?? 0));
      }
      return [...lags].map(([job, lag]) => [lag, { job }]);
    },
  },
  {
    kind: "counter",
    name: "file_failures_total",
    help: "Failed attempts at files by cause: a reply 4yz or 5yz, a connection, a verification, this machine, or another.",
    samples: ({ measures }) => FAILURES.map((cause) => [measures[`failure:${cause}`] ?? 0, { cause }]),
  },
  {
    kind: "counter",
    name: "ftp_replies_total",
    help: "Replies of servers while files were copied, by the first digit of their code.",
    samples: ({ measures }) =>
      [1, 2, 3, 4, 5].map((digit) => [measures[`reply:${digit}`] ?? 0, { code: `${digit}yz` }]),
  },
  {
    kind: "gauge",
    name: "job_stale",
    help: "Whether no run of a job has succeeded for as long as its staleAfter allows; absent without one.",
    samples: ({ jobs }) =>
      jobs.map(({ name, stale, staleAt }) => [
        staleAt === undefined ? undefined : stale ? 1 : 0,
        { job: name },
      ]),
  },
  {
    kind: "gauge",
    name: "job_stale_timestamp_seconds",
    help: "When a job is stale unless a run of it succeeds before; absent without staleAfter.",
    samples: ({ jobs }) => jobs.map(({ name, staleAt }) => [secondsOf(staleAt), { job: name }]),
  },
  {
    kind: "gauge",
    name: "job_paused",
    help: "Whether the schedule of a job is paused.",
    samples: ({ jobs }) => jobs.map(({ name, paused }) => [paused ? 1 : 0, { job: name }]),
  },
];

/** Seconds since 1970. */
function secondsOf(at: string | undefined): number | undefined {
  return at === undefined ? undefined : Date.parse(at) / 1_000;
}

/** In the text format of Prometheus. */
export async function metricsText(reading: MetricsSnapshot): Promise<string> {
  const registry = new Registry();
  for (const { kind, name, help, samples } of METRICS) {
    const known = samples(reading).flatMap(([value, labels = {}]) =>
      value === undefined ? [] : [{ value, labels }],
    );
    // The library would say 0 of what nothing is known of.
    if (known.length === 0) continue;
    const settings = {
      name: `fxpd_${name}`,
      help,
      labelNames: Object.keys(known[0]?.labels ?? {}),
      registers: [registry],
    };
    if (kind === "counter") {
      const counter = new Counter(settings);
      for (const { value, labels } of known) counter.inc(labels, value);
    } else {
      const gauge = new Gauge(settings);
      for (const { value, labels } of known) gauge.set(labels, value);
    }
  }
  return `${await registry.metrics()}${histogramsText(reading.measures)}`;
}

/** Metrics of this process, in the same format and by the names that stock dashboards know: `process_…`, `nodejs_…`. */
export function processMetrics(): () => Promise<string> {
  const register = new Registry();
  collectDefaultMetrics({ register });
  // Sums over the types that `nodejs_active_handles` and its like distinguish; their names are those of counters.
  for (const what of ["handles", "requests", "resources"])
    register.removeSingleMetric(`nodejs_active_${what}_total`);
  return () => register.metrics();
}

export async function readMetrics(deps: ApiDeps): Promise<MetricsSnapshot> {
  const { installation, standing, parts, version } = deps;
  const { kv, store, queues, clock } = installation;
  const [workers, living, totals, { runs, jobs }, hosts, ofRuns, ofSlices, measures] = await Promise.all([
    kv.livingWorkers(),
    kv.workers([]),
    store.totals(),
    standing(),
    hostViews(deps),
    queues.runs.getJobCounts(...QUEUED),
    queues.slices.getJobCounts(...QUEUED),
    kv.measures(),
  ]);
  const open = runs.filter(({ state }) => state !== "ended");
  const counts = { runs: ofRuns, slices: ofSlices };
  const lanes = laneCounts(living);
  const known = { nowMs: clock.now(), version, workers, lanes, totals, measures };
  return { ...known, runs: open, jobs, hosts, queues: counts, parts };
}

export const QUEUED = ["waiting", "prioritized", "active", "delayed", "failed"] as const;
