import { describe, expect, test } from "vitest";
import { faults, refused } from "../../support/memory-faults.ts";
import { directory, file, link } from "../../support/memory-tree.ts";
import { MirrorScene } from "../../support/mirror-scene.ts";

describe("a directory in place of a file", () => {
  test("comes with its indexes, its links and all below it", async () => {
    const scene = new MirrorScene(
      directory({
        Release: file("top"),
        d: directory({ Release: file("index"), f: file("f"), l: link("f"), e: directory({ g: file("g") }) }),
      }),
      directory({ d: file("a file") }),
    );
    const isIndex = (path: string) => path.endsWith("Release");
    const { summary } = await scene.run({ isIndex, scan: { links: "copy" } });
    expect(summary).toMatchObject({ outcome: "succeeded", files: { copied: 5, deleted: 1, failed: 0 } });
    expect(scene.target.tree.snapshot()).toEqual(scene.source.tree.snapshot());
  });
});

describe("a file in place of a directory", () => {
  test("does not come where a rule leaves that directory out", async () => {
    const target = directory({ d: directory({}) });
    const scene = new MirrorScene(directory({ d: file("a file") }), target);
    const leaves = (_path: string, isDirectory: boolean) => (isDirectory ? "no directories" : undefined);
    const { summary } = await scene.run({ scan: { leaves } });
    expect(scene.target.tree.snapshot()).toEqual(target);
    expect(summary).toMatchObject({ files: { copied: 0, deleted: 0, skipped: 1 } });
  });

  test("is a failure where something is in that directory which stays", async () => {
    const scene = new MirrorScene(
      directory({ d: file("x") }),
      directory({ d: directory({ keep: file("y") }) }),
    );
    const leaves = (path: string) => (path === "d/keep" ? "a rule" : undefined);
    const { summary } = await scene.run({ scan: { leaves } });
    expect(scene.target.tree.find("/d/keep")).toMatchObject({ octets: "y" });
    expect(summary).toMatchObject({ outcome: "failed", files: { copied: 0, deleted: 0, failed: 1 } });
  });
});

describe("a link in place of a file", () => {
  const [source, target] = [directory({ l: link("to") }), directory({ l: file("octets") })];

  test("comes in one step", async () => {
    const scene = new MirrorScene(source, target);
    const { summary } = await scene.run({ scan: { links: "copy" } });
    expect(summary).toMatchObject({ outcome: "succeeded", files: { copied: 1, failed: 0 } });
    expect(scene.target.tree.snapshot()).toEqual(source);
    expect(scene.target.done("remove")).toEqual([]);
  });

  test("leaves that file where it cannot be made", async () => {
    const scene = new MirrorScene(source, target, { target: { makesLinks: false } });
    const { summary } = await scene.run({ scan: { links: "copy" } });
    expect(summary).toMatchObject({ outcome: "failed", files: { failed: 1 } });
    expect(scene.target.tree.snapshot()).toEqual(target);
  });

  test("leaves that file, and nothing else, where it cannot get its name", async () => {
    const fault = faults({ verb: "replace", fault: refused(553, "no") });
    const scene = new MirrorScene(source, target, { target: { fault } });
    const { summary } = await scene.run({ scan: { links: "copy" } });
    expect(summary).toMatchObject({ outcome: "failed", files: { failed: 1 } });
    expect(scene.target.tree.snapshot()).toEqual(target);
  });

  test("puts that file into the trash where there is one", async () => {
    const scene = new MirrorScene(source, target);
    const leaves = (path: string) =>
      path === ".trash" ? "belongs to this mirror (stamp or trash)" : undefined;
    await scene.run({ trash: "/.trash", scan: { links: "copy", leaves } });
    expect(scene.target.tree.find("/.trash/2025-06-06T07-08-09/l")).toMatchObject({ octets: "octets" });
    expect(scene.target.tree.find("/l")).toEqual(link("to"));
  });
});

test("a file in place of a link has that link in the trash", async () => {
  const scene = new MirrorScene(directory({ l: file("octets") }), directory({ l: link("to") }));
  const leaves = (path: string) =>
    path === ".trash" ? "belongs to this mirror (stamp or trash)" : undefined;
  await scene.run({ trash: "/.trash", scan: { leaves } });
  expect(scene.target.tree.find("/.trash/2025-06-06T07-08-09/l")).toEqual(link("to"));
  expect(scene.target.tree.find("/l")).toMatchObject({ octets: "octets" });
});

test("nothing is put where a link leads that should have gone first", async () => {
  const fault = faults({ verb: "remove", path: "/d", fault: refused(450, "busy") });
  const both = { elsewhere: directory({}), g: file("g") };
  const target = directory({ ...both, d: link("elsewhere") });
  const scene = new MirrorScene(directory({ ...both, d: directory({ f: file("f") }) }), target, {
    target: { fault },
  });
  const { summary, events } = await scene.run();
  expect(scene.target.tree.snapshot()).toEqual(target);
  expect(summary).toMatchObject({ outcome: "partial", files: { copied: 0, failed: 2 } });
  expect(events).toContainEqual(
    expect.objectContaining({
      because: expect.stringMatching(/has to be removed first|had to be removed first/),
    }),
  );
});
