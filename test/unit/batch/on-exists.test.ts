import { expect, test } from "vitest";
import { judgeExisting, type OnExists } from "../../../src/batch/on-exists.ts";
import type { ListedTime } from "../../../src/ftp/listing/entry.ts";

const file = (sizeBytes: number, modified?: ListedTime) => ({
  kind: "file" as const,
  sizeBytes,
  ...(modified === undefined ? {} : { modified }),
});
const at = (atMs: number, precision: ListedTime["precision"]): ListedTime => ({
  atMs,
  precision,
  zone: "utc",
});

test.each<[OnExists, string]>([
  ["overwrite", "copy"],
  ["skip", "skip"],
  ["fail", "fail"],
  ["unique", "copy-aside"],
  ["newer", "copy"],
])("%s: a file that is at the target is dealt with by %j", (policy, action) => {
  expect(judgeExisting(file(1), file(2), policy).action).toBe(action);
  expect(judgeExisting(file(1), undefined, policy).action).toBe("copy");
});

test.each<[OnExists, string]>([
  ["overwrite", "fail"],
  ["skip", "fail"],
  ["fail", "fail"],
  ["unique", "copy-aside"],
  ["newer", "fail"],
])("%s: a directory is never replaced by a file: %j", (policy, action) => {
  expect(judgeExisting(file(1), { kind: "directory" }, policy).action).toBe(action);
});

test.each([
  [at(61_000, "second"), at(60_000, "second"), "copy"],
  [at(60_000, "second"), at(60_000, "second"), "keep"],
  [at(59_000, "second"), at(60_000, "second"), "keep"],
  // The target's time is only known to the minute: 60 s may be 119 s.
  [at(119_000, "second"), at(60_000, "minute"), "keep"],
  [at(120_000, "second"), at(60_000, "minute"), "copy"],
  [at(120_000, "minute"), at(60_000, "second"), "copy"],
  [at(3_600_000, "day"), at(0, "second"), "keep"],
])("newer: %j and %j: %s", (source, target, action) => {
  expect(judgeExisting(file(1, source), file(1, target), "newer").action).toBe(action);
});
