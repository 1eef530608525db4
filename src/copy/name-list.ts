import { ConfigError } from "../shared/errors.ts";

/** Files by name: paths below a source directory, each with the path at the target where that differs. */
export interface NameList {
  /** From each name to the name that the file has at the target, in the order of the list. */
  readonly names: ReadonlyMap<string, string>;
}

/**
 * Reads a list of names: one to a line, or NUL after each; a tab separates a name from another one for the target. In
 * lines, blank ones and those that begin with `#` are left out, and a carriage return at the end belongs to the line end.
 * A name that begins with `#` is written `./#…`. A byte order mark at the beginning is left out.
 * @param file where the list comes from, for the message
 * @throws ConfigError for a name that leads out of the directory, or that is listed twice with two targets
 */
export function parseNameList(text: string, isNul: boolean, file: string): NameList {
  const entries: Entry[] = [];
  // Editors of Windows write a byte order mark at the beginning of UTF-8.
  for (const [index, raw] of text
    .replace(/^\uFEFF/, "")
    .split(isNul ? "\0" : "\n")
    .entries()) {
    const line = isNul ? raw : raw.replace(/\r$/, "");
    if (line === "" || (!isNul && (line.startsWith("#") || line.trim() === ""))) continue;
    const where = `${file}:${index + 1}`;
    if (line.includes("\0"))
      throw new ConfigError(
        `${where}: contains NUL; for a list whose names end in NUL, use --from0 (from0: true)`,
      );
    const [from = "", to, more] = line.split("\t");
    if (more !== undefined) throw new ConfigError(`${where}: expected one name, or two separated by a tab`);
    entries.push({ pair: to === undefined ? [from] : [from, to], where });
  }
  return nameListOf(entries);
}

/** A name, and another one for the target where there is one. */
interface Entry {
  readonly pair: readonly [from: string, to?: string];
  /** For the message. */
  readonly where: string;
}

/** @throws ConfigError as {@link parseNameList} */
export function nameListOf(entries: readonly Entry[]): NameList {
  const names = new Map<string, string>();
  for (const {
    pair: [from, to],
    where,
  } of entries) {
    const name = plainName(from, where);
    const target = to === undefined ? name : plainName(to, where);
    const before = names.get(name);
    if (before !== undefined && before !== target)
      throw new ConfigError(`${where}: ${JSON.stringify(name)} is in the list twice, with two targets`);
    names.set(name, target);
  }
  return { names };
}

/** The list in the same form, so that it can be read again. */
export function formatNameList(names: Iterable<readonly [string, string]>, isNul: boolean): string {
  let text = "";
  for (const [name, target] of names) {
    const isMarked = name.startsWith("\uFEFF") || (!isNul && (name.startsWith("#") || name.trim() === ""));
    const first = isMarked ? `./${name}` : name;
    text += `${first}${name === target ? "" : `\t${target}`}${isNul ? "\0" : "\n"}`;
  }
  return text;
}

/** The directories in which names of a list are, as paths below the source directory. */
export function directoriesOfNames(names: Iterable<string>): ReadonlySet<string> {
  const directories = new Set<string>();
  for (const name of names) {
    for (let at = name.lastIndexOf("/"); at !== -1; at = name.lastIndexOf("/", at - 1)) {
      const directory = name.slice(0, at);
      if (directories.has(directory)) break;
      directories.add(directory);
    }
  }
  return directories;
}

function plainName(name: string, where: string): string {
  if (/[\r\n]/.test(name))
    throw new ConfigError(`${where}: a name contains CR or LF, which FTP cannot carry`);
  const names = name.split("/").filter((one) => one !== "" && one !== ".");
  if (names.includes(".."))
    throw new ConfigError(
      `${where}: ${JSON.stringify(name)} leads out of the directory; ".." is not allowed`,
    );
  if (names.length === 0)
    throw new ConfigError(`${where}: ${JSON.stringify(name)} is not the name of a file`);
  return names.join("/");
}
