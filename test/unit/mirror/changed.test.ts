import { describe, expect, test } from "vitest";
import type { ListedTime } from "../../../src/ftp/listing/entry.ts";
import { changeSince } from "../../../src/mirror/decide/changed.ts";
import type { LinkedFacts } from "../../../src/mirror/decide/facts-json.ts";

const at = (
  text: string,
  precision: ListedTime["precision"] = "second",
  zone: ListedTime["zone"] = "utc",
) => ({
  modified: { atMs: Date.parse(text), precision, zone },
});
const NOON = "2026-01-31T12:00:00Z";
const file = (sizeBytes: number, time: Partial<LinkedFacts> = at(NOON)): LinkedFacts => ({
  kind: "file",
  sizeBytes,
  ...time,
});

describe("something is as it was", () => {
  test.each<[string, LinkedFacts | undefined, LinkedFacts | undefined]>([
    ["nothing", undefined, undefined],
    ["a file of the same size and time", file(5), file(5)],
    ["a file listed to the minute", file(5, at(NOON, "minute")), file(5, at("2026-01-31T12:00:42Z"))],
    ["a file listed in a zone nobody knows", file(5, at("2026-01-31T14:00Z", "minute", "unknown")), file(5)],
    ["a file of the same size, of which no time is told", file(5, {}), file(5)],
    ["a directory", { kind: "directory", ...at(NOON) }, { kind: "directory", ...at("2026-02-01T00:00Z") }],
    ["a link to the same", { kind: "link", linkTarget: "a" }, { kind: "link", linkTarget: "a" }],
  ])("%s", (_, then, now) => {
    expect(changeSince(then, now)).toBeUndefined();
  });
});

describe("something is not as it was", () => {
  test.each<[LinkedFacts | undefined, LinkedFacts | undefined, string]>([
    [undefined, file(5), "a file exists there now"],
    [file(5), undefined, "it no longer exists"],
    [file(5), file(6), "it had 5 bytes and now has 6"],
    [file(5), file(5, at("2026-01-31T12:00:01Z")), "it was modified"],
    [file(5, at(NOON, "minute")), file(5, at("2026-01-31T12:01:00Z")), "it was modified"],
    [file(5, at("2026-01-31T14:07Z", "minute", "unknown")), file(5), "it was modified"],
    [file(5), { kind: "directory" }, "it was a file and is now a directory"],
    [{ kind: "link", linkTarget: "a" }, { kind: "link", linkTarget: "b" }, "it now points elsewhere"],
    [
      { kind: "file" },
      file(5),
      "neither its size nor its time is known, so it cannot be recognized as the same file",
    ],
  ])("%j, then %j: %s", (then, now, change) => {
    expect(changeSince(then, now)).toBe(change);
  });
});
