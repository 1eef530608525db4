import { parseTimeVal } from "../time-val.ts";
import type { EntryKind, ListedTime, ListingEntry } from "./entry.ts";

/**
 * A line of MLSD, or the facts line of MLST: `fact=value;fact=value; name` (RFC 3659 §7.2). The name is all
 * that follows the first space.
 */
export function parseMlsd(line: string): ListingEntry | "self" | undefined {
  const space = line.indexOf(" ");
  if (space === -1) return undefined;
  const facts = factsOf(line.slice(0, space));
  if (facts === undefined) return undefined;
  const name = line.slice(space + 1);
  const type = facts.get("type")?.toLowerCase();
  if (type === "cdir" || type === "pdir") return "self";
  return { name, ...describe(facts) };
}

/** What MLST says of one object; its pathname is of no interest, we asked for it. */
export function parseFacts(line: string): Omit<ListingEntry, "name"> | undefined {
  const facts = factsOf(line.trimStart().split(" ")[0] ?? "");
  return facts === undefined ? undefined : describe(facts);
}

/** Fact names in lower case; some servers put commas between facts, some leave out the last semicolon. */
function factsOf(text: string): ReadonlyMap<string, string> | undefined {
  const facts = new Map<string, string>();
  for (const fact of text.split(text.includes(";") ? ";" : ",")) {
    if (fact === "") continue;
    const equals = fact.indexOf("=");
    if (equals < 1) return undefined;
    facts.set(fact.slice(0, equals).toLowerCase(), fact.slice(equals + 1));
  }
  return facts;
}

function describe(facts: ReadonlyMap<string, string>): Omit<ListingEntry, "name"> {
  const kind = kindOf(facts.get("type"));
  const size = /^\d{1,15}$/.exec(facts.get("size") ?? "")?.[0];
  const atMs = parseTimeVal(facts.get("modify") ?? "");
  const modified: ListedTime | undefined =
    atMs === undefined ? undefined : { atMs, precision: "second", zone: "utc" };
  const mode = /^[0-7]{3,6}$/.exec(facts.get("unix.mode") ?? "")?.[0];
  const linkTarget = /^os\.unix=s(?:ym)?link:(.+)$/is.exec(facts.get("type") ?? "")?.[1];
  const owner = facts.get("unix.owner") ?? facts.get("unix.uid");
  const group = facts.get("unix.group") ?? facts.get("unix.gid");
  const unique = facts.get("unique");
  return {
    kind,
    ...(kind === "file" && size !== undefined ? { sizeBytes: Number(size) } : {}),
    ...(modified === undefined ? {} : { modified }),
    ...(linkTarget === undefined ? {} : { linkTarget }),
    ...(mode === undefined ? {} : { permissions: Number.parseInt(mode, 8) & 0o7777 }),
    ...(owner === undefined ? {} : { owner }),
    ...(group === undefined ? {} : { group }),
    ...(unique === undefined ? {} : { unique }),
  };
}

function kindOf(type: string | undefined): EntryKind {
  const text = type?.toLowerCase() ?? "";
  if (text === "file") return "file";
  if (text === "dir" || text === "cdir" || text === "pdir") return "directory";
  if (/^os\.unix=s(ym)?link/.test(text)) return "link";
  return text.startsWith("os.") ? "other" : "unknown";
}
