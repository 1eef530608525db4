import { describe, expect, test } from "vitest";
import { faults, LOST, refused } from "../../support/memory-faults.ts";
import { directory, EMPTY, file } from "../../support/memory-tree.ts";
import { type Asked, MirrorScene } from "../../support/mirror-scene.ts";

const TREE = directory({ a: file("a"), d: directory({ b: file("b") }) });
const denied = refused(550, "Permission denied");
const NOTHING = { copied: 0, kept: 0, deleted: 0, skipped: 0 };

const to = (scene: MirrorScene, path: string): Pick<Asked, "target" | "deletes"> => ({
  target: { place: scene.target.place, path, shown: `target:${path}` },
});

describe("a target directory that fails is named and counted, as any other directory is", () => {
  test.each([
    ["cannot be made", "makeDirectory", EMPTY, /^target: MKD \/out: 550 Permission denied$/],
    ["cannot be listed", "list", directory({ out: EMPTY }), /^target: \S+ \/out: 550 Permission denied$/],
  ] as const)("because it %s", async (_, verb, there, because) => {
    const scene = new MirrorScene(TREE, there, {
      target: { fault: faults({ verb, path: "/out", fault: denied }) },
    });
    const { summary, events, misuses } = await scene.run(to(scene, "/out"));
    expect(summary).toMatchObject({ outcome: "failed", files: { ...NOTHING, failed: 1 } });
    expect(summary.because).toMatch(because);
    expect(events.filter(({ event }) => event === "fault")).toEqual([
      { event: "fault", path: "target:/out", because: summary.because },
    ]);
    expect(events.at(-1)).toEqual(summary);
    expect(misuses).toEqual([]);
  });

  test.each([
    ["/f", "it", false],
    ["/f", "it", true],
    ["/f/deep/out", "what it would be in", true],
  ])(
    "because a file has its name, or that of what it would be in: %s, %s (dry run: %s)",
    async (path, _, dryRun) => {
      const scene = new MirrorScene(TREE, directory({ f: file("f") }));
      const { summary, events } = await scene.run({ ...to(scene, path), dryRun });
      expect(summary).toMatchObject({
        outcome: "failed",
        files: { ...NOTHING, failed: 1 },
        because: "target:/f: is a file, not a directory",
      });
      expect(events).toContainEqual({ event: "fault", path: `target:${path}`, because: summary.because });
      expect(scene.target.tree.snapshot()).toEqual(directory({ f: file("f") }));
    },
  );

  test("after the retries that any other directory gets", async () => {
    const busy = faults({ verb: "makeDirectory", path: "/out", times: 2, fault: refused(450, "busy") });
    const scene = new MirrorScene(TREE, EMPTY, { target: { fault: busy } });
    expect((await scene.run({ ...to(scene, "/out"), retries: 1 })).summary.files.failed).toBe(1);
    expect((await scene.run({ ...to(scene, "/out"), retries: 1 })).summary).toMatchObject({
      outcome: "succeeded",
      files: { copied: 2, failed: 0 },
    });
  });

  test("and of a list, each file is told not to have been looked for, and nothing else is counted", async () => {
    const fault = faults({ verb: "makeDirectory", fault: denied });
    const scene = new MirrorScene(TREE, EMPTY, { target: { fault } });
    const asked = { ...to(scene, "/out"), names: new Set(["a", "d/b"]), deletes: false };
    const { summary, events } = await scene.run(asked);
    expect(summary).toMatchObject({
      files: { failed: 2 },
      because: "target: MKD /out: 550 Permission denied",
    });
    for (const path of ["source:/a", "source:/d/b"])
      expect(events).toContainEqual({
        event: "fault",
        path,
        because:
          "is in the list, but was not found or not looked for, because of an error: target: MKD /out: 550 Permission denied",
      });
  });
});

test("a connection that is lost over the target directory says nothing of that one", async () => {
  const fault = faults({ verb: "makeDirectory", fault: LOST });
  const scene = new MirrorScene(TREE, EMPTY, { target: { fault } });
  await expect(scene.run(to(scene, "/out"))).rejects.toThrow("target: connection lost");
});
