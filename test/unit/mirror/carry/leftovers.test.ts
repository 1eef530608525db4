import { describe, expect, test } from "vitest";
import { temporaryPath, transferKey } from "../../../../src/transfer/publish/temporary-name.ts";
import { directory, file } from "../../../support/memory-tree.ts";
import { MirrorScene } from "../../../support/mirror-scene.ts";

/** The partial file of `/d/f`, without its directory. */
const partialOf = (owner: string) =>
  temporaryPath("/d/f", transferKey("memory://target//d/f"), owner).slice("/d/".length);

const scene = (name: string) =>
  new MirrorScene(
    directory({ d: directory({ f: file("bytes"), other: file("other") }) }),
    directory({ d: directory({ f: file("bytes"), [name]: file("by") }) }),
  );

describe("a partial file beside a file that is as it should be", () => {
  test("goes, and is counted as nothing", async () => {
    const one = scene(partialOf("t"));
    const { summary, misuses } = await one.run();
    expect(summary).toMatchObject({
      outcome: "succeeded",
      files: { copied: 1, kept: 1, deleted: 0, skipped: 0, failed: 0 },
    });
    expect(one.target.tree.find(`/d/${partialOf("t")}`)).toBeUndefined();
    expect(misuses).toEqual([]);
    // Nothing of it is recorded.
    const claim = await one.ledger.claim(transferKey("memory://target//d/f"), { source: "another" });
    expect(claim.mayHaveLeft).toBe(false);
  });

  test("stays while somebody writes that file", async () => {
    const one = scene(partialOf("t"));
    await one.ledger.claim(transferKey("memory://target//d/f"), { source: "another" });
    expect((await one.run()).summary).toMatchObject({ outcome: "succeeded" });
    expect(one.target.tree.find(`/d/${partialOf("t")}`)).toBeDefined();
  });

  test.each([
    ["in a dry run", partialOf("t"), true],
    ["where it belongs to somebody else's copies", partialOf("u"), false],
    ["where it is another file's", ".fxpd-0123456789abcdef-t.part", false],
  ])("stays %s", async (_, name, dryRun) => {
    const one = scene(name);
    await one.run({ dryRun });
    expect(one.target.tree.find(`/d/${name}`)).toBeDefined();
  });
});
