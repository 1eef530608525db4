import type { CopyEvent } from "../../batch/events.ts";

/** How often one file's progress is reported to a program, in milliseconds. */
const EVERY_MS = 1_000;

/** How far one file is, as programs read it. */
interface FileProgress {
  readonly event: "progress";
  readonly source: string;
  readonly target: string;
  /** Where a mirror has several targets: which one this is about. */
  readonly to?: string;
  /** That the target has so far, of `size` bytes; null where the source does not tell. */
  readonly bytes: number;
  readonly size: number | null;
  /** Since the event before, or since the start. */
  readonly bytesPerSecond: number;
}

interface File {
  readonly source: string;
  readonly size: number | null;
  /** When it was last reported, and how many bytes there were then; undefined: those of an earlier try. */
  emittedMs: number;
  bytes: number | undefined;
}

/** Reports the progress of files in flight, each once a second at most; a file that is done sooner is not reported. */
export class ProgressEvents {
  readonly #files = new Map<string, File>();

  /** @returns what is to be reported now, if anything */
  note(event: CopyEvent, nowMs: number): FileProgress | undefined {
    if (event.event === "start") {
      const { source, target, size } = event;
      this.#files.set(target, { source, size, emittedMs: nowMs, bytes: undefined });
    }
    if (event.event === "transfer" || event.event === "retry") this.#files.delete(event.target);
    return event.event === "progress" ? this.#progress(event, nowMs) : undefined;
  }

  #progress(
    { target, bytes, from, to }: Extract<CopyEvent, { readonly event: "progress" }>,
    nowMs: number,
  ): FileProgress | undefined {
    const file = this.#files.get(target);
    if (file === undefined || nowMs - file.emittedMs < EVERY_MS) return undefined;
    const { source, size, emittedMs, bytes: before = from } = file;
    [file.emittedMs, file.bytes] = [nowMs, bytes];
    const bytesPerSecond = Math.max(0, Math.round(((bytes - before) * 1_000) / (nowMs - emittedMs)));
    const where = to === undefined ? {} : { to };
    return { event: "progress", source, target, ...where, bytes, size, bytesPerSecond };
  }
}
