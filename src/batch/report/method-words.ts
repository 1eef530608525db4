import type { MethodEvent } from "../events.ts";

/** What moves a file's bytes, in a word or two: `source-pasv`, `relay`, `download`; undefined: nothing yet. */
export function methodWords({
  by,
  method,
  local,
}: {
  readonly by?: MethodEvent["by"] | undefined;
  readonly method?: string | null | undefined;
  readonly local?: MethodEvent["local"];
}): string | undefined {
  if (by !== "relay" || local === undefined) return method ?? by;
  return { source: "upload", target: "download", both: "local copy" }[local];
}
