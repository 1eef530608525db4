import { describe, expect, test } from "vitest";
import { temporaryPath, transferKey } from "../../../../src/transfer/publish/temporary-name.ts";
import { nameOf } from "../../../../src/ftp/pathname.ts";
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
    ["in a dry run", partialOf("t"), true, true],
    ["where it belongs to somebody else's copies", partialOf("u"), false, true],
    ["where it is another file's, and nothing is deleted", ".fxpd-0123456789abcdef-t.part", false, false],
  ])("stays %s", async (_, name, dryRun, looksAtExtras) => {
    const one = scene(name);
    await one.run({ dryRun, scan: { looksAtExtras } });
    expect(one.target.tree.find(`/d/${name}`)).toBeDefined();
  });
});

describe("partial files of ours whose source is gone", () => {
  const key = (path: string) => transferKey(`memory://target/${path}`);
  const part = (name: string, owner = "t") => temporaryPath(name, key(`/${name}`), owner);
  const foreign = part("gone", "u");

  const collecting = () =>
    new MirrorScene(
      directory({ kept: file("kept"), wanted: file("wanted") }),
      directory({
        kept: file("kept"),
        extra: file("extra"),
        [part("gone")]: file("part"),
        [part("wanted")]: file("part of it"),
        [foreign]: file("theirs"),
        old: directory({ [nameOf(part("old/f"))]: file("part") }),
      }),
    );

  test("go where --delete is given, are said, and count as nothing", async () => {
    const one = collecting();
    const { summary, events } = await one.run({ deletes: true, scan: { ceiling: { files: 1 } } });
    expect(summary).toMatchObject({ outcome: "succeeded", files: { copied: 1, kept: 1, deleted: 1 } });
    expect(one.target.tree.find(`/${part("gone")}`)).toBeUndefined();
    expect(one.target.tree.find("/old")).toBeUndefined();
    expect(one.target.tree.find(`/${foreign}`)).toBeDefined();
    const said = events.flatMap((event) =>
      event.event === "action" && event.action === "clean" ? [event.because] : [],
    );
    expect(said).toEqual(Array(2).fill("partial file of a transfer that is not running"));
  });

  test.each([
    ["without --delete", { deletes: false, scan: { looksAtExtras: false } }],
    ["in a dry run", { deletes: true, dryRun: true }],
    ["where deletions are refused", { deletes: true, scan: { ceiling: { files: 0 } } }],
  ])("stay %s", async (_, asked) => {
    const one = collecting();
    await one.run(asked);
    expect(one.target.tree.find(`/${part("gone")}`)).toBeDefined();
  });

  test("stay while somebody writes that file, with the directory that they are in", async () => {
    const one = collecting();
    await one.ledger.claim(key("/old/f"), { source: "another" });
    expect((await one.run({ deletes: true })).summary).toMatchObject({ outcome: "succeeded" });
    expect(one.target.tree.find(`/${part("old/f")}`)).toBeDefined();
    expect(one.target.tree.find(`/${part("gone")}`)).toBeUndefined();
  });
});
