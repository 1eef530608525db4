import { listen } from "./client.ts";
import type { ShownEntry } from "./entry.ts";
import { FileMarks } from "./file-marks.ts";
import type { FileInFlightView, RunView } from "../../api/views/schemas.ts";

/** More are not kept by the daemon either. */
const MOST = 20_000;

/** What this tab has received about one run. */
export class RunLogView {
  run: RunView | undefined;
  entries: ShownEntry[] = [];
  readonly files = new FileMarks();
  flying: readonly FileInFlightView[] = [];
  fault: Error | undefined;
  /** Whether the entries that were there at first have come. */
  isLoaded = false;

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
            // The event stream sends the run after its log.
            if (event === "run") [this.run, this.isLoaded] = [data as RunView, true];
            if (event === "log") {
              this.entries.push(data as ShownEntry);
              this.files.take(data as ShownEntry);
            }
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
