import type { CopyEvent } from "../../batch/events.ts";
import { nameOf } from "../../ftp/pathname.ts";

/** One file that failed, and why. */
export interface FailedFile {
  readonly path: string;
  readonly because: string;
}

/** Files that failed for the same reason. */
export interface AlikeFailures {
  /** The reason, with `…` where it names the file. */
  readonly because: string;
  readonly count: number;
  /** The first of them, in full. */
  readonly first: readonly FailedFile[];
}

/** Failures of one cause that are reported in full. */
const IN_FULL = 3;
/** Names that we give to files that are not finished. */
const TEMPORARY = /\.fxpd-[0-9a-f]{16}-\w+\.(?:part|old)/g;

/** A thousand failures as the few causes they have, the most frequent first. */
export function causesOf(failures: Iterable<FailedFile>): readonly AlikeFailures[] {
  const causes = new Map<string, { because: string; count: number; first: FailedFile[] }>();
  for (const failure of failures) {
    const because = reasonWithoutName(failure);
    const cause = causes.get(because) ?? { because, count: 0, first: [] };
    cause.count += 1;
    if (cause.first.length < IN_FULL) cause.first.push(failure);
    causes.set(because, cause);
  }
  return [...causes.values()].sort((one, two) => two.count - one.count);
}

/** The file that an event says has failed, or was copied without what was to become of its source. */
export function failureIn(event: CopyEvent): FailedFile | undefined {
  if (event.event === "fault") return { path: event.path, because: event.because };
  const hasFailed = event.event === "transfer" && (event.outcome === "failed" || event.outcome === "partial");
  return hasFailed ? { path: event.source, because: event.because } : undefined;
}

/** What is left of a reason without the file's name, and without numbers that are no reply's. */
export function reasonWithoutName({ path, because }: FailedFile): string {
  const names = [path, path.replace(/^[^/:]*:/, ""), nameOf(path)].filter((name) => name !== "");
  return names
    .reduce((text, name) => text.replace(asWord(name), "…"), because)
    .replace(TEMPORARY, "…")
    .replace(/[^\s:"'(]*…[^\s:"')]*/g, "…")
    .replace(/\d{4,}/g, "…");
}

/** A file called `a` is not in every word. */
function asWord(name: string): RegExp {
  return new RegExp(`(?<![\\w.-])${name.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&")}(?![\\w-])`, "g");
}
