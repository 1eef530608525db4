import { describe, expect, test } from "vitest";
import { faults, GONE, refused } from "../../support/memory-faults.ts";
import { NOW_MS } from "../../support/memory-side.ts";
import { directory, EMPTY, file } from "../../support/memory-tree.ts";
import { TargetsScene } from "../../support/targets-scene.ts";

const TREE = directory({
  a: file("one"),
  d: directory({ b: file("two"), c: file("three") }),
});
const MANY = directory({ ...Object.fromEntries(["a", "b", "c", "e"].map((name) => [name, file(name)])) });

const endsOf = ({ events }: TargetsScene) =>
  new Map(events.flatMap((one) => (one.event === "target" ? [[one.to, one] as const] : [])));
const reasonsAt = ({ events }: TargetsScene, to: string) =>
  events.flatMap((one) => (one.event === "action" && one.action === "copy" && one.to === to ? [one] : []));

describe("a mirror to several targets", () => {
  test("tells of each by its name, and of all in one summary at the end", async () => {
    const scene = new TargetsScene(TREE, [EMPTY, TREE]);
    const summary = await scene.run({}, false);
    expect(summary).toMatchObject({ outcome: "succeeded", files: { copied: 3, kept: 3 } });
    const ends = endsOf(scene);
    expect(ends.get("t0:/")).toMatchObject({ outcome: "succeeded", files: { copied: 3, kept: 0 } });
    expect(ends.get("t1:/")).toMatchObject({ outcome: "succeeded", files: { copied: 0, kept: 3 } });
    expect(scene.events.filter(({ event }) => event === "summary")).toEqual([summary]);
    expect(scene.events.at(-1)).toBe(summary);
  });

  test.each([false, true])(
    "is made for the others where one is down, wherever it stands (spread: %s)",
    async (spread) => {
      for (const down of [0, 1, 2]) {
        const options = [0, 1, 2].map((index) =>
          index === down ? { fault: faults({ verb: "ready", fault: GONE }) } : undefined,
        );
        const scene = new TargetsScene(TREE, [EMPTY, EMPTY, EMPTY], { targets: options });
        const summary = await scene.run({}, spread);
        expect(summary).toMatchObject({ outcome: "partial", files: { copied: 6, failed: 1 } });
        expect(summary.because).toBe(`t${down}:/: t${down}: cannot connect`);
        for (const [index, { tree }] of scene.targets.entries())
          expect(tree.snapshot()).toEqual(index === down ? EMPTY : TREE);
      }
    },
  );

  test("is impossible where it is for each", async () => {
    const gone = { fault: faults({ verb: "ready", fault: GONE }) };
    const scene = new TargetsScene(TREE, [EMPTY, EMPTY], { targets: [gone, gone] });
    await expect(scene.run({}, false)).rejects.toThrow("t0: cannot connect");
  });

  test("that is refused for one is refused, and made for the others", async () => {
    const extra = directory({ x: file("x"), y: file("y") });
    const scene = new TargetsScene(TREE, [extra, EMPTY]);
    const summary = await scene.run({ scan: { ceiling: { files: 1 } } }, false);
    expect(summary.outcome).toBe("refused");
    expect(summary.because).toMatch(/^t0:\/: 2 of 2 files would be deleted/);
    expect(endsOf(scene).get("t1:/")).toMatchObject({ outcome: "succeeded", files: { copied: 3 } });
  });

  test("goes on for the others where one is full", async () => {
    const full = { fault: faults({ verb: "write", fault: refused(452, "no room") }) };
    const scene = new TargetsScene(TREE, [EMPTY, EMPTY], { targets: [full] });
    const summary = await scene.run({}, false);
    expect(summary).toMatchObject({ outcome: "partial", files: { copied: 3, failed: 3 } });
    expect(scene.targets[1]?.tree.snapshot()).toEqual(TREE);
  });

  test("is cancelled as a whole", async () => {
    const scene = new TargetsScene(TREE, [EMPTY, EMPTY]);
    const summary = await scene.run({}, true, AbortSignal.abort());
    expect(summary.outcome).toBe("cancelled");
  });
});

describe("a source that lies to several", () => {
  const extras = [MANY, directory({ ...Object.fromEntries(MANY.entries), x: file("x") })];

  test.each([false, true])(
    "has nothing deleted anywhere, and is asked once more by one (spread: %s)",
    async (spread) => {
      const cut = faults({ verb: "list", path: "/", times: 1, fault: { kind: "cut", keep: 1 } });
      const scene = new TargetsScene(MANY, extras, { source: { fault: cut } });
      const asked = { scan: { ceiling: { percent: 10 } } };
      const { outcome, files, because } = await scene.run(asked, spread);
      expect([outcome, files.copied, files.failed]).toEqual(["failed", 0, 2]);
      expect(because).toMatch(/two listings of the same directory disagree: 1 entry, then 4/);
      for (const [index, host] of scene.targets.entries()) {
        expect(host.done("remove", "removeDirectory")).toEqual([]);
        expect(host.tree.snapshot()).toEqual(extras[index]);
      }
      expect(scene.asked("list").get("/")).toBe(2);
    },
  );

  test("has a directory told as unknown to those, too, who would have believed it", async () => {
    const inside = (tree: typeof MANY) => directory({ a: file("a"), d: tree, x: file("x") });
    const cut = faults({ verb: "list", path: "/d", times: 1, fault: { kind: "cut", keep: 1 } });
    const from = inside(MANY);
    // To the second, one file is missing of what it has: too few to look suspicious.
    const scene = new TargetsScene(from, [inside(MANY), inside(directory({ a: file("a"), b: file("b") }))], {
      source: { fault: cut },
    });
    const ceiling = { files: 1 };
    await scene.run({ scan: { ceiling }, parallel: 1 }, true);
    for (const host of scene.targets) expect(host.done("remove", "removeDirectory")).toEqual([]);
    for (const end of endsOf(scene).values()) expect(end.outcome).toBe("partial");
  });

  test("fails for all where it refuses a directory, as often as it is asked for one", async () => {
    const fault = faults({ verb: "list", path: "/d", fault: refused(450, "not now") });
    const scene = new TargetsScene(TREE, [EMPTY, EMPTY, TREE], { source: { fault } });
    const summary = await scene.run({ retries: 2 }, false);
    expect(scene.asked("list").get("/d")).toBe(3);
    expect(summary.files).toMatchObject({ failed: 3, copied: 2, kept: 1 });
    const told = scene.events.flatMap((one) => (one.event === "fault" ? [[one.to, one.path]] : []));
    expect(told.sort()).toEqual(["t0:/", "t1:/", "t2:/"].map((to) => [to, "source:/d"]));
  });
});

describe("with spread", () => {
  test("the first that is finished serves the others, and each file is read from the source once", async () => {
    const scene = new TargetsScene(TREE, [EMPTY, EMPTY, EMPTY]);
    const summary = await scene.run({}, true);
    expect(summary).toMatchObject({ outcome: "succeeded", files: { copied: 9 } });
    expect([...scene.asked("read").values()]).toEqual([1, 1, 1]);
    expect(scene.targets[0]?.done("read")).toHaveLength(6);
    for (const { path, because } of reasonsAt(scene, "t1:/")) {
      expect(path).toMatch(/^t0:/);
      expect(because).toBe("not on the target; from t0, which already has it");
    }
  });

  test("a target that keeps no times serves nobody", async () => {
    const scene = new TargetsScene(TREE, [EMPTY, EMPTY], { targets: [{ keepsTimes: false }] });
    await scene.run({}, true);
    expect(scene.targets[1]?.tree.snapshot()).toEqual(TREE);
    const reasons = reasonsAt(scene, "t1:/").map(({ because }) => because);
    expect(new Set(reasons)).toEqual(
      new Set(["not on the target; from the source, because t0 has it with another time"]),
    );
  });

  test("what the first has not got comes from the source", async () => {
    const denied = { fault: faults({ verb: "write", times: 1, fault: refused(553, "no such name") }) };
    const scene = new TargetsScene(TREE, [EMPTY, EMPTY], { targets: [denied] });
    const summary = await scene.run({ parallel: 1 }, true);
    expect(summary).toMatchObject({ outcome: "partial", files: { copied: 5, failed: 1 } });
    const reasons = reasonsAt(scene, "t1:/").map(({ because }) => because);
    expect(reasons.filter((one) => /; from the source, because t0 does not have it$/.test(one))).toHaveLength(
      1,
    );
    expect(reasons).toHaveLength(3);
  });

  test("a file that was changed at the first since is not what the others get", async () => {
    // The second is asked for nothing before the first is finished.
    const fault = () => void scene.targets[0]?.tree.put("/a", file("ONE", NOW_MS));
    const scene: TargetsScene = new TargetsScene(TREE, [EMPTY, EMPTY], { targets: [undefined, { fault }] });
    await scene.run({}, true);
    expect(scene.targets[1]?.tree.find("/a")).toEqual(file("one"));
  });

  test("what the first will not give comes from the source after all", async () => {
    const fault = faults({ verb: "read", fault: refused(550, "not for you") });
    const scene = new TargetsScene(TREE, [EMPTY, EMPTY], { targets: [{ fault }] });
    const summary = await scene.run({}, true);
    expect(summary).toMatchObject({ outcome: "succeeded", files: { copied: 6, kept: 0, failed: 0 } });
    expect(scene.targets[1]?.tree.snapshot()).toEqual(TREE);
    const failed = scene.events.filter((one) => one.event === "transfer" && one.outcome === "failed");
    expect(failed).toEqual([]);
    expect(scene.events.filter(({ event }) => event === "retry")).toHaveLength(3);
  });

  test("the first may be gone when it is to serve", async () => {
    // The second is asked for nothing before the first is finished.
    let isOver = false;
    const second = { fault: () => void (isOver = true) };
    const first = { fault: () => (isOver ? GONE : undefined) };
    const scene = new TargetsScene(TREE, [EMPTY, EMPTY], { targets: [first, second] });
    const summary = await scene.run({}, true);
    expect(summary).toMatchObject({ outcome: "succeeded", files: { copied: 6, failed: 0 } });
    expect(scene.targets[1]?.tree.snapshot()).toEqual(TREE);
  });

  test("or go while it serves", async () => {
    const fault = faults({ verb: "read", fault: GONE });
    const scene = new TargetsScene(TREE, [EMPTY, EMPTY], { targets: [{ fault }] });
    const summary = await scene.run({ parallel: 1 }, true);
    expect(summary).toMatchObject({ outcome: "succeeded", files: { copied: 6, failed: 0 } });
    expect(scene.targets[1]?.tree.snapshot()).toEqual(TREE);
  });

  test("what the source does not list is reported once", async () => {
    const fault = faults({ verb: "list", path: "/d", fault: refused(550, "not for you") });
    const scene = new TargetsScene(TREE, [EMPTY, EMPTY], { source: { fault } });
    await scene.run({}, true);
    const told = scene.events.flatMap((one) => (one.event === "fault" ? [one.to] : []));
    expect(told).toEqual(["t0:/", "t1:/"]);
  });

  test("what is to be distinguished by digests is not had from a target where not all went well", async () => {
    const stale = file("eno");
    const digests = { digests: true };
    const denied = { ...digests, fault: faults({ verb: "write", fault: refused(553, "no such name") }) };
    const scene = new TargetsScene(directory({ a: file("one") }), [directory({ a: stale }), EMPTY], {
      source: digests,
      targets: [denied, digests],
    });
    await scene.run({ scan: { compare: "digest" } }, true);
    expect(scene.targets[1]?.tree.find("/a")).toEqual(file("one"));
  });

  test("a dry run says what each would get, and takes nobody for finished", async () => {
    const scene = new TargetsScene(TREE, [EMPTY, EMPTY]);
    await scene.run({ dryRun: true }, true);
    expect(reasonsAt(scene, "t1:/").map(({ because }) => because)).toEqual(
      Array(3).fill("not on the target"),
    );
    for (const { tree } of scene.targets) expect(tree.snapshot()).toEqual(EMPTY);
  });
});

test("promise 4, what one target finds out about a listing holds back the deletions of all that were given it", async () => {
  const files = (count: number) =>
    directory(
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`f${index}`, file(`of ${index}`)])),
    );
  const source = directory({ a: file("one"), d: files(10) });
  // The second one sees no fault in the listing that was cut: it has just these.
  // And it comes to deleting later, for what it has alone is deep.
  const deep = Array.from({ length: 20 }).reduce((inner: typeof EMPTY) => directory({ inner }), EMPTY);
  const other = directory({ a: file("one"), d: files(5), extra: file("x"), deep });
  const cut = faults({ verb: "list", path: "/d", times: 1, fault: { kind: "cut", keep: 5 } });
  const scene = new TargetsScene(source, [source, other], { source: { fault: cut } });
  await scene.run({ deletes: true }, false);
  expect(endsOf(scene).get("t0:/")).toMatchObject({ outcome: "partial", files: { deleted: 0, failed: 1 } });
  expect(endsOf(scene).get("t1:/")).toMatchObject({
    outcome: "partial",
    files: { deleted: 0 },
    because: "nothing was deleted because the run had errors",
  });
  expect(scene.targets[1]?.tree.find("/extra")).toBeDefined();
});
