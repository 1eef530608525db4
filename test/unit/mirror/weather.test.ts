import { describe, expect, test } from "vitest";
import { faults, GONE, LOST, refused, type Strike } from "../../support/memory-faults.ts";
import type { HostOptions } from "../../support/memory-side.ts";
import { directory, file, type Node } from "../../support/memory-tree.ts";
import { MirrorScene } from "../../support/mirror-scene.ts";

const fault = (...strikes: readonly Strike[]): HostOptions => ({ fault: faults(...strikes) });

/** So many files, all of one size. */
function files(count: number, prefix = "f"): Record<string, Node> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`${prefix}${index}`, file("12345")]),
  );
}

describe("one of two listings that fails", () => {
  test("is waited for with the other one, so that nobody else gets a connection in the middle of it", async () => {
    const both = directory({ d: directory(files(3)), e: directory(files(3)), f: directory(files(3)) });
    const source = fault({ verb: "list", path: "/d", fault: refused(550, "no") });
    const { summary, misuses } = await new MirrorScene(both, both, { source }).run({ parallel: 1 });
    expect(misuses).toEqual([]);
    expect(summary).toMatchObject({ outcome: "partial", files: { kept: 6, failed: 1 } });
  });
});

describe("a connection that is lost", () => {
  test("in a listing is made again, and the directory listed again", async () => {
    const both = directory({ d: directory(files(3)) });
    const source = fault({ verb: "list", path: "/d", times: 2, fault: { kind: "broken", keep: 1 } });
    const { summary } = await new MirrorScene(both, both, { source }).run({ retries: 3 });
    expect(summary).toMatchObject({ outcome: "succeeded", files: { kept: 3, failed: 0 } });
  });

  test("while it is asked whether times are kept, is no reason to believe for good that this cannot be known", async () => {
    const both = directory({ d: directory(files(1)) });
    const target = fault({ verb: "ready", after: 2, times: 1, fault: LOST });
    const { summary } = await new MirrorScene(both, both, { target }).run({ retries: 3, parallel: 1 });
    expect(summary).toMatchObject({ outcome: "succeeded", files: { kept: 1, failed: 0 } });
  });

  test("before the first file, with the scan well under way, is made again", async () => {
    const target = fault({ verb: "ready", after: 1, times: 1, fault: LOST });
    const scene = new MirrorScene(directory(files(2)), directory({}), { target });
    const { summary } = await scene.run({ retries: 3, parallel: 1 });
    expect(summary).toMatchObject({ outcome: "succeeded", files: { copied: 2, failed: 0 } });
  });
});

describe("a host that goes midway", () => {
  test("at the source, leaves a summary of what was done", async () => {
    const tree = directory({ a: directory(files(4)), b: directory(files(4)), c: directory(files(4)) });
    const source = fault({ verb: "list", path: "/b", fault: GONE });
    const { summary } = await new MirrorScene(tree, directory({ a: directory(files(4)) }), { source }).run({
      parallel: 1,
    });
    expect(summary).toMatchObject({ outcome: "partial", files: { kept: 4, deleted: 0 } });
    expect(summary.because).toMatch(/source: cannot connect/);
  });

  test("at the target, before the deletions, has each of them fail, and does not stay", async () => {
    const target = fault({ verb: "remove", fault: GONE });
    const scene = new MirrorScene(
      directory(files(1, "a")),
      directory({ ...files(1, "a"), ...files(50, "x") }),
      {
        target,
      },
    );
    const { summary, misuses } = await scene.run();
    expect(summary).toMatchObject({ outcome: "partial", files: { kept: 1, deleted: 0, failed: 50 } });
    expect(misuses).toEqual([]);
  });
});

describe("a target without room", () => {
  test("gets no other file, and is not asked again for this one", async () => {
    const target = fault({ verb: "write", after: 3, fault: refused(452, "no room") });
    const scene = new MirrorScene(directory(files(20)), directory({ x: file("stays") }), { target });
    const { summary } = await scene.run({ retries: 3, parallel: 1 });
    expect(scene.target.done("write")).toHaveLength(4);
    expect(summary).toMatchObject({ outcome: "partial", files: { copied: 3, deleted: 0, failed: 17 } });
    expect(summary.because).toMatch(/452 no room/);
  });
});

describe("a digest that is refused", () => {
  const both = directory({ d: directory({ ...files(2), e: directory(files(2)) }) });

  test("when files are compared has that file copied, and no other", async () => {
    const source = { digests: true, ...fault({ verb: "digest", path: "/d/f0", fault: refused(550, "no") }) };
    const { summary, misuses } = await new MirrorScene(both, both, { source, target: { digests: true } }).run(
      {
        scan: { compare: "digest" },
      },
    );
    expect(summary).toMatchObject({ outcome: "succeeded", files: { kept: 3, copied: 1, failed: 0 } });
    expect(misuses).toEqual([]);
  });

  test("for want of a common one is a safeguard, however deep the file lies", async () => {
    const { summary } = await new MirrorScene(both, both).run({ scan: { compare: "digest" } });
    expect(summary).toMatchObject({ outcome: "refused" });
    expect(summary.because).toMatch(/no digest in common/);
  });

  test("of a renamed file has it copied", async () => {
    const source = { digests: true, ...fault({ verb: "digest", path: "/new", fault: refused(550, "no") }) };
    const scene = new MirrorScene(directory({ new: file("abc") }), directory({ old: file("abc") }), {
      source,
      target: { digests: true },
    });
    const { summary } = await scene.run({ renames: true });
    expect(summary).toMatchObject({ outcome: "succeeded", files: { copied: 1, deleted: 1 } });
  });
});

test.each([true, false])(
  "who asks for renames hears if they cannot be detected (delete: %s)",
  async (deletes) => {
    const scene = new MirrorScene(directory({ new: file("abc") }), directory({ old: file("abc") }));
    const { events } = await scene.run({ renames: true, deletes });
    const note = { event: "note", because: "renames are not detected, which needs --delete" };
    expect(events.filter(({ event }) => event === "note")).toEqual(deletes ? [] : [note]);
  },
);

describe("the share of files that may be deleted", () => {
  test("is that of the files there are, however often a directory was looked at", async () => {
    const lost = fault({ verb: "digest", path: "/d/f8", times: 3, fault: LOST });
    const options = { source: { digests: true }, target: { digests: true, ...lost } };
    const trees = [directory({ d: directory(files(9)) }), directory({ d: directory(files(11)) })] as const;
    const scan = { compare: "digest", ceiling: { percent: 10 } } as const;
    const { summary } = await new MirrorScene(...trees, options).run({ retries: 5, scan });
    expect(summary).toMatchObject({ outcome: "refused", files: { deleted: 0 } });
    expect(summary.because).toMatch(/^2 of 11 files/);
  });

  test("does not count files that were given another name", async () => {
    const scene = new MirrorScene(
      directory({ a: file("1"), b: file("22"), c: file("333") }),
      directory({ a: file("1"), old: file("22"), older: file("333") }),
    );
    const { summary } = await scene.run({ renames: true, scan: { ceiling: { percent: 10 } } });
    expect(summary).toMatchObject({ outcome: "succeeded", files: { copied: 0, kept: 3, deleted: 0 } });
    expect(scene.target.tree.snapshot()).toEqual(scene.source.tree.snapshot());
  });
});

test("those who carry tasks out and give up are not waited for by a scan that is ahead of them", async () => {
  const tree = directory(files(1_500));
  const runner = () => ({
    stopped: undefined,
    work: async () => {
      throw new Error("no runner");
    },
    directoryExists: () => {},
    settled: async () => {},
  });
  const running = new MirrorScene(tree, directory({})).run({ deps: { runner } });
  await expect(running).rejects.toThrow("no runner");
});

test("a stamp file that cannot be written counts as a failure, and the results are still reported", async () => {
  const target = fault({ verb: "replace", path: "/stamp", fault: refused(553, "no") });
  const scene = new MirrorScene(directory(files(1)), directory({}), {
    target: {
      fault: (operation) => (operation.to === "/stamp" ? refused(553, "no") : target.fault?.(operation)),
    },
  });
  const { summary, events } = await scene.run({ stamp: "stamp" });
  expect(summary).toMatchObject({ outcome: "partial", files: { copied: 1, failed: 1 } });
  expect(events).toContainEqual(expect.objectContaining({ event: "fault", path: "target:/stamp" }));
  expect(scene.target.tree.list("/").map(([name]) => name)).toEqual(["f0"]);
});

test("a name that no command line can hold is a failure by name, and no other file's", async () => {
  const { summary, events } = await new MirrorScene(
    directory({ "a\nb": file("x"), "na\u00efve \udc80": file("y") }),
    directory({ "target\nonly": file("x"), "na\u00efve \udc80": file("z") }),
  ).run();
  expect(summary).toMatchObject({ outcome: "partial", files: { copied: 0, kept: 1, deleted: 0, failed: 1 } });
  expect(events).toContainEqual(
    expect.objectContaining({ event: "fault", path: "source:/a\nb", because: expect.stringMatching(/LF/) }),
  );
});

test("what was not deleted is no success, though no file has failed", async () => {
  const runner = () => ({
    stopped: "one of them has gone",
    work: async () => {},
    directoryExists: () => {},
    settled: async () => {},
  });
  const scene = new MirrorScene(directory(files(1)), directory(files(2)));
  const { summary } = await scene.run({ deps: { runner } });
  expect(summary).toMatchObject({
    outcome: "partial",
    because: "one of them has gone",
    files: { deleted: 0, failed: 0 },
  });
});
