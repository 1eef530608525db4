import { chmod, mkdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Place } from "../../src/batch/pool.ts";
import type { IndexOrder, IndexStore } from "../../src/mirror/index/directory-index.ts";
import { mirror } from "../../src/mirror/mirror.ts";
import { type Clock, systemClock } from "../../src/shared/clock.ts";
import { shortMemory } from "../../src/transfer/memory.ts";
import { FtpSide } from "../../src/transfer/sides/ftp-side.ts";
import { type Family, startServers } from "../servers/index.ts";
import { copyDeps } from "../support/edges.ts";
import { mirrorRequest, writtenHere } from "../support/mirror-scene.ts";
import { settingsFor } from "../support/settings.ts";

const DIRECTORIES = Array.from({ length: 6 }, (_, at) => `d${at}`);
const FILES = ["a", "b"];
const TWO_DAYS_AGO_S = Math.floor(Date.now() / 1_000) - 2 * 86_400;
const HOUR_MS = 3_600_000;

/** Those that list directories by STAT. */
const FAMILIES = ["vsftpd", "proftpd", "pure-ftpd"] as const satisfies readonly Family[];

let started: Awaited<ReturnType<typeof startServers>>;
beforeAll(async () => {
  started = await startServers(FAMILIES.map((family) => ({ family })));
});
afterAll(async () => {
  await started[Symbol.asyncDispose]();
});

/** A mirror from one directory of a server to another one there, which is run again and again. */
class Scene {
  readonly root: string;
  index: Uint8Array | undefined;
  aheadMs = 0;
  readonly #server: ReturnType<typeof serverOf>;
  readonly #memory = shortMemory();
  readonly #written = writtenHere();

  constructor(server: ReturnType<typeof serverOf>) {
    this.#server = server;
    this.root = server.root;
  }

  async write(path: string, text: string, modifiedS = TWO_DAYS_AGO_S): Promise<void> {
    const file = join(this.root, path);
    await writeFile(file, text);
    await utimes(file, modifiedS, modifiedS);
  }

  async grow(): Promise<void> {
    for (const side of ["here", "there"]) await rm(join(this.root, side), { recursive: true, force: true });
    await mkdir(join(this.root, "there"), { recursive: true });
    await chmod(join(this.root, "there"), 0o777);
    for (const directory of DIRECTORIES) {
      await mkdir(join(this.root, "here", directory), { recursive: true });
      for (const file of FILES) await this.write(`here/${directory}/${file}`, `${directory} ${file}`);
    }
  }

  async read(path: string): Promise<string> {
    return readFile(join(this.root, path), "utf8");
  }

  async run(more: Partial<IndexOrder> = {}) {
    const sent: string[] = [];
    const settings = settingsFor(this.#server.family, this.#server);
    const transcript = ({ from, text }: { from: string; text: string }) => {
      if (from === "us") sent.push(text);
    };
    const connect = () => new FtpSide(settings, { clock: systemClock, transcript });
    const place: Place = { key: "server", name: "server", at: (path) => path, connect, limit: 4 };
    const clock: Clock = { ...systemClock, now: () => systemClock.now() + this.aheadMs };
    const { deps, events } = copyDeps({ clock, memory: this.#memory });
    const store: IndexStore = {
      read: async () => this.index,
      write: async (bytes) => void (this.index = bytes),
    };
    const index = { options: "0".repeat(32), fullCheckMs: 7 * 24 * HOUR_MS, ...more };
    const request = {
      ...mirrorRequest(place, place, { parallel: 1, retries: 1 }),
      source: { place, path: "here", shown: "here" },
      target: { place, path: "there", shown: "there" },
      transfer: { fxp: "prefer", verify: "size", resume: "record", preserveTimes: true } as const,
      deletes: true,
      index,
    };
    const all = { ...deps, written: this.#written, index: store };
    const summary = await mirror(request, all, new AbortController().signal);
    const notes = events.flatMap((event) => (event.event === "note" ? [event.because] : []));
    const count = (verb: RegExp) => sent.filter((line) => verb.test(line)).length;
    return { ...summary, notes, count };
  }
}

function serverOf(family: (typeof FAMILIES)[number]) {
  return started.servers.find((server) => server.family === family) ?? expect.fail(family);
}

describe.each(FAMILIES)("a mirror with an index on %s", (family) => {
  let scene: Scene;
  beforeEach(async () => {
    scene = new Scene(serverOf(family));
    await scene.grow();
  });

  test("asks a second run with nothing to do only whether the directories look the same", async () => {
    expect(await scene.run()).toMatchObject({ outcome: "succeeded", files: { copied: 12 } });
    const again = await scene.run();
    expect(again).toMatchObject({
      outcome: "succeeded",
      files: { copied: 0, kept: 12, deleted: 0, failed: 0 },
    });
    expect(again.directories).toEqual({ compared: 0, targetTrusted: 0, byStatus: 6, byListing: 1 });
    // Only the roots are listed.
    expect(again.count(/^(MLSD|LIST)/)).toBe(2);
    expect(again.count(/^(SIZE|MDTM|MLST)/)).toBe(0);
  });

  test("finds what has changed at the source and at the target, and asks before it deletes", async () => {
    await scene.run();
    await scene.write("here/d1/b", "changed", TWO_DAYS_AGO_S + 600);
    await scene.write("there/d2/b", "otherwise", TWO_DAYS_AGO_S + 600);
    await rm(join(scene.root, "here/d3/a"));
    await mkdir(join(scene.root, "here/d4/new"));
    await scene.write("here/d4/new/e", "more");
    const again = await scene.run();
    expect(again).toMatchObject({ outcome: "succeeded", files: { copied: 3, deleted: 1, failed: 0 } });
    const { byStatus = 0, byListing = 0 } = again.directories ?? {};
    expect(byStatus + byListing).toBe(3);
    expect(await scene.read("there/d1/b")).toBe("changed");
    expect(await scene.read("there/d2/b")).toBe("d2 b");
    expect(await scene.read("there/d4/new/e")).toBe("more");
    const last = await scene.run();
    expect(last).toMatchObject({ files: { copied: 0, kept: 12, deleted: 0 }, directories: { compared: 0 } });
  });

  test("finds a change of the same size in the minute in which the file was copied", async () => {
    // The last one that is over, for nothing is to lie in the future; a clock may be wrong by more.
    const minuteS = Math.floor(Date.now() / 60_000) * 60 - 60;
    await scene.write("here/d5/a", "first!", minuteS + 5);
    await scene.run();
    await scene.write("here/d5/a", "second", minuteS + 25);
    // Later, so that it is not that minute any more.
    scene.aheadMs = HOUR_MS;
    expect(await scene.run()).toMatchObject({ outcome: "succeeded", files: { copied: 1, failed: 0 } });
    expect(await scene.read("there/d5/a")).toBe("second");
    const last = await scene.run();
    expect(last).toMatchObject({ files: { copied: 0 }, directories: { compared: 0 } });
  });

  test("compares everything when the index is damaged or cannot be read, and says so", async () => {
    await scene.run();
    if (scene.index !== undefined) scene.index = scene.index.subarray(0, scene.index.length - 1);
    const again = await scene.run();
    expect(again).toMatchObject({ outcome: "succeeded", directories: { compared: 7 } });
    expect(again.notes.join()).toContain("index of this mirror cannot be read");
    expect((await scene.run()).directories).toMatchObject({ compared: 0 });
  });

  test("compares each directory again within the time for full checks, and other options with another index", async () => {
    await scene.run();
    expect((await scene.run({ options: "1".repeat(32) })).directories).toMatchObject({ compared: 7 });
    scene.aheadMs = 3 * 24 * HOUR_MS;
    expect((await scene.run({ options: "1".repeat(32) })).directories).toMatchObject({ compared: 0 });
    scene.aheadMs = 7 * 24 * HOUR_MS + 1_000_000;
    expect((await scene.run({ options: "1".repeat(32) })).directories).toMatchObject({ compared: 7 });
  });

  test("does not look at a trusted target where the source looks the same", async () => {
    await scene.run();
    const trusting = { trustTargetMs: HOUR_MS };
    const again = await scene.run(trusting);
    expect(again.directories).toMatchObject({ compared: 0, byStatus: 0, byListing: 0, targetTrusted: 7 });
    expect(again.count(/^STAT.*there/)).toBe(0);
    await scene.write("here/d1/b", "changed", TWO_DAYS_AGO_S + 600);
    expect(await scene.run(trusting)).toMatchObject({ files: { copied: 1, failed: 0 } });
    expect(await scene.read("there/d1/b")).toBe("changed");
    scene.aheadMs = 2 * HOUR_MS;
    expect((await scene.run(trusting)).directories).toMatchObject({ targetTrusted: 0 });
  });
});
