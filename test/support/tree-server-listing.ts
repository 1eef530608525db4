import { formatTimeVal } from "../../src/ftp/time-val.ts";
import { encodeText } from "../../src/shared/octets.ts";
import { MODIFIED_MS, type TreeEntry } from "./tree-server-tree.ts";

/** `facts`: MLSD and MLST (RFC 3659 §7), in UTC; `lines`: LIST as `ls -l` has it, in the server's zone. */
export type ListingForm = "facts" | "lines";

/** The bytes of a whole listing; the zone is milliseconds ahead of UTC. */
export function formatListing(
  entries: readonly TreeEntry[],
  form: ListingForm,
  withDots = false,
  zoneMs = 0,
): Buffer {
  const format = form === "facts" ? factsLine : (entry: TreeEntry) => unixLine(entry, zoneMs);
  const dots = withDots ? [".", ".."].map((name) => format({ name, kind: "directory" })) : [];
  const lines = [...dots, ...entries.map(format)];
  return encodeText(lines.map((line) => `${line}\r\n`).join(""));
}

export function factsLine({ name, kind, sizeBytes = 0, modifiedMs = MODIFIED_MS }: TreeEntry): string {
  const modify = `modify=${formatTimeVal(modifiedMs)};`;
  return kind === "file" ? `type=file;size=${sizeBytes};${modify} ${name}` : `type=dir;${modify} ${name}`;
}

/** A time older than this is shown with its year and without its time of day. */
const RECENT_MS = 180 * 86_400_000;

function unixLine(
  { name, kind, sizeBytes = 0, modifiedMs = MODIFIED_MS }: TreeEntry,
  zoneMs: number,
): string {
  const [, day, month, year = "", time = ""] = new Date(modifiedMs + zoneMs).toUTCString().split(" ");
  const shown = Date.now() - modifiedMs < RECENT_MS ? time.slice(0, 5) : year.padStart(5);
  const size = String(kind === "file" ? sizeBytes : 4_096).padStart(12);
  return `${kind === "file" ? "-rw-r--r--" : "drwxr-xr-x"} 1 ftp ftp ${size} ${month} ${day} ${shown} ${name}`;
}
