import { isAbsolute, joinPath, nameOf, parentOf, refusalOfName, withoutSlash } from "../../ftp/pathname.ts";
import { ConfigError } from "../../shared/errors.ts";

/** What becomes of a source file when its copy is proven. */
export type SourceAfter =
  | { readonly action: "delete" }
  /** A name in the same directory, with `{name}`, `{base}`, `{ext}`, `{date}` and `{time}`. */
  | { readonly action: "rename"; readonly pattern: string }
  /** A directory at the source; relative to the directory that the source's pattern begins with. */
  | { readonly action: "move"; readonly directory: string };

/** What became of one source file. */
export interface SourceAfterResult {
  readonly action: SourceAfter["action"];
  /** `left`: it could not be proven that the source may go; `failed`: the step was tried in vain. */
  readonly outcome: "done" | "left" | "failed";
  readonly because: string;
  /** Its pathname now, where it was renamed or moved. */
  readonly to?: string;
}

export const SOURCE_AFTER = "keep, delete, 'rename PATTERN' (such as {name}.done) or 'move DIR'";

/**
 * `keep`, `delete`, `rename PATTERN`, `move DIR`; `=` may stand for the blank.
 * @returns undefined for `keep`
 * @throws ConfigError
 */
export function parseSourceAfter(text: string): SourceAfter | undefined {
  const [, word = "", value = ""] = /^(keep|delete|rename|move)(?:[ =]+(.*))?$/s.exec(text.trim()) ?? [];
  if ((word === "keep" || word === "delete") && value === "")
    return word === "keep" ? undefined : { action: "delete" };
  if (word === "rename" && value !== "") return renameTo(value);
  if (word === "move" && value !== "") return moveTo(value);
  throw new ConfigError(`expected ${SOURCE_AFTER}`);
}

const PLACEHOLDERS = ["name", "base", "ext", "date", "time"];

/** @throws ConfigError for a pattern that gives files no names of their own, or none that a file may have */
export function renameTo(pattern: string): SourceAfter {
  const names = [...pattern.matchAll(/\{([^{}]*)\}/g)].map(([, name = ""]) => name);
  const unknown = names.find((name) => !PLACEHOLDERS.includes(name));
  if (unknown !== undefined)
    throw new ConfigError(
      `{${unknown}} is unknown here; a pattern can have ${PLACEHOLDERS.map((name) => `{${name}}`).join(", ")}`,
    );
  if (!names.includes("name") && !names.includes("base"))
    throw new ConfigError(`"${pattern}" gives all files the same name; it needs {name} or {base}`);
  if (refusalOfName(pattern) !== undefined || pattern === "{name}" || pattern === "{base}{ext}")
    throw new ConfigError(`"${pattern}" is no new name in the same directory, such as {name}.done`);
  return { action: "rename", pattern };
}

/** @throws ConfigError for a directory that is none, or leads upwards */
export function moveTo(text: string): SourceAfter {
  const directory = withoutSlash(text).replace(/^(\.\/+)+/, "");
  const names = directory.split("/").slice(isAbsolute(directory) ? 1 : 0);
  if (directory === "/" || names.some((name) => refusalOfName(name) !== undefined))
    throw new ConfigError(`"${text}" is no directory to move to, such as done/ or /archive/sent`);
  return { action: "move", directory };
}

/**
 * Where a source file goes.
 * @param root the directory that its source's pattern begins with
 * @param nowMs milliseconds since 1970
 * @returns undefined where it is deleted
 */
export function destinationOf(
  after: SourceAfter,
  path: string,
  root: string,
  nowMs: number,
): string | undefined {
  if (after.action === "delete") return undefined;
  if (after.action === "rename") return joinPath(parentOf(path), nameBy(after.pattern, nameOf(path), nowMs));
  const directory = isAbsolute(after.directory) ? after.directory : joinPath(root, after.directory);
  return joinPath(directory, belowRoot(root, path) ?? nameOf(path));
}

function nameBy(pattern: string, name: string, nowMs: number): string {
  const { base, ext } = partsOf(name);
  const stamp = new Date(nowMs).toISOString().replace(/[-:]/g, "");
  const values: Readonly<Record<string, string>> = {
    ...{ name, base, ext },
    ...{ date: stamp.slice(0, 8), time: stamp.slice(9, 15) },
  };
  return pattern.replace(/\{([^{}]*)\}/g, (_, key: string) => values[key] ?? "");
}

/** A name and its last extension; one that begins with its only dot has none. */
function partsOf(name: string): { readonly base: string; readonly ext: string } {
  const dot = name.lastIndexOf(".");
  return dot <= 0 ? { base: name, ext: "" } : { base: name.slice(0, dot), ext: name.slice(dot) };
}

/**
 * Whether a file is one that this step has renamed or moved before, so that a run does not copy it again.
 * @param relative its path below `root`
 */
export function isDoneWith(after: SourceAfter | undefined): (relative: string, root: string) => boolean {
  if (after === undefined || after.action === "delete") return () => false;
  if (after.action === "rename") {
    const form = formOf(after.pattern);
    return (relative) => form.test(nameOf(relative));
  }
  const { directory } = after;
  return (relative, root) => {
    const below = isAbsolute(directory) ? belowRoot(root, directory) : directory;
    return below !== undefined && relative.startsWith(`${below}/`);
  };
}

/** Names that a pattern makes, perhaps followed by the number that distinguishes two of them. */
function formOf(pattern: string): RegExp {
  const parts = pattern.split(/(\{[^{}]*\})/).map((part) => {
    if (part === "{date}") return "\\d{8}";
    if (part === "{time}") return "\\d{6}";
    if (part === "{ext}") return "(?:\\.[^.]*)?";
    return part.startsWith("{") ? ".+" : part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  });
  return new RegExp(`^${parts.join("")}(?:\\.\\d{1,5})?$`, "s");
}

/** A path as it is below a directory; undefined where it is not. */
export function belowRoot(root: string, path: string): string | undefined {
  if (root === "") return isAbsolute(path) ? undefined : path;
  const prefix = root.endsWith("/") ? root : `${root}/`;
  return path.startsWith(prefix) ? path.slice(prefix.length) : undefined;
}
