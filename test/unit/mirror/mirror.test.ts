import { describe, expect, test } from "vitest";
import { directory, file } from "../../support/memory-tree.ts";
import { MirrorScene } from "../../support/mirror-scene.ts";

describe("a mirror", () => {
  test("makes the target equal to the source, and has nothing to do then", async () => {
    const scene = new MirrorScene(
      directory({ a: file("one"), d: directory({ b: file("two"), e: directory({}) }) }),
      directory({ a: file("one"), x: file("no more"), y: directory({ z: file("nor this") }) }),
    );
    const { summary, misuses } = await scene.run();
    expect(summary).toMatchObject({
      outcome: "succeeded",
      files: { copied: 1, kept: 1, deleted: 2, failed: 0 },
    });
    expect(scene.target.tree.snapshot()).toEqual(scene.source.tree.snapshot());
    expect(misuses).toEqual([]);
    const again = await scene.run();
    expect(again.summary.files).toEqual({ copied: 0, kept: 2, deleted: 0, skipped: 0, failed: 0 });
  });
});
