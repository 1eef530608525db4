import { randomBytes } from "node:crypto";
import type { Directories } from "../config/load.ts";
import { MirrorOptions } from "../config/mirror-options.ts";
import type { SummaryEvent } from "../copy/events.ts";
import { rulingOf } from "../copy/rules.ts";
import { refusalOf, selectionOf } from "../copy/selection.ts";
import { joinPath } from "../ftp/pathname.ts";
import { mirror } from "../mirror/mirror.ts";
import type { MirrorRequest, ScanPolicy } from "../mirror/request.ts";
import { noWritten } from "../mirror/written.ts";
import { systemClock } from "../shared/clock.ts";
import { stateDirectory } from "../state/directory.ts";
import { fileWritten } from "../state/written.ts";
import { chosen } from "./command-line.ts";
import { lastingOf } from "./lasting.ts";
import type { MirrorFlags } from "./mirror-line.ts";
import type { Output } from "./output.ts";
import { targetOf } from "./places.ts";

export interface MirrorOrder {
  readonly source: string;
  readonly target: string;
  readonly options: MirrorOptions;
  readonly dryRun: boolean;
  readonly directories: Directories;
}

/** What was said on the command line, over what was said elsewhere. @throws ConfigError */
export function mirrorOptionsOf(given: MirrorFlags, otherwise: object = {}): MirrorOptions {
  return chosen(MirrorOptions, given, otherwise);
}

/** Carries out a mirror as the command line or a job file asks for it. */
export async function runMirror(
  order: MirrorOrder,
  output: Output,
  signal: AbortSignal,
): Promise<SummaryEvent> {
  const request = await mirrorRequestOf(order, output);
  const { source, target } = request;
  const here = [source, target].some(({ place }) => place.key === "local") ? [process.cwd()] : [];
  const key = [...here, source.shown, target.shown].join("\n");
  const directory = stateDirectory(process.env);
  const lasting = await lastingOf(directory, () => fileWritten(directory, key), noWritten, output);
  const { memory, ledger, own: written } = lasting;
  const edges = { clock: systemClock, chance: Math.random, emit: output.event, memory, ledger, written };
  return mirror(request, edges, signal);
}

export async function mirrorRequestOf(order: MirrorOrder, output: Output): Promise<MirrorRequest> {
  const { options, directories, dryRun } = order;
  const edges = { clock: systemClock, transcript: output.transcript };
  const surroundings = { directories, overrides: { tls: options.tls, timeout: options.timeout }, edges };
  const source = await targetOf(order.source, surroundings);
  const target = await targetOf(order.target, surroundings);
  const trash = options.trash === undefined ? undefined : joinPath(target.path, options.trash);
  const wantsIndex = rulingOf(options.indexesLast.map((include) => ({ include })));
  return {
    source,
    target,
    scan: scanPolicyOf(options, systemClock.now()),
    deletes: options.delete,
    ...(trash === undefined ? {} : { trash }),
    ...(options.canary === undefined ? {} : { canary: options.canary }),
    ...(options.stamp === undefined ? {} : { stamp: options.stamp }),
    isIndex: (path) => options.indexesLast.length > 0 && wantsIndex(path, false).isWanted,
    renames: options.detectRenames,
    permissions: options.permissions,
    run: randomBytes(6).toString("hex"),
    parallel: options.parallel,
    retries: options.retries,
    transfer: {
      fxp: options.fxp,
      verify: options.verify,
      resume: options.resume ? options.resumeCheck : "off",
      preserveTimes: options.preserveTimes,
    },
    dryRun,
  };
}

/** @param nowMs milliseconds since 1970: what ages count from */
export function scanPolicyOf(options: MirrorOptions, nowMs: number): ScanPolicy {
  const rulingFor = rulingOf(options.rules);
  const selection = selectionOf(options, nowMs);
  const own = [options.stamp, options.trash].filter((path) => path !== undefined);
  const settledMs = options.settle === undefined ? undefined : nowMs - options.settle;
  return {
    compare: options.compare,
    links: options.links,
    leaves: (path, isDirectory) => {
      if (own.includes(path)) return "this mirror's own";
      const ruling = rulingFor(path, isDirectory);
      return ruling.isWanted ? undefined : ruling.because;
    },
    leavesFile: (facts) => {
      const isYoung = settledMs !== undefined && (facts.modified?.atMs ?? 0) > settledMs;
      return isYoung ? "modified so lately that it may still be written" : refusalOf(facts, selection);
    },
    leaveIf: options.leaveIf,
    leaveUnless: options.leaveUnless,
    maxDepth: options.maxDepth,
    looksAtExtras: options.delete,
    ceiling: options.maxDelete,
  };
}
