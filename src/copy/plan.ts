import { foldedName } from "../ftp/name-kinds.ts";
import { joinPath, nameOf, parentOf, withoutSlash } from "../ftp/pathname.ts";
import type { Retrier } from "../transfer/retrier.ts";
import type { FileFacts, Side } from "../transfer/sides/side.ts";
import { askedOf, connectedOne } from "../batch/connected.ts";
import type { Emit } from "../batch/events.ts";
import { setImmediate as turn } from "node:timers/promises";
import { type Effort, EffortError } from "./pattern/effort.ts";
import { type Pattern, wholeDirectory } from "./glob.ts";
import type { TreeMeter } from "./limits.ts";
import { ListAhead } from "./list-ahead.ts";
import type { Place, Pool } from "../batch/pool.ts";
import type { StatusListings } from "../batch/status-listings.ts";
import type { FileTask, Target } from "../batch/task.ts";
import { SelectionError } from "../batch/errors.ts";
import { isDoneWith } from "../transfer/source-after/source-after.ts";
import type { SourceOrder } from "../transfer/source-after/source-step.ts";
import type { EmptyDirectory, PatternMatch, FoundFile } from "./found.ts";
import { select } from "./select.ts";
import { goneBefore, type Unseen } from "./unseen.ts";
import { isLeftover, TEMPORARY_FILE } from "../transfer/publish/leftover-name.ts";
import { isAway } from "../transfer/publish/temporary-name.ts";
import { anySignal } from "../shared/any-signal.ts";
import { about } from "../shared/printable.ts";

/** Where files come from: a place, and what is wanted there. */
export interface CopySource {
  readonly place: Place;
  readonly pattern: Pattern;
  /** As the person wrote it. */
  readonly shown: string;
  /** Whether symbolic links that the pattern comes to are left alone. */
  readonly skipsLinks?: boolean;
  /** Whether a directory that is named means all files below it. */
  readonly entersDirectories?: boolean;
  /** The only files that are wanted of a directory, each with its path below the target. */
  readonly names?: ReadonlyMap<string, string>;
  /** Whether there is such a list, which is known to whoever plans the run. */
  readonly isListed?: boolean;
}

/** The directory that a source's pattern begins with: where its files are found. */
export function rootOfSource({ pattern, entersDirectories }: CopySource): string {
  if (pattern.kind === "glob") return pattern.glob.base;
  // Whether it is a directory is known when somebody has looked; a file is found in the one that it is in.
  return entersDirectories === true ? wholeDirectory(pattern.path).directory : parentOf(pattern.path);
}

export interface Plan {
  readonly tasks: readonly FileTask[];
  /** Pathnames of the target that are to be directories although no file goes there. */
  readonly directories: readonly string[];
  /** Directories of the sources in which nothing was found. */
  readonly empty: readonly { readonly place: Place; readonly path: string }[];
  readonly skipped: number;
  readonly faults: number;
}

/** What a copy is to be planned for. */
interface PlanRequest {
  readonly sources: readonly CopySource[];
  readonly target: Target;
  /** Whether a file or a directory, by its path below the pattern's fixed part, is wanted. */
  readonly isWanted: (relative: string, isDirectory?: boolean) => boolean;
  /** What becomes of sources; those that an earlier run has renamed or moved are not found again. */
  readonly sourceAfter?: SourceOrder | undefined;
}

/** What planning a copy needs of the world. */
export interface PlanDeps {
  readonly pool: Pool;
  /** For what fails while sources and target are looked up. */
  readonly retrier: Retrier;
  /** For all sources together. */
  readonly meter: TreeMeter;
  readonly emit: Emit;
  /** Called for each place when somebody was let in there. */
  readonly warm: (place: Place) => void;
  /** What it costs to say whether a file is wanted. */
  readonly effort?: Effort | undefined;
  /** How directories are listed by STAT; absent: they are not. */
  readonly status?: StatusListings;
  /** Those of these pathnames at the target that an interrupted run of the same copy has stored; absent: none. */
  readonly finished?: (targets: readonly string[]) => Promise<ReadonlySet<string>>;
}

/**
 * What a copy has to do, before any of it is done: every source is looked up, and each file has one target.
 * @throws SelectionError for a source that is not there, a target of the wrong kind, two sources for one target
 */
export async function planCopy(request: PlanRequest, deps: PlanDeps, signal: AbortSignal): Promise<Plan> {
  const { sources, target } = request;
  const isList = sources.length > 1 || sources.some(({ pattern }) => pattern.kind === "glob");
  const over = new AbortController();
  // The target is looked at while the sources are listed; errors of the sources are reported first.
  const looking = lookAt(target, deps, anySignal(signal, over.signal));
  looking.catch(() => {});
  try {
    const { found, empty, unseen, skipped, faults } = await findAll(request, deps, signal);
    const isMany =
      isList ||
      empty.length > 0 ||
      unseen.length > 0 ||
      found.some(({ file }) => file.within !== undefined || file.targetName !== undefined);
    const pathOf = pathsAt(await looking, target, isMany);
    const tasks = found.map(({ place, file }) => ({
      source: { place, path: file.path, facts: file.facts },
      target: pathOf(file.targetName ?? joinPath(file.within?.name ?? "", file.relative)),
    }));
    const gone = await goneBefore(
      unseen.map((one) => ({ ...one, target: pathOf(one.unseen) })),
      deps,
    );
    tasks.push(...gone.tasks);
    refuseCollisions(tasks, target);
    await refuseTwins(tasks, target, deps, signal);
    const within = found.flatMap(({ place, file }) => (file.within ? [{ place, within: file.within }] : []));
    await refuseItself(tasks, [...within, ...empty], target, deps, signal);
    const directories = empty.map(({ within: { name }, relative }) =>
      withoutSlash(pathOf(joinPath(name, relative))),
    );
    return { tasks, directories, empty, skipped, faults: faults + gone.faults };
  } finally {
    over.abort();
    await looking.catch(() => {});
  }
}

interface FoundAt {
  readonly place: Place;
  readonly file: FoundFile;
}

async function findAll(
  { sources, isWanted, sourceAfter }: PlanRequest,
  { pool, retrier, meter, emit, warm, effort, status }: PlanDeps,
  signal: AbortSignal,
) {
  const found: FoundAt[] = [];
  const empty: (EmptyDirectory & { readonly place: Place })[] = [];
  const unseen: Unseen[] = [];
  const met = new Set<string>();
  const isDone = isDoneWith(sourceAfter?.after);
  let skipped = 0;
  let faults = 0;
  for (const source of sources) {
    const { place, pattern, shown, skipsLinks, entersDirectories, names } = source;
    await using lent = await retrier.run(() => connectedOne(pool, place, signal), signal);
    if (!met.has(place.key)) warm(place);
    met.add(place.key);
    const ahead = status && new ListAhead(status);
    const mayBeEmpty = sourceAfter !== undefined;
    const wanted = { skipsLinks, entersDirectories, names, mayBeEmpty, knowsAway: true };
    const looking = { side: lent.side, retrier, meter, signal, ahead, ...wanted };
    for await (const one of select(pattern, shown, looking)) {
      if (one.kind === "file") {
        const root = pattern.kind === "glob" ? pattern.glob.base : one.within?.directory;
        if (root !== undefined && isDone(one.relative, root)) continue;
      }
      const path = place.at(one.path);
      const judged = refused(one, isWanted, pattern.kind === "path") ?? one;
      if (judged.kind === "fault" && judged.unseen !== undefined && sourceAfter !== undefined) {
        unseen.push({ ...judged, unseen: judged.unseen, place });
      } else if (judged.kind === "fault") {
        faults += 1;
        emit({ event: "fault", path, because: judged.because });
      } else if (judged.kind === "skipped") {
        skipped += 1;
        emit({ event: "action", action: "skip", path, because: judged.because });
      } else if (judged.kind === "empty-directory") {
        empty.push({ ...judged, place });
      } else {
        found.push({ place, file: judged });
      }
      if (effort?.isDue === true) await turn();
    }
  }
  return { found, empty, unseen, skipped, faults };
}

type IsWanted = PlanRequest["isWanted"];

/** Why something that was found is not copied; undefined: the rules have nothing against it. */
function refused(one: PatternMatch, isWanted: IsWanted, isNamed: boolean): PatternMatch | undefined {
  if (one.kind !== "file" && one.kind !== "empty-directory") return undefined;
  const isDirectory = one.kind === "empty-directory";
  // The directory that was named is wanted.
  if (isDirectory && one.relative === "") return undefined;
  const isMeant = isNamed && one.within === undefined;
  // A source that goes by its own name is no temporary file.
  const isTemporary = isLeftover(nameOf(one.path), isDirectory ? undefined : one.facts.sizeBytes);
  const isPutAway = isAway(nameOf(one.path)) && nameOf(one.relative) === nameOf(one.path);
  if (!isDirectory && !isMeant && (isTemporary || isPutAway))
    return { kind: "skipped", path: one.path, because: TEMPORARY_FILE };
  try {
    return isWanted(one.relative, isDirectory)
      ? undefined
      : { kind: "skipped", path: one.path, because: "excluded by a rule" };
  } catch (error) {
    if (!(error instanceof EffortError)) throw error;
    return { kind: "fault", path: one.path, because: error.message };
  }
}

/** What is at the target's path now. */
async function lookAt(
  target: Target,
  { pool, retrier, warm }: PlanDeps,
  signal: AbortSignal,
): Promise<FileFacts | undefined> {
  const ask = (side: Side) => {
    warm(target.place);
    const { path } = target;
    return path === "" || path === "/" ? Promise.resolve(undefined) : side.facts(withoutSlash(path), signal);
  };
  return askedOf(pool, target.place, retrier, ask, signal);
}

/** How a file's pathname at the target follows from its name: the target is a directory or the file itself. */
function pathsAt(
  facts: FileFacts | undefined,
  { path, shown }: Target,
  isMany: boolean,
): (relative: string) => string {
  const meansDirectory = isMany || path === "" || path.endsWith("/");
  if (meansDirectory && facts?.kind === "file") {
    throw new SelectionError(
      about(shown, `is a file; ${isMany ? "several files need" : "the trailing slash requires"} a directory`),
    );
  }
  return meansDirectory || facts?.kind === "directory" ? (relative) => joinPath(path, relative) : () => path;
}

function refuseCollisions(tasks: readonly FileTask[], target: Target): void {
  const taken = new Map<string, FileTask>();
  for (const task of tasks) {
    const before = taken.get(task.target);
    if (before !== undefined) {
      const [one, two] = [before, task].map(({ source }) => source.place.at(source.path));
      throw new SelectionError(
        `${target.place.at(task.target)}: two sources would be copied to this target: ${one} and ${two}`,
      );
    }
    taken.set(task.target, task);
  }
}

/** Names that differ in case alone, or in how letters are composed, are one to some targets. */
async function refuseTwins(
  tasks: readonly FileTask[],
  target: Target,
  { pool, retrier }: PlanDeps,
  signal: AbortSignal,
): Promise<void> {
  const taken = new Map<string, FileTask>();
  for (const task of tasks) {
    const key = joinPath(parentOf(task.target), foldedName(nameOf(task.target)));
    const before = taken.get(key);
    taken.set(key, before ?? task);
    if (before === undefined) continue;
    const names = [nameOf(before.target), nameOf(task.target)] as const;
    const ask = (side: Side) => side.areOneName(parentOf(task.target), names, signal);
    if (!(await askedOf(pool, target.place, retrier, ask, signal))) return;
    const [one, two] = [before, task].map(({ source }) => source.place.at(source.path));
    throw new SelectionError(
      `${target.place.at(task.target)}: two sources would be copied to this target, which treats their names as equal: ${one} and ${two}`,
    );
  }
}

/** A file that is its own target would be read and overwritten at once; a directory copied into itself would grow. */
async function refuseItself(
  tasks: readonly FileTask[],
  found: readonly { readonly place: Place; readonly within: { readonly directory: string } }[],
  target: Target,
  { pool, retrier }: PlanDeps,
  signal: AbortSignal,
): Promise<void> {
  const isNear = ({ key }: Place) => key === target.place.key;
  const files = tasks.filter(({ source }) => isNear(source.place));
  const directories = found.flatMap(({ place, within }) => (isNear(place) ? [within.directory] : []));
  if (files.length === 0 && directories.length === 0) return;
  // Where a path begins is known after the login.
  await using lent = await retrier.run(() => connectedOne(pool, target.place, signal), signal);
  const { side } = lent;
  const itself = files.find((one) => side.locate(one.source.path) === side.locate(one.target));
  if (itself !== undefined)
    throw new SelectionError(
      `${itself.source.place.at(itself.source.path)}: source and target are the same file`,
    );
  const end = `${side.locate(target.path)}/`;
  const around = [...new Set(directories)].find((directory) =>
    end.startsWith(side.locate(directory).replace(/\/*$/, "/")),
  );
  if (around === undefined) return;
  const source = target.place.at(around);
  throw new SelectionError(`${target.shown}: is in ${source}, the directory that is to be copied`);
}
