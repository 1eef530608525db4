import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DirectoryIndex, type IndexStore } from "../../src/mirror/index/directory-index.ts";
import { KeyNames } from "../../src/orchestrator/kv/names.ts";
import { redisIndex } from "../../src/orchestrator/kv/stores/memory.ts";
import { systemClock } from "../../src/shared/clock.ts";
import { fileIndex } from "../../src/state/index-store.ts";
import { sharedRedis } from "../support/redis-client.ts";

const shared = sharedRedis();
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "fxpd-index-"));
});
afterAll(() => rm(directory, { recursive: true }));

const ORDER = { options: "a".repeat(32), fullCheckMs: 3_600_000 };
const PRINTS = { source: "1".repeat(16), target: "2".repeat(16) };

async function opened(store: IndexStore) {
  const said: string[] = [];
  const index = await DirectoryIndex.open(store, ORDER, systemClock, (because) => void said.push(because));
  return { index, said };
}

const stores = {
  "a file": () => ({
    store: fileIndex(directory, "archive:pub\nedge:pub"),
    spoil: async () => {
      const [file = ""] = await readdir(join(directory, "index"));
      await writeFile(join(directory, "index", file), "no index");
    },
  }),
  "a Redis": () => {
    const names = new KeyNames("index");
    return {
      store: redisIndex(shared.client, names, "nightly"),
      spoil: async () => void (await shared.client.hset(names.memory("index nightly"), "a", "b")),
    };
  },
};

describe.each(["a file", "a Redis"] as const)("an index in %s", (kind) => {
  test("is found by the next run as it was kept, whatever bytes are in it", async () => {
    const { store } = stores[kind]();
    expect(await store.read()).toBeUndefined();
    const first = await opened(store);
    const lookedMs = systemClock.now();
    for (let at = 0; at < 300; at += 1) first.index.note(`d${at}`, { ...PRINTS, areOver: true, lookedMs });
    await first.index.save(true);
    expect((await store.read())?.length).toBeLessThan(300 * 40 + 100);
    const { index, said } = await opened(store);
    expect(said).toEqual([]);
    for (let at = 0; at < 300; at += 1)
      expect(index.verdictOn(`d${at}`, PRINTS, lookedMs)).toEqual({
        action: "unchanged",
        isTargetTrusted: false,
      });
  });

  test("that is spoilt is no index, and is replaced", async () => {
    const { store, spoil } = stores[kind]();
    await store.write(Buffer.from("x"));
    if (kind === "a Redis") await shared.client.del(new KeyNames("index").memory("index nightly"));
    await spoil();
    const { index } = await opened(store);
    expect(index.verdictOn("d0", PRINTS, systemClock.now())).toEqual({
      action: "compare",
      because: "unknown",
    });
    index.note("d0", { ...PRINTS, areOver: true, lookedMs: systemClock.now() });
    await index.save(true);
    const again = await opened(store);
    expect(again.said).toEqual([]);
    expect(again.index.verdictOn("d0", PRINTS, systemClock.now()).action).toBe("unchanged");
  });
});
