import { randomBytes } from "node:crypto";
import { posix } from "node:path";
import type { TreeLimits } from "../copy/limits.ts";
import { directoriesOfNames, type NameList } from "../copy/name-list.ts";
import type { CopySource } from "../copy/plan.ts";
import { PatternBudget } from "../copy/pattern/budget.ts";
import { Effort, EffortError } from "../copy/pattern/effort.ts";
import { wantedBy, rulingOf } from "../copy/rules.ts";
import type { CopyRequest } from "../copy/request.ts";
import { refusalOfFile, selectionOf } from "../copy/selection.ts";
import { isAbsolute, joinPath } from "../ftp/pathname.ts";
import type { MirrorRequest, ScanPolicy } from "../mirror/contract.ts";
import type { IndexOrder } from "../mirror/index/directory-index.ts";
import { digestOfOptions } from "../mirror/index/table.ts";
import type { TargetsRequest } from "../mirror/targets.ts";
import { endOf } from "../mirror/decide/times.ts";
import { systemClock } from "../shared/clock.ts";
import { ConfigError } from "../shared/errors.ts";
import type { FtpDeps } from "../transfer/sides/ftp-connection.ts";
import type { TransferPolicy } from "../transfer/policy.ts";
import type { Directories } from "../config/load/directories.ts";
import { LoginPace } from "./login-pace.ts";
import type { MirrorOptions } from "../config/schema/mirror-options.ts";
import type { CopyOptions } from "../config/schema/options.ts";
import type { Target } from "../batch/task.ts";
import { runLimitsOf } from "./run-limits.ts";
import { sourceOf, type LocationContext, targetOf } from "./places.ts";
import { sourceOrderOf } from "./source-order.ts";

/** From each name below a source directory to the name at the target. */
type Names = NameList["names"];

// What a person asks for, on the command line or in a job, as the engine takes it.

export interface CopyOrder {
  readonly sources: readonly string[];
  /** The only files that are wanted of the one source, a directory, each with its path below the target. */
  readonly names?: Names;
  /** Whether there is a list of them, which need not be known to whoever copies some of them. */
  readonly isListed?: boolean;
  readonly target: string;
  readonly options: CopyOptions;
  readonly dryRun: boolean;
  readonly directories: Directories;
  /** Whether somebody asks for it who is no user of this machine. */
  readonly isForeign?: boolean;
}

export interface TargetsOrder extends Omit<MirrorOrder, "target"> {
  readonly targets: readonly string[];
  readonly spread: boolean;
}

export interface MirrorOrder {
  readonly source: string;
  /** The only files of the source directory that are looked at, none of them with another name at the target. */
  readonly names?: Names;
  /** Whether there is a list of them, which need not be known to whoever copies some of them. */
  readonly isListed?: boolean;
  readonly target: string;
  readonly options: MirrorOptions;
  readonly dryRun: boolean;
  readonly directories: Directories;
  /** Whether somebody asks for it who is no user of this machine. */
  readonly isForeign?: boolean;
}

/** What a side needs of the world, beside its clock. */
export type Transcribed = Pick<FtpDeps, "transcript">;

/** @throws ConfigError for a location that is none, or leads to no known host */
export async function copyRequestOf(order: CopyOrder, transcribed: Transcribed): Promise<CopyRequest> {
  const { options, dryRun } = order;
  const context = contextOf(order, transcribed);
  const target = await targetOf(order.target, context);
  const sources = [];
  const budget = new PatternBudget();
  for (const source of order.sources) sources.push(await sourceOf(source, context, options.links, budget));
  const effort = new Effort();
  const { names, isListed = names !== undefined } = order;
  if (isListed) requireList(sources);
  const listed = names === undefined ? { isListed } : { isListed, names };
  const sourceAfter = sourceOrderOf(options, sources);
  return {
    sources: isListed ? sources.map((source) => ({ ...source, ...listed })) : sources,
    target,
    limits: limitsOf(options),
    isWanted: wantedBy(options.rules, effort),
    effort,
    onExists: options.onExists,
    parallel: options.parallel,
    transfer: transferPolicyOf(options),
    retries: options.retries,
    dryRun,
    ...runLimitsOf(options),
    ...(sourceAfter && { sourceAfter }),
  };
}

/** A list is of files in one directory. @throws ConfigError where there is no such one */
function requireList(sources: readonly Pick<CopySource, "pattern">[]): void {
  if (sources.length !== 1 || sources[0]?.pattern.kind === "glob")
    throw new ConfigError("a list of files needs exactly one source, a directory without wildcards");
}

function contextOf(
  { options, directories, isForeign = false }: CopyOrder | MirrorOrder,
  transcribed: Transcribed,
): LocationContext {
  const overrides = { tls: options.tls, timeout: options.timeout };
  return {
    directories,
    overrides,
    isForeign,
    deps: { clock: systemClock, pace: new LoginPace(systemClock), ...transcribed },
  };
}

/** @throws ConfigError for a proof that texts cannot have */
function transferPolicyOf(options: CopyOptions | MirrorOptions): TransferPolicy {
  const isText = "type" in options && options.type === "ascii";
  if (isText && options.verify === "require-digest")
    throw new ConfigError(
      "require-digest is not possible with type ascii, which changes line ends",
      "--verify",
    );
  if (isText && options.sourceAfter !== undefined)
    throw new ConfigError(
      "is not possible with type ascii: the copy of a text cannot be proven; use type image, or keep the sources and delete them with fxpd rm when you have checked the copies",
      "--source-after",
    );
  return {
    fxp: options.fxp,
    verify: isText ? "off" : options.verify,
    resume: options.resume && !isText ? options.resumeCheck : "off",
    preserveTimes: options.preserveTimes,
    inPlace: options.inPlace,
    segments: options.segments,
    ...(isText ? { isText } : {}),
  };
}

function limitsOf({ maxDirectories, maxEntries }: CopyOptions | MirrorOptions): TreeLimits {
  return { maxDirectories, maxEntries };
}

/** @throws ConfigError for a location that is none, or leads to no known host */
export async function mirrorRequestOf(order: MirrorOrder, transcribed: Transcribed): Promise<MirrorRequest> {
  const { options, dryRun } = order;
  const context = contextOf(order, transcribed);
  const renamed = [...(order.names ?? [])].find(([from, to]) => from !== to);
  if (renamed !== undefined)
    throw new ConfigError(
      `a mirror keeps names, so "${renamed[0]}" cannot become "${renamed[1]}"; use a copy`,
    );
  const source = await targetOf(order.source, context, { links: options.links });
  const target = await targetOf(order.target, context, { trash: options.trash });
  const trash = options.trash === undefined ? undefined : joinPath(target.path, options.trash);
  const wantsIndex = rulingOf(options.indexesLast.map((include) => ({ include })));
  const index = indexOrderOf(order, source, target);
  return {
    ...(index && { index }),
    source,
    target,
    scan: scanPolicyOf(options, target.path, systemClock.now(), order.names),
    ...(order.names === undefined ? {} : { names: new Set(order.names.keys()) }),
    onExists: options.onExists,
    deletes: options.delete,
    ...(trash === undefined ? {} : { trash }),
    ...(options.canary === undefined ? {} : { canary: options.canary }),
    ...(options.stamp === undefined ? {} : { stamp: options.stamp }),
    isIndex: (path) => options.indexesLast.length > 0 && isWantedIndex(wantsIndex, path),
    renames: options.detectRenames,
    permissions: options.permissions,
    permissionsMask: options.permissionsMask,
    run: randomBytes(6).toString("hex"),
    parallel: options.parallel,
    retries: options.retries,
    transfer: transferPolicyOf(options),
    ...runLimitsOf(options),
    dryRun,
  };
}

/** Options that say nothing of which files are compared, and how. */
const IRRELEVANT = new Set<string>([
  ...(["index", "fullCheck", "trustTarget", "parallel", "retries", "timeout", "fxp", "report"] as const),
  ...(["maxDelete", "maxDirectories", "maxEntries", "canary", "resume", "resumeCheck"] as const),
  ...(["maxTransfer", "maxDuration", "segments"] as const),
] satisfies readonly (keyof MirrorOptions)[]);

/** @throws ConfigError for a trusted target without an index */
function indexOrderOf(
  { options, names }: MirrorOrder,
  source: Target,
  target: Target,
): IndexOrder | undefined {
  const { index, fullCheck: fullCheckMs, trustTarget: trustTargetMs } = options;
  if (!index && trustTargetMs !== undefined)
    throw new ConfigError("trustTarget needs the index: add index: on to the job, or --index");
  if (!index) return undefined;
  const relevant = Object.entries(options).filter(([name]) => !IRRELEVANT.has(name));
  const places = [source, target].map(({ place, path, shown }) => {
    return [place.key, place.lasting ?? place.scope, path, shown];
  });
  // What a host's file says of names and listings is in the scope.
  const sorted = relevant.sort(([one], [other]) => (one < other ? -1 : 1));
  const text = JSON.stringify([sorted, places, names && [...names.keys()].sort()]);
  return { options: digestOfOptions(text), fullCheckMs, trustTargetMs };
}

/** A name that takes too long to compare was a fault before, or is no index. */
function isWantedIndex(rulingFor: ReturnType<typeof rulingOf>, path: string): boolean {
  try {
    return rulingFor(path, false).isWanted;
  } catch (error) {
    if (error instanceof EffortError) return false;
    throw error;
  }
}

/**
 * The same for several targets, which have the run and the time that ages count from in common.
 * @throws ConfigError as {@link mirrorRequestOf}
 */
export async function targetsRequestOf(
  { targets, spread, ...order }: TargetsOrder,
  transcribed: Transcribed,
): Promise<TargetsRequest> {
  const [first, ...more] = targets;
  if (first === undefined) throw new ConfigError("no target given");
  const one = await mirrorRequestOf({ ...order, target: first }, transcribed);
  const mirrors: [MirrorRequest, ...MirrorRequest[]] = [one];
  for (const target of more) {
    const other = await mirrorRequestOf({ ...order, target }, transcribed);
    mirrors.push({ ...other, source: one.source, run: one.run });
  }
  return { mirrors, spread };
}

/**
 * @param root of the target tree
 * @param nowMs milliseconds since 1970: what ages count from
 */
export function scanPolicyOf(options: MirrorOptions, root: string, nowMs: number, names?: Names): ScanPolicy {
  const leavesByList = names && leavesOfList(names);
  const effort = new Effort();
  const rulingFor = rulingOf(options.rules, effort);
  const selection = selectionOf(options, nowMs);
  const own = [options.stamp, options.trash].flatMap((path) => belowRoot(root, path) ?? []);
  const settledMs = options.settle === undefined ? undefined : nowMs - options.settle;
  return {
    compare: options.compare,
    // How far they are followed is the source's own affair.
    links: options.links === "follow-all" ? "follow" : options.links,
    effort,
    isListed: names && ((path) => names.has(path)),
    leaves: (path, isDirectory, isInTheWay = false) => {
      if (own.includes(path)) return "belongs to this mirror (stamp or trash)";
      if (leavesByList?.(path, isDirectory, isInTheWay) === true) return "not in the list of files";
      const ruling = rulingFor(path, isDirectory);
      return ruling.isWanted ? undefined : ruling.because;
    },
    leavesFile: (facts) => {
      const { modified } = facts;
      const isYoung = settledMs !== undefined && modified !== undefined && endOf(modified) > settledMs;
      return isYoung
        ? "modified too recently; it may still be being written (--settle)"
        : refusalOfFile(facts, selection);
    },
    leaveIf: options.leaveIf,
    leaveUnless: options.leaveUnless,
    maxDepth: options.maxDepth,
    limits: limitsOf(options),
    looksAtExtras: options.delete,
    ceiling: options.maxDelete,
  };
}

/** What a list of files is not about. What is in the way of its files, or of their directories, is not passed over. */
function leavesOfList(names: Names): (path: string, isDirectory: boolean, isInTheWay: boolean) => boolean {
  const above = directoriesOfNames(names.keys());
  return (path, isDirectory, isInTheWay) => {
    if (isInTheWay) return !names.has(path) && !above.has(path);
    return !(isDirectory ? above : names).has(path);
  };
}

/** A path as a scan has it, below the root; undefined where it is not there. */
function belowRoot(root: string, path: string | undefined): string | undefined {
  if (path === undefined || isAbsolute(root) !== isAbsolute(joinPath(root, path))) return undefined;
  const below = posix.relative(posix.join("/", root), posix.join("/", joinPath(root, path)));
  return below === "" || below === ".." || below.startsWith("../") ? undefined : below;
}
