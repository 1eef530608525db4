/**
 * JSON text that is the same for equal values, whatever the order of their keys: what signatures and digests are made
 * of. What JSON cannot hold (undefined, NaN) is as JSON.stringify has it.
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => (isRecord(part) ? sorted(part) : part)) ?? "null";
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function sorted(record: Readonly<Record<string, unknown>>): object {
  const copy = Object.create(null) as Record<string, unknown>; // "__proto__" is a key like any other here
  for (const key of Object.keys(record).sort()) copy[key] = record[key];
  return copy;
}
