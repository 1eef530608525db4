import { bytes, count, many } from "../format.ts";
import { isolated } from "./visible.ts";

/** An entry of a run's log, as far as the page looks at it. */
export interface ShownEntry {
  readonly id: string;
  readonly at: string;
  readonly event: string;
  readonly source?: string;
  readonly target?: string;
  readonly path?: string;
  readonly action?: string;
  readonly outcome?: string;
  readonly to?: string;
  readonly because?: string;
  /** Of a failure: why, without the names of files. */
  readonly cause?: string;
  readonly by?: string | null;
  readonly method?: string | null;
  readonly bytes?: number;
  readonly seconds?: number;
  readonly files?: number | object;
  readonly protected?: boolean | null;
}

/** One sentence for one entry. */
export function entrySentence(entry: ShownEntry): string {
  const { event, source = "", target = "", path = "", action = "", outcome = "" } = entry;
  const because = (entry.because ?? "").replace(/\n+/g, "; ");
  const after = because === "" ? "" : `: ${because}`;
  switch (event) {
    case "transfer":
      return `${outcome}: ${isolated(source)} → ${isolated(target)}${after}${wayOf(entry)}`;
    case "retry":
      return `retry: ${isolated(source)}${after}`;
    case "action":
      return `${action.replace("-", " ")} ${isolated(path)}${after}`;
    case "plan":
      return `planned: ${many(typeof entry.files === "number" ? entry.files : 0, "file")}, ${bytes(entry.bytes ?? 0)}`;
    case "fault":
      return `${isolated(path)}${after}`;
    case "summary":
    case "target":
      return `${event === "summary" ? "summary" : `target ${isolated(entry.to ?? "")}`}: ${outcome}${countsOf(entry.files)}${after}`;
    default:
      return because === "" ? event : because;
  }
}

/** ` (server to server, encrypted)`: of bytes that went from one side to the other. */
function wayOf({ outcome, by, protected: isPrivate }: ShownEntry): string {
  if (by === "server-side") return " (copied by the server itself)";
  if (outcome !== "succeeded" || (by !== "third-party" && by !== "relay")) return "";
  const way = by === "third-party" ? "server to server" : "through a worker";
  if (isPrivate === true) return ` (${way}, encrypted)`;
  return ` (${way}, ${isPrivate === false ? "not encrypted" : "not known whether encrypted"})`;
}

/** `, 30 copied, 5 failed`: of what there was. */
function countsOf(files: ShownEntry["files"]): string {
  if (typeof files !== "object") return "";
  return Object.entries(files)
    .filter(([, sum]) => Number(sum) > 0)
    .map(([what, sum]) => `, ${count(Number(sum))} ${what}`)
    .join("");
}
