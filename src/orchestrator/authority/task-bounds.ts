import { joinPath, nameOf, refusalOfName } from "../../ftp/pathname.ts";
import { wholeDirectory } from "../../copy/glob.ts";
import type { CopySource } from "../../copy/plan.ts";
import type { Request } from "../definitions.ts";
import type { PackedTask } from "../worker/slice/tasks.ts";

/**
 * Why a task cannot be one of this run: it reads or writes outside the run's roots, gives a file another name, or is
 * for a file that the run's rules leave out. Undefined where the run could have planned it itself.
 */
export function refusalOfTask(task: PackedTask, request: Request): string | undefined {
  return request.kind === "copy" ? refusalOfCopy(task, request) : refusalOfMirror(task, request);
}

function refusalOfCopy({ f, p, t, a }: PackedTask, { request }: Of<"copy">): string | undefined {
  const source = request.sources[f];
  if (source === undefined) return "its source is not part of the run";
  if (a !== undefined) return "a copy does not use a trash";
  const { path } = request.target;
  const named = namedBy(source, p);
  if (named === undefined) return "its source is not one of the files the run copies";
  if (!request.isWanted(named.relative)) return "the run's rules exclude its source";
  const isOne = request.sources.length === 1 && p === named.path;
  if (t === joinPath(path, named.target) || (isOne && t === path)) return undefined;
  return "its target is not where the run stores this file";
}

/** A file of a source: its path below what was named, and below the target. */
interface Named {
  /** What was named, if it has no wildcards. */
  readonly path?: string;
  readonly relative: string;
  readonly target: string;
}

function namedBy({ pattern, entersDirectories, names, isListed }: CopySource, p: string): Named | undefined {
  if (pattern.kind === "glob") {
    const relative = below(pattern.glob.base, p);
    if (relative === undefined || !pattern.glob.matches(relative)) return undefined;
    return { relative, target: relative };
  }
  const { path } = pattern;
  if (isListed === true) {
    const relative = below(wholeDirectory(path).directory, p);
    // A list in a file may have changed since the run was planned; it gives no other names.
    const target = relative === undefined || names === undefined ? relative : names.get(relative);
    return relative === undefined || target === undefined ? undefined : { relative, target };
  }
  if (p === path) return { path, relative: nameOf(p), target: nameOf(p) };
  const { directory, name } = wholeDirectory(path);
  const relative = entersDirectories === true ? below(directory, p) : undefined;
  return relative === undefined ? undefined : { path, relative, target: joinPath(name, relative) };
}

function refusalOfMirror({ f, p, t, a }: PackedTask, { request, targets }: Of<"mirror">): string | undefined {
  // Behind the source come the targets, which may serve each other.
  const root = f === 0 ? request.source : targets.spread ? targets.mirrors[f - 1]?.target : undefined;
  if (root === undefined) return "its source is not part of the run";
  const relative = below(root.path, p);
  if (relative === undefined) return "its source is outside the run's source directory";
  if (t !== joinPath(request.target.path, relative))
    return "its target is not where the run stores this file";
  if (a !== undefined && !isInTrash(a, relative, request.trash))
    return "its trash path is not in the run's trash";
  return isLeft(relative, request.scan.leaves) ? "the run's rules exclude its source" : undefined;
}

type Of<K extends Request["kind"]> = Extract<Request, { readonly kind: K }>;

/** A path as it is below a directory; undefined where it is not, or leads out of it on its way. */
function below(directory: string, path: string): string | undefined {
  const prefix = directory === "" || directory.endsWith("/") ? directory : `${directory}/`;
  if (!path.startsWith(prefix)) return undefined;
  const relative = path.slice(prefix.length);
  const isClean = relative.split("/").every((name) => refusalOfName(name) === undefined);
  return isClean ? relative : undefined;
}

/** In the folder of some run: which one a planner has made is not known to others. */
function isInTrash(aside: string, relative: string, trash: string | undefined): boolean {
  const inTrash = trash === undefined ? undefined : below(trash, aside);
  return inTrash !== undefined && inTrash.slice(inTrash.indexOf("/") + 1) === relative;
}

function isLeft(path: string, leaves: (path: string, isDirectory: boolean) => string | undefined): boolean {
  const names = path.split("/");
  return names.some((_, index) => {
    const isDirectory = index < names.length - 1;
    return leaves(names.slice(0, index + 1).join("/"), isDirectory) !== undefined;
  });
}
