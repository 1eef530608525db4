import { describe, expect, test } from "vitest";
import { MirrorOptions } from "../../../src/config/mirror-options.ts";
import { scanPolicyOf } from "../../../src/config/requests.ts";

describe("what is a mirror's own", () => {
  test.each([
    ["/pub", ".trash", ".trash"],
    ["/pub", ".trash/", ".trash"],
    ["/pub/", "./a//trash", "a/trash"],
    ["/pub", "/pub/.trash", ".trash"],
    ["", ".trash", ".trash"],
    ["pub", "x/../.trash", ".trash"],
  ])("is left alone, however it is written: root %j, trash %j", (root, trash, path) => {
    const { leaves } = scanPolicyOf(MirrorOptions.parse({ trash }), root, 0);
    expect(leaves(path, true)).toBe("this mirror's own");
    expect(leaves(`other${path}`, true)).toBeUndefined();
  });

  test.each([
    ["/pub", "/trash"],
    ["/pub", "../trash"],
    ["pub", "/trash"],
    ["/pub", "/public/trash"],
  ])("is nothing in the tree where it lies elsewhere: root %j, trash %j", (root, trash) => {
    const { leaves } = scanPolicyOf(MirrorOptions.parse({ trash }), root, 0);
    for (const path of ["trash", "public/trash", "lic/trash"]) expect(leaves(path, true)).toBeUndefined();
  });
});
