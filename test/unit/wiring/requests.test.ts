import { describe, expect, test } from "vitest";
import { MirrorOptions } from "../../../src/config/schema/mirror-options.ts";
import { CopyOptions } from "../../../src/config/schema/options.ts";
import { copyRequestOf, mirrorRequestOf, scanPolicyOf } from "../../../src/wiring/requests.ts";

describe("what is a mirror's own", () => {
  test.each([
    ["/pub", ".trash", ".trash"],
    ["/pub", ".trash/", ".trash"],
    ["/pub/", "./a//trash", "a/trash"],
    ["/pub", "/pub/.trash", ".trash"],
    ["", ".trash", ".trash"],
    ["pub", "./.trash/", ".trash"],
  ])("is left alone, however it is written: root %j, trash %j", (root, trash, path) => {
    const { leaves } = scanPolicyOf(MirrorOptions.parse({ trash }), root, 0);
    expect(leaves(path, true)).toBe("belongs to this mirror (stamp or trash)");
    expect(leaves(`other${path}`, true)).toBeUndefined();
  });

  test.each([
    ["/pub", "/trash"],
    ["pub", "/trash"],
    ["/pub", "/public/trash"],
  ])("is nothing in the tree where it lies elsewhere: root %j, trash %j", (root, trash) => {
    const { leaves } = scanPolicyOf(MirrorOptions.parse({ trash }), root, 0);
    for (const path of ["trash", "public/trash", "lic/trash"]) expect(leaves(path, true)).toBeUndefined();
  });
});

describe("a file that may still be written", () => {
  const nowMs = Date.UTC(2025, 0, 1, 12, 1, 20);
  const { leavesFile } = scanPolicyOf(MirrorOptions.parse({ settle: "30s" }), "/", nowMs);
  const at = (agoMs: number, precision: "second" | "minute") =>
    leavesFile({ kind: "file", modified: { atMs: nowMs - agoMs, precision, zone: "utc" } });

  test("is left alone for as long as it has to settle", () => {
    expect(at(20_000, "second")).toMatch(/may still be being written/);
    expect(at(32_000, "second")).toBeUndefined();
    expect(leavesFile({ kind: "file" })).toBeUndefined();
  });

  test("where times are told to the minute, for as long as that may be", () => {
    // 12:00 may be 12:00:59, which is 21 seconds ago.
    expect(at(80_000, "minute")).toMatch(/may still be being written/);
    expect(at(140_000, "minute")).toBeUndefined();
  });
});

describe("what is said of a whole run reaches whoever copies its files", () => {
  const said = { bwlimit: "10M", maxTransfer: "10G", maxDuration: "2h" };
  const directories = { config: "/nowhere", jobs: "/nowhere" };
  const common = { target: "file:///tmp/b", dryRun: false, directories };
  const limits = { maxTransfer: 10 * 2 ** 30, maxDuration: 7_200_000 };

  test("in a mirror", async () => {
    const options = MirrorOptions.parse(said);
    const request = await mirrorRequestOf({ ...common, source: "file:///tmp/a", options }, {});
    expect(request).toMatchObject({ ...limits, bwlimit: options.bwlimit });
    expect(request.bwlimit).toBeDefined();
  });

  test("in a copy", async () => {
    const options = CopyOptions.parse(said);
    const request = await copyRequestOf({ ...common, sources: ["file:///tmp/a"], options }, {});
    expect(request).toMatchObject({ ...limits, bwlimit: options.bwlimit });
    expect(request.bwlimit).toBeDefined();
  });

  test.each([{ maxTransfer: "0" }, { maxTransfer: "x" }, { maxDuration: "0s" }, { maxDuration: "60" }])(
    "a limit that is none is refused: %j",
    (options) => {
      expect(() => MirrorOptions.parse(options)).toThrow(/expected/);
    },
  );
});
