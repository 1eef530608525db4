import { Causes, type FileReason } from "./causes.ts";
import type { CopyEvent, SummaryEvent } from "../events.ts";

/** Failures that are reported in full, and paths that were left alone. */
const FIRST = 100;

/** What is reported of one path. */
interface Line {
  readonly path: string;
  readonly because: string;
  /** Where it was to go, and how often it was tried. */
  readonly target?: string;
  readonly attempts?: number;
}

interface Part {
  readonly count: number;
  /** The most frequent one first, each with its first file. */
  readonly causes: readonly (FileReason & { readonly count: number })[];
  readonly first: readonly Line[];
}

/** A run as a file tells it. */
interface ReportFile {
  /** Of the form. */
  readonly report: 1;
  readonly began: string;
  readonly ended: string | null;
  readonly isDryRun: boolean;
  /** Null: the run has not come to its end, or never did. */
  readonly summary: Omit<SummaryEvent, "event"> | null;
  readonly failed: Part;
  readonly leftAlone: Part;
  /** What was deleted or put into the trash; in a dry run, what would be. */
  readonly deleted: readonly string[];
  /** Files that were written under their final names at once; absent: none. */
  readonly inPlace?: { readonly count: number; readonly first: readonly string[] };
  /** Files that a limit of the rate applied to, by how it was kept; absent: there was no limit. */
  readonly limitedBy?: Readonly<Partial<Record<"pacing" | "admission", number>>>;
}

/** Collects what a run has to be remembered for. */
export class RunReport {
  readonly #began: string;
  readonly #isDryRun: boolean;
  readonly #failed = new Collected();
  readonly #leftAlone = new Collected();
  readonly #deleted: string[] = [];
  readonly #inPlace: string[] = [];
  #inPlaceCount = 0;
  readonly #limitedBy: Partial<Record<"pacing" | "admission", number>> = {};
  #summary: Omit<SummaryEvent, "event"> | null = null;

  /** @param began as ISO 8601 */
  constructor(began: string, isDryRun: boolean) {
    this.#began = began;
    this.#isDryRun = isDryRun;
  }

  note(event: CopyEvent): void {
    switch (event.event) {
      case "fault":
        return this.#failed.add({ path: event.path, because: event.because });
      case "transfer": {
        const { source: path, target, because, attempts, limitedBy } = event;
        if (limitedBy !== undefined) this.#limitedBy[limitedBy] = (this.#limitedBy[limitedBy] ?? 0) + 1;
        if (event.inPlace === true) {
          this.#inPlaceCount += 1;
          if (this.#inPlace.length < FIRST) this.#inPlace.push(target);
        }
        return event.outcome === "succeeded"
          ? undefined
          : this.#failed.add({ path, because, target, attempts });
      }
      case "action":
        if (event.action === "skip") this.#leftAlone.add({ path: event.path, because: event.because });
        if (event.action === "delete" || event.action === "trash") this.#deleted.push(event.path);
        return;
      case "summary": {
        const { event: _, ...summary } = event;
        this.#summary = summary;
        return;
      }
      default:
    }
  }

  /** @param ended as ISO 8601; null: it goes on */
  value(ended: string | null): ReportFile {
    return {
      report: 1,
      ...{ began: this.#began, ended, isDryRun: this.#isDryRun, summary: this.#summary },
      failed: this.#failed.part(),
      leftAlone: this.#leftAlone.part(),
      deleted: this.#deleted,
      ...(this.#inPlaceCount > 0 && { inPlace: { count: this.#inPlaceCount, first: this.#inPlace } }),
      ...(Object.keys(this.#limitedBy).length > 0 && { limitedBy: this.#limitedBy }),
    };
  }
}

class Collected {
  readonly #causes = new Causes();
  readonly #first: Line[] = [];
  #count = 0;

  add(line: Line): void {
    this.#count += 1;
    this.#causes.note(line.path, line.because);
    if (this.#first.length < FIRST) this.#first.push(line);
  }

  part(): Part {
    const causes = this.#causes
      .list()
      .map(({ count, first: [{ path, because }] }) => ({ count, path, because }));
    return { count: this.#count, causes, first: this.#first };
  }
}
