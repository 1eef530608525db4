import type { ListingEntry } from "./entry.ts";

/** Easily parsed LIST format: `+facts,<tab>name` (D. J. Bernstein). */
export function parseEplf(line: string): ListingEntry | undefined {
  const tab = line.indexOf("\t");
  if (!line.startsWith("+") || tab === -1) return undefined;
  const facts = line.slice(1, tab).split(",");
  const value = (letter: string) => facts.find((fact) => fact.startsWith(letter))?.slice(1);
  const kind = facts.includes("/") ? "directory" : facts.includes("r") ? "file" : "unknown";
  const [size, time, unique] = [value("s"), value("m"), value("i")];
  const permissions = facts.find((fact) => /^up[0-7]{3,4}$/.test(fact))?.slice(2);
  return {
    name: line.slice(tab + 1),
    kind,
    ...(size !== undefined && /^\d{1,15}$/.test(size) && kind === "file" ? { sizeBytes: Number(size) } : {}),
    ...(time !== undefined && /^\d{1,12}$/.test(time)
      ? { modified: { atMs: Number(time) * 1000, precision: "second", zone: "utc" } as const }
      : {}),
    ...(permissions === undefined ? {} : { permissions: Number.parseInt(permissions, 8) }),
    ...(unique === undefined ? {} : { unique }),
  };
}
