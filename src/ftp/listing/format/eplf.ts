import { entryOf, type ListingEntry } from "../entry.ts";

/**
 * Easily Parsed LIST Format (D. J. Bernstein): `+fact,fact,<tab>name`. Facts: `/` can be entered, `r` can be
 * retrieved, `s` size, `m` seconds since 1970, `i` identity, `up` permissions.
 */
export function parseEplf(line: string): ListingEntry | undefined {
  const tab = line.indexOf("\t");
  if (!line.startsWith("+") || tab === -1) return undefined;
  const facts = line.slice(1, tab).split(",");
  const kind = facts.includes("/") ? "directory" : facts.includes("r") ? "file" : "unknown";
  const size = kind === "file" ? valueOf(facts, /^s(\d+)$/) : undefined;
  const seconds = valueOf(facts, /^m(\d{1,12})$/);
  const permissions = valueOf(facts, /^up([0-7]{3,4})$/);
  return entryOf({
    name: line.slice(tab + 1),
    kind,
    sizeBytes: size === undefined ? undefined : Number(size),
    modified:
      seconds === undefined ? undefined : { atMs: Number(seconds) * 1000, precision: "second", zone: "utc" },
    permissions: permissions === undefined ? undefined : Number.parseInt(permissions, 8),
    unique: valueOf(facts, /^i(.+)$/s),
  });
}

function valueOf(facts: readonly string[], form: RegExp): string | undefined {
  for (const fact of facts) {
    const value = form.exec(fact)?.[1];
    if (value !== undefined) return value;
  }
  return undefined;
}
