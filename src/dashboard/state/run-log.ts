import { bytes } from "../format.ts";
import { listen } from "./client.ts";
import type { FileInFlightView, RunView } from "../../api/views/schemas.ts";

/** An entry of a run's log, as far as the page looks at it. */
export interface Entry {
  readonly id: string;
  readonly at: string;
  readonly event: string;
  readonly source?: string;
  readonly target?: string;
  readonly path?: string;
  readonly action?: string;
  readonly outcome?: string;
  readonly because?: string;
  readonly by?: string | null;
  readonly method?: string | null;
  readonly bytes?: number;
  readonly seconds?: number;
  readonly files?: number | object;
  readonly protected?: boolean | null;
}

/** More are not kept by the daemon either. */
const MOST = 20_000;

/** What this tab has heard of one run. */
export class RunLog {
  run: RunView | undefined;
  entries: Entry[] = [];
  flying: readonly FileInFlightView[] = [];
  fault: Error | undefined;

  async follow(id: string, changed: () => void, signal: AbortSignal): Promise<void> {
    let isWaiting = false;
    const soon = () => {
      if (isWaiting) return;
      isWaiting = true;
      setTimeout(() => {
        isWaiting = false;
        if (!signal.aborted) changed();
      }, 100);
    };
    await listen(
      `runs/${encodeURIComponent(id)}/events`,
      {
        onFault: (fault) => {
          this.fault = fault;
          soon();
        },
        onEvents: (events) => {
          for (const { event, data } of events) {
            if (event === "run") this.run = data as RunView;
            if (event === "log") this.entries.push(data as Entry);
            if (event === "in-flight") this.flying = (data as { files: FileInFlightView[] }).files;
          }
          if (this.run?.state === "ended") this.flying = [];
          if (this.entries.length > MOST * 1.1) this.entries = this.entries.slice(-MOST);
          soon();
        },
      },
      signal,
    );
  }
}

/** A file's state, by its colour in the grid. */
type FileState = "succeeded" | "failed" | "cancelled" | "retrying";

export interface FileMark {
  readonly name: string;
  readonly state: FileState;
}

/** The last of each file, in the order in which they were first heard of. */
export function filesOf(entries: readonly Entry[]): readonly FileMark[] {
  const files = new Map<string, FileState>();
  for (const { event, target, outcome } of entries) {
    if (target === undefined) continue;
    if (event === "retry") files.set(target, "retrying");
    if (event === "transfer" && outcome === "partial") files.set(target, "failed");
    if (event === "transfer" && (outcome === "succeeded" || outcome === "failed" || outcome === "cancelled"))
      files.set(target, outcome);
  }
  return [...files].map(([name, state]) => ({ name, state }));
}

/** One sentence for one entry. */
export function sentenceOf(entry: Entry): string {
  const { event, source = "", target = "", path = "", action = "", outcome = "", because = "" } = entry;
  switch (event) {
    case "transfer":
      return `${outcome}: ${source} → ${target}${because === "" ? "" : `: ${because}`}`;
    case "retry":
      return `tried again: ${source}: ${because}`;
    case "action":
      return `${action} ${path}: ${because}`;
    case "plan":
      return `planned: ${typeof entry.files === "number" ? entry.files : 0} files, ${bytes(entry.bytes ?? 0)}`;
    case "fault":
      return `${path}: ${because}`;
    default:
      return because === ""
        ? `${event} ${outcome} ${entry.files === undefined ? "" : JSON.stringify(entry.files)}`
        : because;
  }
}
