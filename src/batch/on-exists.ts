import type { ListedTime } from "../ftp/listing/entry.ts";
import { DIRECTORY_THERE } from "../transfer/errors.ts";
import type { FileFacts } from "../transfer/sides/side.ts";

/** What to do with a file that is at the target already. */
export type OnExists = "overwrite" | "skip" | "newer" | "fail" | "unique";

export interface ExistsVerdict {
  readonly action: "copy" | "copy-aside" | "keep" | "skip" | "fail";
  readonly because: string;
}

/** What becomes of one file, and why. `copy-aside`: under another name that is free. */
export function judgeExisting(
  source: FileFacts,
  target: FileFacts | undefined,
  policy: OnExists,
): ExistsVerdict {
  if (target === undefined) return { action: "copy", because: "not on the target" };
  // No file takes its place, but another name is as good.
  if (target.kind === "directory" && policy !== "unique") return { action: "fail", because: DIRECTORY_THERE };
  switch (policy) {
    case "overwrite":
      return { action: "copy", because: "exists at the target; overwriting it" };
    case "skip":
      return { action: "skip", because: "already exists at the target" };
    case "fail":
      return { action: "fail", because: "already exists at the target" };
    case "unique":
      return { action: "copy-aside", because: "already exists at the target" };
    case "newer":
      return newer(source.modified, target.modified);
  }
}

/** Times are compared as exactly as the less exact of the two is. */
function newer(source: ListedTime | undefined, target: ListedTime | undefined): ExistsVerdict {
  if (source === undefined || target === undefined) {
    return { action: "copy", because: "the source or target has no known time" };
  }
  const lead = source.atMs - target.atMs;
  if (lead >= Math.max(STEP_MS[source.precision], STEP_MS[target.precision])) {
    return { action: "copy", because: `newer by ${Math.round(lead / 1000)} s` };
  }
  return { action: "keep", because: "not newer than the target" };
}

const STEP_MS = { second: 1_000, minute: 60_000, day: 86_400_000 } as const;
