import { parseTimeVal } from "../../time-val.ts";
import { type EntryKind, entryOf, type ListingEntry } from "../entry.ts";

/**
 * A line of MLSD: `fact=value;fact=value; name` (RFC 3659 §7.2). The name is all that follows the first
 * space. The listed directory and its parents are named `.` and `..`, whatever the server calls them.
 */
export function parseMlsd(line: string): ListingEntry | undefined {
  // Some servers write a tab where the RFC wants a space.
  const space = /^[^ \t]*;\t/.test(line) ? line.indexOf("\t") : line.indexOf(" ");
  const facts = space === -1 ? undefined : factsIn(line.slice(0, space));
  if (facts === undefined) return undefined;
  if (linkTargetOf(facts) !== undefined && line[space - 1] !== ";") return parseSpacedLink(line);
  const type = typeOf(facts);
  const name = type === "cdir" ? "." : type === "pdir" ? ".." : line.slice(space + 1);
  return describe(facts, name);
}

/** What is written in a link may hold a space of its own; then the facts end where only one place can be meant. */
function parseSpacedLink(line: string): ListingEntry | undefined {
  const end = line.indexOf("; ");
  const facts = end === -1 || line.includes("; ", end + 1) ? undefined : factsIn(line.slice(0, end));
  return facts && describe(facts, line.slice(end + 2));
}

/** What MLST says of one object; its pathname is of no interest, we asked for it. */
export function parseFacts(line: string): Omit<ListingEntry, "name"> | undefined {
  const facts = factsIn(line.replace(/^ /, "").split(" ", 1)[0] ?? "");
  if (facts === undefined) return undefined;
  const { name: _, ...entry } = describe(facts, "");
  return entry;
}

type Facts = ReadonlyMap<string, string>;

/** By name in lower case. DrFTPD puts commas between facts; old servers leave out the last semicolon. */
function factsIn(text: string): Facts | undefined {
  const facts = new Map<string, string>();
  for (const fact of text.split(text.includes(";") ? ";" : ",")) {
    if (fact === "") continue;
    const equals = fact.indexOf("=");
    if (equals < 1) return undefined;
    facts.set(fact.slice(0, equals).toLowerCase(), fact.slice(equals + 1));
  }
  return facts;
}

function describe(facts: Facts, name: string): ListingEntry {
  const kind = kindOf(typeOf(facts));
  const atMs = parseTimeVal(facts.get("modify") ?? "");
  const mode = numberOf(facts.get("unix.mode"), /^[0-7]{1,7}$/, 8);
  return entryOf({
    name,
    kind,
    sizeBytes: kind === "file" ? numberOf(facts.get("size"), /^\d+$/, 10) : undefined,
    modified: atMs === undefined ? undefined : { atMs, precision: "second", zone: "utc" },
    linkTarget: linkTargetOf(facts),
    permissions: mode === undefined ? undefined : mode & 0o7777,
    owner: firstOf(facts, ["unix.ownername", "unix.owner", "unix.uid"]),
    group: firstOf(facts, ["unix.groupname", "unix.group", "unix.gid"]),
    unique: firstOf(facts, ["unique"]),
  });
}

/** Of `OS.unix=slink:/target`. */
function linkTargetOf(facts: Facts): string | undefined {
  return /^os\.unix=s(?:ym)?link:(.+)$/is.exec(facts.get("type") ?? "")?.[1];
}

function typeOf(facts: Facts): string {
  return facts.get("type")?.toLowerCase() ?? "";
}

function kindOf(type: string): EntryKind {
  if (type === "file") return "file";
  if (type === "dir" || type === "cdir" || type === "pdir") return "directory";
  if (/^os\.unix=s(ym)?link/.test(type)) return "link";
  return type.startsWith("os.") ? "other" : "unknown";
}

function numberOf(value: string | undefined, form: RegExp, radix: number): number | undefined {
  return value !== undefined && form.test(value) ? Number.parseInt(value, radix) : undefined;
}

/** The value of the first of these facts that is there and says anything. */
function firstOf(facts: Facts, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = facts.get(name);
    if (value !== undefined && value !== "") return value;
  }
  return undefined;
}
