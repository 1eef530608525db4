import { describe, expect, test } from "vitest";
import type { CopyEvent } from "../../../src/batch/events.ts";
import { faults, refused } from "../../support/memory-faults.ts";
import { NOW_MS } from "../../support/memory-side.ts";
import { directory, EMPTY, type FileNode, file, link } from "../../support/memory-tree.ts";
import { MirrorScene } from "../../support/mirror-scene.ts";

const saying = (events: readonly CopyEvent[], action: string) =>
  events.flatMap((one) => (one.event === "action" && one.action === action ? [one] : []));
const pathsOf = (events: readonly CopyEvent[], action: string) =>
  saying(events, action).map(({ path }) => path);
const ALL_WELL = { outcome: "succeeded", files: { failed: 0 } };

describe("a mirror", () => {
  test("makes the target equal to the source, and has nothing to do then", async () => {
    const scene = new MirrorScene(
      directory({ a: file("one"), d: directory({ b: file("two"), e: directory({}) }) }),
      directory({ a: file("one"), x: file("no more"), y: directory({ z: file("nor this") }) }),
    );
    const { summary, misuses } = await scene.run();
    expect(summary).toMatchObject({ ...ALL_WELL, files: { copied: 1, kept: 1, deleted: 2 } });
    expect(scene.target.tree.snapshot()).toEqual(scene.source.tree.snapshot());
    expect(misuses).toEqual([]);
    const again = await scene.run();
    expect(again.summary.files).toEqual({ copied: 0, kept: 2, deleted: 0, skipped: 0, failed: 0 });
  });

  test("that may not delete leaves what only the target has, and what is in the way", async () => {
    const scene = new MirrorScene(
      directory({ a: file("a"), d: directory({ f: file("f") }) }),
      directory({ d: file("in the way"), x: file("x") }),
    );
    const { summary } = await scene.run({ deletes: false });
    expect(summary).toMatchObject({ outcome: "partial", files: { copied: 1, deleted: 0, failed: 1 } });
    expect(scene.target.tree.find("/d")).toMatchObject({ octets: "in the way" });
    expect(scene.target.tree.find("/x")).toBeDefined();
  });

  test.each([
    { onExists: "overwrite", files: { copied: 3, skipped: 0, failed: 0 }, old: "new!", young: "new!!" },
    { onExists: "skip", files: { copied: 1, skipped: 2, failed: 0 }, old: "was", young: "was it" },
    { onExists: "newer", files: { copied: 2, skipped: 1, failed: 0 }, old: "new!", young: "was it" },
    { onExists: "fail", files: { copied: 1, skipped: 0, failed: 2 }, old: "was", young: "was it" },
  ] as const)("does with what differs as it is told: $onExists", async ({ onExists, files, ...stands }) => {
    const scene = new MirrorScene(
      directory({ old: file("new!", NOW_MS), young: file("new!!", NOW_MS - 9_000_000), more: file("more") }),
      directory({ old: file("was", NOW_MS - 9_000_000), young: file("was it", NOW_MS) }),
    );
    const { summary } = await scene.run({ onExists });
    expect(summary.files).toMatchObject({ ...files, deleted: 0 });
    for (const [name, octets] of Object.entries(stands))
      expect(scene.target.tree.find(`/${name}`)).toMatchObject({ octets });
  });

  test("makes a target directory that is not there", async () => {
    const scene = new MirrorScene(directory({ a: file("a") }), EMPTY);
    const target = { place: scene.target.place, path: "/not/there", shown: "target:/not/there" };
    const { summary } = await scene.run({ target });
    expect(summary).toMatchObject({ ...ALL_WELL, files: { copied: 1 } });
    expect(scene.target.tree.find("/not/there/a")).toBeDefined();
  });

  test("of a source that is not there does nothing", async () => {
    const scene = new MirrorScene(EMPTY, directory({ a: file("a") }));
    const source = { place: scene.source.place, path: "/not/there", shown: "source:/not/there" };
    const { summary, events } = await scene.run({ source });
    expect(summary).toMatchObject({ outcome: "failed", files: { copied: 0, failed: 1 } });
    expect(summary.because).toMatch(/^source:\/not\/there: no such directory \(.*ENOENT/);
    expect(events).toContainEqual({ event: "fault", path: "source:/not/there", because: summary.because });
    expect(scene.target.tree.find("/a")).toBeDefined();
  });

  test("of a source that is a file does nothing, and says what it is", async () => {
    const scene = new MirrorScene(directory({ f: file("f") }), directory({ a: file("a") }));
    const source = { place: scene.source.place, path: "/f", shown: "source:/f" };
    expect((await scene.run({ source })).summary).toMatchObject({
      outcome: "failed",
      files: { copied: 0, deleted: 0, failed: 1 },
      because: "source:/f: is a file, not a directory",
    });
    expect(scene.target.tree.find("/a")).toBeDefined();
  });

  test("sees a file that only its octets tell apart, where it compares digests", async () => {
    const [source, target] = [file("abc"), file("abd")];
    const options = { source: { digests: true }, target: { digests: true } };
    const scene = new MirrorScene(
      directory({ a: source, b: source }),
      directory({ a: target, b: source }),
      options,
    );
    const { summary } = await scene.run({ scan: { compare: "digest" } });
    expect(summary).toMatchObject({ ...ALL_WELL, files: { copied: 1, kept: 1 } });
    expect(scene.target.tree.find("/a")).toEqual(source);
  });
});

describe("what is left alone", () => {
  const marked = directory({ d: directory({ ".updating": file(""), f: file("new") }), g: file("g") });

  test("is a directory with a marker in it, at both sides, with all that is below it", async () => {
    const there = { d: directory({ f: file("old!"), x: file("x"), e: directory({ y: file("y") }) }) };
    const scene = new MirrorScene(marked, directory(there));
    const { summary, events } = await scene.run({ scan: { leaveIf: [".updating"] } });
    expect(summary).toMatchObject({ ...ALL_WELL, files: { copied: 1, deleted: 0, skipped: 1 } });
    expect(scene.target.tree.snapshot()).toEqual(directory({ ...there, g: file("g") }));
    expect(saying(events, "skip")).toEqual([expect.objectContaining({ because: "it contains .updating" })]);
  });

  test("is a directory whose marker has not come; one without files needs none", async () => {
    const scene = new MirrorScene(
      directory({ d: directory({ f: file("f") }), e: directory({ done: file(""), f: file("f") }) }),
      EMPTY,
    );
    const { events } = await scene.run({ scan: { leaveUnless: "done" } });
    expect(pathsOf(events, "skip")).toEqual(["source:/d"]);
    expect(scene.target.tree.snapshot()).toEqual(
      directory({ e: directory({ done: file(""), f: file("f") }) }),
    );
  });

  test("is a file for its size or time, at both sides; a directory above one that stays, stays", async () => {
    const leavesFile = ({ sizeBytes }: { readonly sizeBytes?: number }) =>
      (sizeBytes ?? 0) > 3 ? "large" : undefined;
    const target = directory({ d: directory({ large: file("large"), no: file("no") }), a: file("another") });
    const scene = new MirrorScene(directory({ a: file("large"), b: file("b") }), target);
    const { events } = await scene.run({ scan: { leavesFile } });
    expect(pathsOf(events, "delete")).toEqual(["target:/d/no"]);
    const stays = { d: directory({ large: file("large") }), a: file("another") };
    expect(scene.target.tree.snapshot()).toEqual(directory({ ...stays, b: file("b") }));
  });

  test("is what lies too deep, at both sides", async () => {
    const target = directory({ a: directory({ b: directory({ x: file("x") }) }) });
    const scene = new MirrorScene(
      directory({ a: directory({ b: directory({ y: file("y") }), c: file("c") }) }),
      target,
    );
    const { summary } = await scene.run({ scan: { maxDepth: 1 } });
    expect(summary).toMatchObject({ ...ALL_WELL, files: { copied: 1, deleted: 0, skipped: 1 } });
    expect(scene.target.tree.find("/a/b/x")).toBeDefined();
  });
});

describe("permissions", () => {
  const with_ = (octets: string, permissions: number): FileNode => ({ ...file(octets), permissions });

  test("are those of the source where that is asked for, for files that come and for those that stay", async () => {
    const scene = new MirrorScene(
      directory({ new: with_("n", 0o600), same: with_("s", 0o640), equal: with_("e", 0o644) }),
      directory({ same: with_("s", 0o644), equal: with_("e", 0o644) }),
    );
    const { events } = await scene.run({ permissions: true });
    expect(scene.target.tree.snapshot()).toEqual(scene.source.tree.snapshot());
    expect(pathsOf(events, "set-permissions").sort()).toEqual(["target:/new", "target:/same"]);
    const again = await scene.run({ permissions: true });
    expect(saying(again.events, "set-permissions")).toEqual([]);
  });

  test("are those of the source without the bits of the mask", async () => {
    const scene = new MirrorScene(
      directory({ new: with_("n", 0o666), same: with_("s", 0o775), equal: with_("e", 0o664) }),
      directory({ same: with_("s", 0o775), equal: with_("e", 0o644) }),
    );
    const masked = { permissions: true, permissionsMask: 0o022 };
    const { events } = await scene.run(masked);
    expect(pathsOf(events, "set-permissions").sort()).toEqual(["target:/new", "target:/same"]);
    const bits = ["/new", "/same", "/equal"].map((path) => scene.target.tree.find(path));
    expect(bits).toMatchObject([{ permissions: 0o644 }, { permissions: 0o755 }, { permissions: 0o644 }]);
    const again = await scene.run(masked);
    expect(saying(again.events, "set-permissions")).toEqual([]);
  });

  test("of a file that has not come are not set on the one that is there", async () => {
    const target = { fault: faults({ verb: "write", fault: refused(553, "no") }) };
    const old = with_("older", 0o644);
    const scene = new MirrorScene(directory({ f: with_("new", 0o600) }), directory({ f: old }), { target });
    await scene.run({ permissions: true });
    expect(scene.target.tree.find("/f")).toEqual(old);
  });
});

describe("before and after", () => {
  test("without the canary at the source nothing at all is done", async () => {
    const scene = new MirrorScene(directory({ a: file("a") }), directory({ b: file("b") }));
    const { summary } = await scene.run({ canary: "alive" });
    expect(summary).toMatchObject({
      outcome: "refused",
      because: expect.stringMatching(/source:\/alive: canary file not found/),
    });
    expect(scene.target.operations).toEqual([]);
  });

  test("with it, it is a file as any other", async () => {
    const scene = new MirrorScene(directory({ alive: file(""), a: file("a") }), EMPTY);
    const { summary } = await scene.run({ canary: "alive" });
    expect(summary).toMatchObject({ ...ALL_WELL, files: { copied: 2 } });
  });

  test("the stamp may be in a directory that is not there yet", async () => {
    const scene = new MirrorScene(directory({ a: file("a") }), directory({}));
    const { summary } = await scene.run({ stamp: "state/of/mirror" });
    expect(summary).toMatchObject(ALL_WELL);
    expect(scene.target.tree.find("/state/of/mirror")).toMatchObject({ kind: "file" });
  });

  test("a file in place of the source's only directory makes way for it, under the ceiling for deletions", async () => {
    const trees = () =>
      [
        directory({ d: directory({ f: file("f") }) }),
        directory({ d: file("in the way"), x: file("x") }),
      ] as const;
    const refused = new MirrorScene(...trees());
    const { summary } = await refused.run({ deletes: true, scan: { ceiling: { files: 1 } } });
    expect(summary.outcome).toBe("refused");
    expect(summary.because).toMatch(/^2 of 2 files would be deleted, which exceeds the limit of 1/);
    expect(refused.target.tree.find("/d")).toMatchObject({ octets: "in the way" });
    const allowed = new MirrorScene(...trees());
    await allowed.run({ deletes: true, scan: { ceiling: { files: 2 } } });
    expect(allowed.target.tree.find("/d/f")).toMatchObject({ octets: "f" });
    expect(allowed.target.tree.find("/x")).toBeUndefined();
  });

  test.each([
    [
      "far down",
      directory({ d: directory({ e: directory({ f: file("f") }) }) }),
      directory({ d: file("old") }),
    ],
    ["a link", directory({ d: directory({ f: file("f") }) }), directory({ d: link("elsewhere") })],
    [
      "a directory in place of a file",
      directory({ d: file("f") }),
      directory({ d: directory({ old: file("old") }) }),
    ],
  ] as const)("what is in the way of all that the source has makes way: %s", async (_, source, target) => {
    const scene = new MirrorScene(source, target);
    const { summary } = await scene.run({ deletes: true, scan: { ceiling: { percent: 100 } } });
    expect(summary).toMatchObject({ outcome: "succeeded", files: { copied: 1 } });
    expect(scene.target.tree.snapshot()).toEqual(scene.source.tree.snapshot());
  });

  test("nothing makes way for a directory of the source that has no files, where the source has no others", async () => {
    const scene = new MirrorScene(
      directory({ d: directory({}) }),
      directory({ d: file("in the way"), x: file("x") }),
    );
    const { summary } = await scene.run({ deletes: true, scan: { ceiling: { percent: 100 } } });
    expect(summary.because).toMatch(/^the source has no files at all, but the target has 2/);
    expect(scene.target.tree.find("/d")).toMatchObject({ octets: "in the way" });
  });

  test("the stamp comes after a run in which all went well, with its time", async () => {
    const scene = new MirrorScene(directory({ a: file("a") }), EMPTY);
    await scene.run({ stamp: "stamp" });
    const stamp = scene.target.tree.find("/stamp");
    expect(stamp).toMatchObject({ octets: `${new Date(NOW_MS).toISOString()} test\n` });
  });

  test.each([
    ["a failure", { source: { fault: faults({ verb: "read", path: "/a", fault: refused(550, "no") }) } }, {}],
    ["a refusal to delete", {}, { scan: { ceiling: { files: 0 } } }],
    ["a dry run", {}, { dryRun: true }],
  ] as const)("after %s there is none", async (_, options, asked) => {
    const scene = new MirrorScene(
      directory({ a: file("a"), b: file("b") }),
      directory({ x: file("x") }),
      options,
    );
    await scene.run({ ...asked, stamp: "stamp" });
    expect(scene.target.tree.find("/stamp")).toBeUndefined();
    expect(scene.target.tree.find("/x")).toBeDefined();
  });

  test("indexes wait for the next run where a file that they speak of has not come", async () => {
    const fault = faults({ verb: "read", path: "/pool/a", times: 1, fault: refused(550, "no") });
    const scene = new MirrorScene(
      directory({ Release: file("new index"), pool: directory({ a: file("a"), b: file("b") }) }),
      directory({ Release: file("old") }),
      { source: { fault } },
    );
    const isIndex = (path: string) => path === "Release";
    const first = await scene.run({ isIndex });
    expect(scene.target.tree.find("/Release")).toMatchObject({ octets: "old" });
    expect(pathsOf(first.events, "skip")).toEqual(["source:/Release"]);
    expect(first.summary).toMatchObject({ outcome: "partial", files: { copied: 1, skipped: 1, failed: 1 } });
    await scene.run({ isIndex });
    expect(scene.target.tree.snapshot()).toEqual(scene.source.tree.snapshot());
  });

  test("a source without any file is no reason to delete all that the target has", async () => {
    const target = directory({ x: file("x"), d: directory({ y: file("y") }) });
    for (const source of [EMPTY, directory({ d: directory({}) })]) {
      const scene = new MirrorScene(source, target);
      const { summary } = await scene.run();
      expect(summary).toMatchObject({ outcome: "refused", files: { deleted: 0 } });
      expect(scene.target.tree.snapshot()).toEqual(target);
    }
  });
});
