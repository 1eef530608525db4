import { z } from "zod";
import { isoTime } from "../../shared/iso-time.ts";
import { HOST_NAME } from "../../config/locations/location.ts";
import type { RunOutcome } from "../../batch/events.ts";
import { hexDigest } from "../../shared/hex-digest.ts";

/** What is wanted of a run that goes on. */
export type RequestedState = "run" | "pause" | "cancel";

export type RunState = "queued" | "running" | "ended";

/** Parts of Redis keys, of file names and of paths of the API. */
const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,499}$/;
export const RunId = z.string().regex(ID);
const JobName = z.string().max(255).regex(HOST_NAME);

/** What a run is to do: a job as its file says it, with its rules gathered; never a secret. */
export const RunOrder = z.object({
  job: JobName,
  /** The document of the job's file, before it is checked. */
  document: z.unknown(),
  rules: z.array(
    z.union([
      z.object({ include: z.string(), from: z.string().optional() }),
      z.object({ exclude: z.string(), from: z.string().optional() }),
    ]),
  ),
  dryRun: z.boolean().default(false),
  requestedBy: z.enum(["schedule", "person", "chain", "arrival", "retry"]),
  /** Milliseconds since 1970, for a run of a schedule. */
  dueMs: z.number().optional(),
  /** Not before this. */
  startMs: z.number().optional(),
  because: z.string(),
  /** The run whose failed files are tried again, and nothing else. */
  retryOf: RunId.optional(),
  /** Whether these files are all that kept that run from succeeding. */
  completes: z.boolean().optional(),
  /** Came as a document from somebody who is no user of this machine: its URLs get no password of ours. */
  isForeign: z.boolean().optional(),
  /** Whether the conversations with the servers are kept of all files, and not of those alone that failed. */
  keepsTranscripts: z.boolean().optional(),
  /** By the key that only processes of this installation have. */
  signature: z.string().max(200).optional(),
});
export type RunOrder = z.infer<typeof RunOrder>;

/** What is counted of a run. */
export const COUNTERS = [
  "copied",
  "kept",
  "deleted",
  "skipped",
  "failed",
  "thirdParty",
  "relayed",
  "serverSide",
  "resumed",
  "files",
  "bytes",
  "retries",
] as const;
export type Counters = Readonly<Record<(typeof COUNTERS)[number], number>>;

/** A run as it is shown. */
export interface Run {
  readonly id: string;
  readonly order: RunOrder;
  readonly state: RunState;
  readonly wish: RequestedState;
  /** Why it is cancelled, where nobody has asked for that. */
  readonly wishBecause?: string;
  /** Whether it went well after one of its job that did not. */
  readonly isRecovery: boolean;
  readonly outcome?: RunOutcome;
  readonly because?: string;
  readonly createdMs: number;
  readonly startedMs?: number;
  /** For how long since then it was paused, or waited to be begun again. Milliseconds. */
  readonly idleMs?: number;
  readonly endedMs?: number;
  /** How often it was begun: once more each time that its worker was lost. */
  readonly generation: number;
  readonly counters: Counters;
  /** Its span, as other processes refer to it (W3C Trace Context). */
  readonly trace?: string;
}

/** Letters that a queue takes, from a job's name and an instant: `nightly-pub_20261121T021500Z`. */
export function runId(job: string, atMs: number, suffix = ""): string {
  const stamp = isoTime(atMs).replace(/[-:]|\.\d+/g, "");
  return boundedId(`${job}_${stamp}${suffix === "" ? "" : `_${suffix}`}`);
}

/** Letters of a run's ID: with what is added to it, it is still the name of a file. */
const MOST_LETTERS = 200;

/** The same ID, or for one that is too long its beginning and a digest of it: names of jobs, and chains of them, may be long. */
export function boundedId(id: string): string {
  if (id.length <= MOST_LETTERS) return id;
  const digest = hexDigest(id, 16);
  return `${id.slice(0, MOST_LETTERS - digest.length - 1)}_${digest}`;
}

export function noCounts(): Record<keyof Counters, number> {
  return Object.fromEntries(COUNTERS.map((name) => [name, 0])) as Record<keyof Counters, number>;
}

/** How urgent its job's file says it is. */
export function priorityOf({ order }: Pick<Run, "order">): "high" | "normal" | "low" {
  const { priority } = (order.document ?? {}) as { readonly priority?: unknown };
  return priority === "high" || priority === "low" ? priority : "normal";
}

/** How a run that is cancelled while nobody works on it has ended. */
export function cancelledBecause({ startedMs }: Pick<Run, "startedMs">): string {
  return startedMs === undefined ? "cancelled before it started" : "cancelled";
}
