import { describe, expect, test } from "vitest";
import type { EntryKind } from "../../../src/ftp/listing/entry.ts";
import type { Presence } from "../../../src/ftp/session/names/presence.ts";
import { judgeListings, judgePresence, questionsFor } from "../../../src/mirror/decide/absence.ts";
import { faults, LOST, refused, type Strike } from "../../support/memory-faults.ts";
import type { HostOptions } from "../../support/memory-side.ts";
import { directory, EMPTY, file, link } from "../../support/memory-tree.ts";
import { type Asked, MirrorScene } from "../../support/mirror-scene.ts";
import { PlanScene } from "../../support/plan-scene.ts";

const NONE = new Map<string, "file" | "directory">();
const absent: Presence = { kind: "absent", seesLinks: false };
const mute: Presence = { kind: "unknown", because: "502", isUnanswerable: true };

describe("promise 4, what the source is asked for", () => {
  test("is the topmost directory of all that is missing, and single files elsewhere", () => {
    const missing = [
      { path: "a", kind: "file" },
      { path: "d/e/f", kind: "file" },
      { path: "d/e", kind: "directory" },
      { path: "d", kind: "directory" },
      { path: "both/x", kind: "link" },
    ] as const;
    expect(questionsFor(missing).map(({ path }) => path)).toEqual(["a", "d", "both/x"]);
  });

  test.each<[string, EntryKind, Presence, RegExp | string]>([
    ["absent", "file", absent, "proven"],
    ["absent, and it is a directory", "directory", absent, "proven"],
    ["absent, and it may be a link that leads nowhere", "link", absent, "ask-listings"],
    ["absent, links included", "link", { kind: "absent", seesLinks: true }, "proven"],
    ["present", "file", { kind: "present", as: "file" }, /the source still has it/],
    ["present as something else", "file", { kind: "present", as: "directory" }, /the source still has it/],
    ["present as nobody knows what", "file", { kind: "present", as: "unknown" }, /the source still has it/],
    ["not answered", "file", mute, "ask-listings"],
    ["refused", "file", { kind: "unknown", because: "450 busy", isUnanswerable: false }, /450 busy/],
  ])("%s", (_, kind, presence, expected) => {
    const verdict = judgePresence({ path: "p", kind }, presence, NONE);
    if (typeof expected === "string") expect(verdict).toBe(expected);
    else expect(verdict).toMatchObject({ because: expect.stringMatching(expected) });
  });

  test("what makes way for a directory or file of the source has to be just that there", () => {
    const asked = { path: "p", kind: "file" } as const;
    const replaced = new Map([["p", "directory"]] as const);
    expect(judgePresence(asked, { kind: "present", as: "directory" }, replaced)).toBe("proven");
    expect(judgePresence(asked, { kind: "present", as: "file" }, replaced)).not.toBe("proven");
  });

  test("two listings prove an absence where they agree, and both are whole", () => {
    const of = (isWhole: boolean, ...names: readonly string[]) => ({ names: new Set(names), isWhole });
    expect(judgeListings("x", of(true, "a"), of(true, "a"))).toBe("proven");
    expect(judgeListings("x", of(true, "a"), of(false, "a"))).not.toBe("proven");
    expect(judgeListings("x", of(true, "a"), of(true, "b"))).not.toBe("proven");
    expect(judgeListings("x", of(true, "a"), of(true, "a", "x"))).not.toBe("proven");
  });
});

const f = (name: string) => file(`of ${name}`);
/** Three files, of which a cut listing shows the first two. */
const FULL = directory({ a: f("a"), b: f("b"), c: f("c"), d: directory({ e: f("e") }) });
const cut = (keep: number): Strike => ({ verb: "list", path: "/", fault: { kind: "cut", keep } });
const asked = (paths: readonly { verb: string; path: string }[]) =>
  paths.filter(({ verb }) => verb === "presence").map(({ path }) => path);

async function run(
  source: HostOptions,
  { full = FULL, ...more }: Asked & { full?: typeof FULL } = {},
  target = FULL,
) {
  const scene = new MirrorScene(full, target, { source });
  const { summary, events } = await scene.run({ deletes: true, ...more });
  const gone = scene.target.done("remove", "removeDirectory", "move").map(({ path }) => path);
  const reasons = events.flatMap((event) => (event.event === "fault" ? [event.because] : []));
  return { scene, summary, gone, reasons, asked: asked(scene.source.operations) };
}

describe("promise 4, nothing is deleted because a listing lacks it", () => {
  test.each([
    ["deleted", {}],
    ["put into the trash", { trash: "/trash" }],
  ])("a listing that is cut each time has nothing %s that the source has", async (_, more) => {
    const ended = await run({ fault: faults(cut(2)) }, more);
    expect(ended.gone).toEqual([]);
    expect(ended.asked.toSorted()).toEqual(["/c", "/d"]);
    expect(ended.reasons).toHaveLength(2);
    expect(ended.reasons[0]).toMatch(
      /the source still has it, although a listing of the source did not show it/,
    );
    expect(ended.summary).toMatchObject({ outcome: "partial", files: { deleted: 0, failed: 2 } });
  });

  test("what the source says it has not goes all the same, and nothing is asked but that", async () => {
    const target = directory({ ...Object.fromEntries(FULL.entries), x: f("x"), y: directory({ z: f("z") }) });
    const ended = await run({ fault: faults(cut(2)) }, {}, target);
    expect(ended.gone.toSorted()).toEqual(["/x", "/y", "/y/z"]);
    expect(ended.asked.toSorted()).toEqual(["/c", "/d", "/x", "/y"]);
    expect(ended.summary).toMatchObject({ files: { deleted: 2, failed: 2 } });
  });

  test.each([
    ["450 busy", refused(450, "busy"), /450 busy/],
    ["530 not logged in", refused(530, "not logged in"), /530/],
    ["553 name not allowed", refused(553, "name not allowed"), /553/],
    ["a lost connection, twice", LOST, /connection lost/],
  ])("%s is no absence", async (_, fault, says) => {
    const target = directory({ ...Object.fromEntries(FULL.entries), x: f("x") });
    const ended = await run({ fault: faults({ verb: "presence", fault }) }, {}, target);
    expect(ended.gone).toEqual([]);
    expect(ended.reasons.join()).toMatch(says);
    expect(ended.summary.files.failed).toBe(1);
  });

  test("after a connection is lost once, it is opened again and the question is repeated", async () => {
    const target = directory({ ...Object.fromEntries(FULL.entries), x: f("x") });
    const ended = await run({ fault: faults({ verb: "presence", times: 1, fault: LOST }) }, {}, target);
    expect(ended.gone).toEqual(["/x"]);
    expect(ended.summary.outcome).toBe("succeeded");
  });

  describe("where the source answers no question for a name, two more listings decide", () => {
    const mutes: Strike = { verb: "presence", fault: refused(502, "not here") };
    const target = directory({ ...Object.fromEntries(FULL.entries), x: f("x") });
    test("that agree, and are whole", async () => {
      const ended = await run({ fault: faults(mutes) }, {}, target);
      expect(ended.gone).toEqual(["/x"]);
      expect(ended.scene.source.done("list").filter(({ path }) => path === "/")).toHaveLength(3);
    });
    test.each<[string, HostOptions, RegExp]>([
      [
        "of which nobody knows whether they were cut",
        { fault: faults(mutes), endsListings: false },
        /complete/,
      ],
      [
        "that differ",
        { fault: faults(mutes, { ...cut(2), after: 1, times: 1 }) },
        /two listings of its directory at the source disagree/,
      ],
      [
        "of which one fails",
        { fault: faults(mutes, { verb: "list", path: "/", after: 2, fault: refused(450, "busy") }) },
        /450 busy/,
      ],
    ])("%s prove nothing", async (_, options, says) => {
      const ended = await run(options, {}, target);
      expect(ended.gone).toEqual([]);
      expect(ended.reasons.join()).toMatch(says);
    });
    test("as where a link would be followed by the question", async () => {
      const tree = directory({ a: f("a"), to: link("nowhere") });
      const fault = faults({ verb: "list", path: "/", times: 1, fault: { kind: "cut", keep: 1 } });
      const ended = await run({ seesLinks: false, fault }, { full: tree, scan: { links: "copy" } }, tree);
      expect(ended.gone).toEqual([]);
    });
  });

  test("a file is renamed at the target only where the source has lost the old name", async () => {
    const source = directory({ a: f("a"), moved: f("c"), z: f("c") });
    const hidden: Strike = { verb: "list", path: "/", fault: { kind: "cut", keep: 2 } };
    const target = directory({ a: f("a"), z: f("c") });
    const ended = await run({ fault: faults(hidden) }, { full: source, renames: true }, target);
    expect(ended.gone).toEqual([]);
    expect(ended.scene.target.tree.find("/z")).toBeDefined();
    expect(ended.scene.target.tree.find("/moved")).toBeDefined();
  });

  test("a directory that makes way for a file goes where the source has that file", async () => {
    const source = directory({ a: f("a"), d: f("d") });
    const target = directory({ a: f("a"), d: directory({ e: f("e") }) });
    const ended = await run({}, { full: source }, target);
    expect(ended.asked).toEqual(["/d"]);
    expect(ended.scene.target.tree.find("/d")?.kind).toBe("file");
    expect(ended.summary.outcome).toBe("succeeded");
  });

  test("a source that is suddenly empty is asked nothing", async () => {
    const ended = await run({}, { full: EMPTY });
    expect(ended.summary.outcome).toBe("refused");
    expect(ended.asked).toEqual([]);
  });
});

test("a file that the target refuses to delete and does not find either is no deletion", async () => {
  const target = directory({ ...Object.fromEntries(FULL.entries), x: f("x"), y: f("y") });
  const scene = new MirrorScene(FULL, target);
  // Somebody else was faster with one of them.
  const confirm = async () => void scene.target.tree.take("/x");
  const { summary, events } = await scene.run({ deletes: true, deps: { confirm } });
  expect(summary).toMatchObject({ outcome: "succeeded", files: { deleted: 1, failed: 0 } });
  expect(events.filter((event) => event.event === "action" && event.action === "delete")).toHaveLength(1);
});

describe("promise 4, a plan made of listings that were cut", () => {
  const lies = { fault: faults(cut(2)) };

  test("deletes nothing that the source has when it is carried out", async () => {
    const target = directory({ ...Object.fromEntries(FULL.entries), x: f("x") });
    const scene = new PlanScene(FULL, target, { source: lies });
    const plan = await scene.plan({ deletes: true });
    expect(plan.list.map(({ path }) => path)).toEqual(expect.arrayContaining(["c", "d", "d/e", "x"]));
    const { summary } = await scene.apply(plan);
    expect(scene.target.done("remove", "removeDirectory").map(({ path }) => path)).toEqual(["/x"]);
    expect(summary).toMatchObject({ outcome: "partial", files: { deleted: 1, failed: 2 } });
  });

  test("renames nothing that the source has under its old name", async () => {
    const source = directory({ a: f("a"), moved: f("c"), z: f("c") });
    const target = directory({ a: f("a"), z: f("c") });
    const scene = new PlanScene(source, target, { source: lies });
    const plan = await scene.plan({ deletes: true, renames: true });
    expect(plan.list).toMatchObject([{ action: "rename", from: "z", path: "moved" }]);
    const { summary } = await scene.apply(plan);
    expect(scene.target.tree.find("/z")).toBeDefined();
    expect(summary.files.failed).toBe(1);
  });
});

describe("a directory that the target will not make under its name", () => {
  const source = directory({ a: f("a"), "no*": directory({ b: f("b") }), yes: directory({ c: f("c") }) });
  const target = directory({ a: f("a"), old: f("old"), yes: directory({ c: f("c"), gone: f("gone") }) });
  const refusing = (code: number) =>
    new MirrorScene(source, target, {
      target: {
        fault: faults({ verb: "makeDirectory", path: "/no*", fault: refused(code, "name not allowed") }),
      },
    });

  test.each([550, 553, 501])(
    "is a failure of its own, and holds back no deletion elsewhere (%i)",
    async (code) => {
      const scene = refusing(code);
      const { summary, events } = await scene.run({ deletes: true, stamp: "stamp" });
      expect(summary).toMatchObject({ outcome: "partial", files: { deleted: 2, failed: 1 } });
      expect(events).toContainEqual(expect.objectContaining({ event: "fault", path: "source:/no*" }));
      expect(scene.target.tree.find("/old")).toBeUndefined();
      expect(scene.target.tree.find("/yes/gone")).toBeUndefined();
      // All is not well, and whoever reads the target is not told so.
      expect(scene.target.tree.find("/stamp")).toBeUndefined();
    },
  );

  test("and neither does it where a plan is carried out", async () => {
    const fault = faults({ verb: "makeDirectory", path: "/no*", fault: refused(553, "name not allowed") });
    const scene = new PlanScene(source, target, { target: { fault } });
    const plan = await scene.plan({ deletes: true });
    const { summary } = await scene.apply(plan);
    expect(summary).toMatchObject({ outcome: "partial", files: { deleted: 2, failed: 1 } });
    expect(scene.target.tree.find("/old")).toBeUndefined();
  });

  test.each([450, 452])("or has no room for it, holds back all of them (%i)", async (code) => {
    const { summary } = await refusing(code).run({ deletes: true });
    expect(summary).toMatchObject({ outcome: "partial", files: { deleted: 0, failed: 1 } });
  });
});

test("promise 9, who cannot confirm that it still has the target deletes nothing", async () => {
  const target = directory({ ...Object.fromEntries(FULL.entries), x: f("x"), y: directory({ z: f("z") }) });
  const scene = new MirrorScene(FULL, target);
  const seen: number[] = [];
  const confirm = async () => {
    seen.push(scene.target.done("remove", "removeDirectory").length);
    throw new Error("the claim is lost");
  };
  await expect(scene.run({ deletes: true, deps: { confirm } })).rejects.toThrow("the claim is lost");
  expect(seen).toEqual([0]);
  expect(scene.target.done("remove", "removeDirectory", "move")).toEqual([]);
});
