import { describe, expect, test } from "vitest";
import type { ListingEntry } from "../../../../../src/ftp/listing/entry.ts";
import { listWhole } from "../../../../../src/mirror/scan/listings/look.ts";
import { faults, refused, type Strike } from "../../../../support/memory-faults.ts";
import { type HostOptions, MemoryHost } from "../../../../support/memory-side.ts";
import { directory, EMPTY, file } from "../../../../support/memory-tree.ts";
import { MirrorScene } from "../../../../support/mirror-scene.ts";

const signal = new AbortController().signal;
/** What several servers say instead of listing an empty directory. */
const NOTHING_FOUND = refused(550, "No files found.");
const fault = (...strikes: readonly Strike[]): HostOptions => ({ fault: faults(...strikes) });

describe("a listing", () => {
  test("in which a name stands for two things tells of neither", async () => {
    const side = new MemoryHost("host").place.connect();
    const twice: ListingEntry[] = [
      { name: "b", kind: "file" },
      { name: "a", kind: "file" },
      { name: "b", kind: "directory" },
    ];
    const list = async function* () {
      yield* twice;
    };
    await expect(listWhole({ ...side, list }, "/d", signal)).rejects.toThrow('host: /d: "b" is listed twice');
  });

  test("that is refused in words that mean empty is empty, but not for sure", async () => {
    const host = new MemoryHost("host", EMPTY, fault({ verb: "list", fault: NOTHING_FOUND }));
    expect(await listWhole(host.place.connect(), "/", signal)).toEqual({
      kind: "listed",
      entries: [],
      isDoubtful: true,
      isWhole: false,
    });
  });

  test("that is refused in any other words is no listing", async () => {
    const host = new MemoryHost(
      "host",
      EMPTY,
      fault({ verb: "list", fault: refused(550, "Permission denied") }),
    );
    await expect(listWhole(host.place.connect(), "/", signal)).rejects.toThrow(/550 Permission denied/);
  });
});

describe("a directory that the source calls empty in words of its own", () => {
  const source = directory({ d: directory({}), g: file("g") });
  const options = { source: fault({ verb: "list", path: "/d", fault: NOTHING_FOUND }) };

  test("is empty at the target, too", async () => {
    const { summary } = await new MirrorScene(
      source,
      directory({ d: directory({}), x: file("x") }),
      options,
    ).run();
    expect(summary).toMatchObject({ outcome: "succeeded", files: { copied: 1, deleted: 1 } });
  });

  test("is no reason to delete what the target has there, nor anything else", async () => {
    const target = directory({ d: directory({ f: file("f") }), g: file("g"), x: file("x") });
    const scene = new MirrorScene(source, target, options);
    const { summary, events } = await scene.run();
    expect(scene.target.tree.snapshot()).toEqual(target);
    expect(summary).toMatchObject({ outcome: "partial", files: { deleted: 0, failed: 1 } });
    expect(events).toContainEqual(
      expect.objectContaining({
        event: "fault",
        because: expect.stringMatching(/the server refused to list it/),
      }),
    );
  });
});

describe("a listing that misses much of what the target has", () => {
  const files = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`f${index}`, file("f")]));
  const source = directory({ d: directory(files(10)), g: file("g") });
  const cut = (times: number) => ({
    source: fault({ verb: "list", path: "/d", times, fault: { kind: "cut", keep: 2 } }),
  });
  const scan = { ceiling: { percent: 30 } } as const;

  test("is asked for again on another connection, and neither is believed where they differ", async () => {
    const scene = new MirrorScene(source, source, cut(1));
    const { summary, events } = await scene.run({ scan });
    expect(summary).toMatchObject({ outcome: "partial", files: { deleted: 0, failed: 1 } });
    expect(events).toContainEqual(
      expect.objectContaining({
        because: "source:/d: two listings of the same directory disagree: 2 entries, then 10",
      }),
    );
  });

  test("and misses it twice is believed, and the ceiling decides", async () => {
    const scene = new MirrorScene(source, source, cut(2));
    const { summary } = await scene.run({ scan });
    expect(summary).toMatchObject({ outcome: "refused", because: expect.stringMatching(/^8 of 11 files/) });
    expect(scene.target.tree.snapshot()).toEqual(source);
  });

  test("is asked for again also where the host has one connection only", async () => {
    const options = { source: { ...cut(1).source, limit: 1 }, target: { limit: 1 } };
    const { summary } = await new MirrorScene(source, source, options).run({ scan });
    expect(summary).toMatchObject({ outcome: "partial", files: { deleted: 0, failed: 1 } });
  });
});
