import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { copy } from "../../../src/copy/copy.ts";
import type { CopyEvent } from "../../../src/batch/events.ts";
import type { DiffEvent } from "../../../src/mirror/decide/difference.ts";
import { diff } from "../../../src/mirror/diff.ts";
import { mirror } from "../../../src/mirror/mirror.ts";
import { restore } from "../../../src/mirror/restore.ts";
import { noWritten } from "../../../src/mirror/carry/written.ts";
import { parsePattern } from "../../../src/copy/glob.ts";
import { listed } from "../../../src/copy/select.ts";
import type { Place } from "../../../src/batch/pool.ts";
import type { Clock } from "../../../src/shared/clock.ts";
import { Retrier } from "../../../src/transfer/retrier.ts";
import { FtpSide } from "../../../src/transfer/sides/ftp-side.ts";
import { copyDeps } from "../../support/edges.ts";
import { mirrorRequest } from "../../support/mirror-scene.ts";
import { POLICY } from "../../support/pair.ts";
import { settingsFor } from "../../support/settings.ts";
import { type TreeServer, treeServer } from "../../support/tree-server.ts";

const signal = new AbortController().signal;
const FILES = ["/a", "/d/b", "/d/e/c"];

let source: TreeServer;
let target: TreeServer;
/** What happens while somebody waits before the next try. */
let meanwhile: () => Promise<void>;
let pauses: number;

const clock: Clock = {
  now: () => Date.now(),
  sleep: async (ms) => {
    // The distance between logins is no pause before a retry.
    if (ms < 100) return;
    pauses += 1;
    await meanwhile();
  },
};

beforeEach(async () => {
  [source, target] = await Promise.all([treeServer(), treeServer()]);
  [meanwhile, pauses] = [async () => {}, 0];
  for (const path of ["/d", "/d/e"]) source.tree.makeDirectory(path, 0);
  for (const path of FILES) source.tree.write(path, Buffer.from(path), Date.UTC(2020, 0, 1));
});
afterEach(async () => {
  for (const one of [source, target]) await one[Symbol.asyncDispose]();
});

function placeOf(name: string, server: TreeServer): Place {
  const connect = () => new FtpSide(settingsFor(name, server), { clock });
  return { key: name, name, at: (path) => `${name}:${path}`, connect, limit: 4 };
}

const toCopy = (events: readonly CopyEvent[]) =>
  events.filter((event) => event.event === "action" && event.action === "copy").length;

/** Each way to look at the source's tree. @returns files that were found */
const WAYS: Readonly<Record<string, (retries: number) => Promise<number>>> = {
  "a copy of a pattern": async (retries) => {
    const { deps, events } = copyDeps({ clock });
    const request = {
      sources: [{ place: placeOf("source", source), pattern: parsePattern("/**"), shown: "source:/**" }],
      target: { place: placeOf("target", target), path: "/", shown: "target:/" },
      isWanted: () => true,
      onExists: "overwrite",
      parallel: 1,
      transfer: { ...POLICY, fxp: "never" },
      retries,
      dryRun: true,
    } as const;
    await copy(request, deps, signal);
    return toCopy(events);
  },
  "a mirror": async (retries) => {
    const { deps, events } = copyDeps({ clock });
    const asked = { retries, dryRun: true, parallel: 1, transfer: { ...POLICY, fxp: "never" } } as const;
    const request = mirrorRequest(placeOf("source", source), placeOf("target", target), asked);
    await mirror(request, { ...deps, written: noWritten }, signal);
    return toCopy(events);
  },
  "a diff": async (retries) => {
    const events: DiffEvent[] = [];
    const emit = (event: DiffEvent) => void events.push(event);
    const request = mirrorRequest(placeOf("source", source), placeOf("target", target), {
      retries,
      parallel: 1,
    });
    await diff(request, { clock, chance: () => 0, written: noWritten, emit }, signal);
    return events.filter((event) => "path" in event && FILES.includes(`/${event.path}`)).length;
  },
  "a listing of directories": async (retries) => {
    const side = placeOf("source", source).connect();
    const looking = { side, retrier: new Retrier({ retries }, { clock, chance: () => 0 }), signal };
    try {
      const all = [];
      for (const directory of ["/", "/d", "/d/e"]) all.push(...(await listed(looking, directory)).entries);
      return all.filter(({ kind }) => kind === "file").length;
    } finally {
      await side.close();
    }
  },
  "a restore": async (retries) => {
    const folder = "/.trash/2026-01-31T02-15-00";
    source.tree.makeDirectory("/.trash", 0);
    for (const path of ["", "/d", "/d/e"]) source.tree.makeDirectory(`${folder}${path}`, 0);
    for (const path of FILES) source.tree.write(`${folder}${path}`, Buffer.from(path), 0);
    const { deps } = copyDeps({ clock });
    const root = { place: placeOf("source", source), path: "/back", shown: "source:/back" };
    const request = { target: root, trash: "/.trash", paths: [], parallel: 1, retries, dryRun: true };
    const events: string[] = [];
    const emit = (event: { readonly event: string }) => void events.push(event.event);
    await restore(request, { ...deps, emit }, signal);
    return events.filter((event) => event === "action").length;
  },
};

const REPLIES = [
  "425 Can't open data connection",
  "426 Connection closed; transfer aborted",
  "450 Directory busy",
  "451 Local error in processing",
  "421 Service not available, closing control connection",
];
const LISTS = ["MLSD", "LIST", "STAT"];

/** What befalls a listing, so many times. */
const BEFALLS: Readonly<Record<string, (at: string, times: number) => void>> = {
  ...Object.fromEntries(
    REPLIES.map((reply) => [
      reply,
      (at: string, times: number) => source.fault({ kind: "refusal", verbs: LISTS, reply, at, times }),
    ]),
  ),
  "a data connection that breaks off": (at, times) => source.fault({ kind: "broken", keep: 1, at, times }),
  // It looks at each entry, and one has been renamed meanwhile.
  "an entry that has gone when the server looks at it": (at, times) =>
    source.fault({
      kind: "broken",
      keep: 0,
      reply: "550 ENOENT: no such file or directory, stat 'x.part'",
      at,
      times,
    }),
  "a control connection that is lost": (at, times) => source.fault({ kind: "lost", verbs: LISTS, at, times }),
};

describe.each(Object.keys(WAYS))("%s", (name) => {
  const look = (retries: number) => WAYS[name]?.(retries) ?? Promise.reject(new Error(name));
  const [top, deep] = name === "a restore" ? ["/.trash", "/.trash/2026-01-31T02-15-00/d"] : ["/", "/d"];

  test.each(Object.keys(BEFALLS))("is made again after %s, at the top and below it", async (befalls) => {
    // A 425 to STAT, which is asked instead of MLSD, has another meaning: both are refused.
    for (const at of [top, deep]) BEFALLS[befalls]?.(at, 2);
    expect(await look(3)).toBe(FILES.length);
  });

  test("is given up after as many tries as were asked for, and is not repeated without retries", async () => {
    source.fault({ kind: "lost", verbs: LISTS, at: deep });
    const found = await look(0).catch(() => 0);
    expect(found).toBeLessThan(FILES.length);
    expect(pauses).toBe(0);
    await look(2).catch(() => 0);
    expect(pauses).toBe(2);
  });

  test("waits for a server that is away for a moment", async () => {
    await source.leave();
    meanwhile = () => (pauses === 2 ? source.comeBack() : Promise.resolve());
    expect(await look(3)).toBe(FILES.length);
  });

  test("does not wait for a server that is away where nothing is to be repeated", async () => {
    await source.leave();
    await expect(look(0)).rejects.toThrow(/cannot connect to/);
    expect(pauses).toBe(0);
    await source.comeBack();
  });
});
