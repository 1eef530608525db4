import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { latch, type Placing } from "../support/placed-files.ts";
import type { Script, Session } from "../support/scripted-server.ts";
import { bytesOf, type Copying, placesOf, SegmentScene } from "../support/segment-scene.ts";

const MIB = 2 ** 20;
const WHOLE = bytesOf(9 * MIB);

let local: string;
const scene = new SegmentScene();
beforeAll(async () => {
  local = await mkdtemp(join(tmpdir(), "fxpd-segments-"));
});
afterAll(() => rm(local, { recursive: true, force: true }));
afterEach(async () => {
  await scene[Symbol.asyncDispose]();
  for (const name of await readdir(local)) await rm(join(local, name));
});

const here = () => scene.here(join(local, "file"));
const at: SegmentScene["at"] = (...given) => scene.at(...given);
const scripted = (placing: Placing, file?: Buffer, more?: Script) => scene.scripted(placing, file, more);
const copy = (copying: Copying) => scene.copy(copying);

/** A RETR that only tries out whether the server begins where it is told to. */
const isTrial = (place: number) => place === WHOLE.length - 1;

/** Holds bytes back until so many connections have begun: however fast the first one is, none comes too late. */
function together(verb: "RETR" | "STOR", count: number): Placing {
  const begun = new Set<Session>();
  const all = latch();
  // The first three places of an upload are for trying out what the server does.
  let left = verb === "STOR" ? 3 : 0;
  return {
    began: async (which, place, session) => {
      if (which !== verb || (verb === "RETR" && isTrial(place))) return;
      if ((left -= 1) >= 0) return;
      begun.add(session);
      if (begun.size === count) all.resolve();
      await all.promise;
    },
  };
}

describe("a download on several connections", () => {
  const download = async (placing: Placing, more: Partial<Copying> = {}) => {
    const server = await scripted(placing, WHOLE);
    const moved = await copy({ from: at(server, "source", "/file"), to: here(), ...more });
    expect((await readFile(join(local, "file"))).equals(WHOLE)).toBe(true);
    expect(await readdir(local)).toEqual(["file"]);
    return { moved, server };
  };

  test("is the whole file, whose parts came on four connections, and counts each byte once", async () => {
    const told: number[] = [];
    const { moved, server } = await download(together("RETR", 4), { progress: (bytes) => told.push(bytes) });
    expect(moved).toMatchObject({ by: "relay", bytes: WHOLE.length, resumedFrom: 0 });
    expect(moved.because).toBe("one side is this machine; on 4 connections at once");
    expect(Math.max(...told)).toBe(WHOLE.length);
    expect(new Set(placesOf(server)).size).toBeGreaterThanOrEqual(4);
  });

  test("a server that answers 350 and sends from the start is asked for the whole file, on one connection", async () => {
    const { moved } = await download({ reads: "start" });
    expect(moved.because).toBe(
      "one side is this machine; on one connection: source does not begin where REST asked it to",
    );
  });

  test("a server that refuses REST is asked for the whole file, on one connection", async () => {
    const { moved } = await download({ reads: "refused" });
    expect(moved.because).toMatch(/on one connection: source: RETR .*501 REST is not for you/);
  });

  test("goes on with the connections that there are", async () => {
    const { moved } = await download(together("RETR", 2), { extra: 1 });
    expect(moved.because).toBe(
      "one side is this machine; on 2 connections at once; no other connection is free (limits.connections)",
    );
  });

  test("a connection that breaks off again and again leaves its part to the others", async () => {
    let first: Session | undefined;
    let broken: Session | undefined;
    let times = 0;
    const twice = latch();
    const { moved } = await download(
      {
        began: async (_verb, place, session) => {
          first ??= session;
          if (isTrial(place)) return;
          if (session === first) await twice.promise;
          else broken ??= session;
        },
        endsAfter: (_path, place, session) => {
          if (session !== broken || isTrial(place)) return undefined;
          if ((times += 1) === 2) twice.resolve();
          return 0;
        },
      },
      { policy: { segments: 2 } },
    );
    expect(times).toBe(2);
    expect(moved.because).toMatch(/on 2 connections at once; .*426 lost it/);
  });

  test("a further connection whose REST is refused is given up alone", async () => {
    let first: Session | undefined;
    const refused = latch();
    const { moved, server } = await download(
      {
        refusesRest: (session, place) => {
          first ??= session;
          if (session === first || isTrial(place)) return undefined;
          refused.resolve();
          return "450 busy, try later";
        },
        // The first one has something to do until then.
        began: async (_verb, place, session) => {
          if (session === first && !isTrial(place)) await refused.promise;
        },
      },
      { policy: { segments: 2 } },
    );
    expect(moved.because).toMatch(/on 2 connections at once; .*450 busy, try later/);
    // What the first one had begun was not begun anew.
    expect(server.commands.filter((line) => line.startsWith("RETR ")).length).toBeLessThanOrEqual(5);
  });

  test("a file that is too small for two is copied on one, without a word of it", async () => {
    const server = await scripted({}, WHOLE.subarray(0, 2 * MIB - 1));
    const moved = await copy({ from: at(server, "source", "/file"), to: here() });
    expect(moved.because).toBe("one side is this machine");
    expect(placesOf(server)).toEqual([]);
  });
});

describe("an upload on several connections", () => {
  const upload = async (placing: Placing, more: Partial<Copying> = {}) => {
    await writeFile(join(local, "file"), WHOLE);
    const server = await scripted(placing);
    const moved = await copy({ from: here(), to: at(server, "target", "/copy"), ...more });
    expect(server.files.get("/copy")?.equals(WHOLE)).toBe(true);
    expect([...server.files.keys()]).toEqual(["/copy"]);
    return { moved, server };
  };

  test("is the whole file, whose parts went on four connections", async () => {
    const { moved, server } = await upload(together("STOR", 4));
    expect(moved).toMatchObject({ by: "relay", bytes: WHOLE.length, resumedFrom: 0 });
    expect(moved.because).toBe("one side is this machine; on 4 connections at once");
    expect(new Set(placesOf(server)).size).toBeGreaterThanOrEqual(4);
  });

  test.each([
    ["cut", "target does not keep what follows the place where REST asked it to write"],
    ["appended", "target does not keep what follows the place where REST asked it to write"],
    ["start", "target does not keep what follows the place where REST asked it to write"],
    ["refused", "target: STOR /copy: 554 not there"],
  ] as const)(
    "a server that writes elsewhere than it is told to (%s) gets the file on one connection",
    async (writes, because) => {
      const { moved } = await upload({ writes });
      expect(moved.because).toContain(`one side is this machine; on one connection: ${because}`);
    },
  );

  test("a server that lets one connection at a time write gets the file on one", async () => {
    const gone = latch();
    let first: Session | undefined;
    let trials = 3;
    const { moved } = await upload(
      {
        writes: "in-turn",
        asked: (verb, _place, session) => {
          first ??= session;
          if (verb === "STOR" && session !== first) session.socket.once("close", () => gone.resolve());
        },
        began: async (verb) => {
          if (verb === "STOR" && (trials -= 1) < 0) await gone.promise;
        },
      },
      { policy: { segments: 2 }, timeouts: { replyMs: 500 } },
    );
    expect(moved.because).toMatch(/target lets only one connection at a time write the file$/);
  });
});

describe("a relay on several connections", () => {
  test("reads and writes in four places at once", async () => {
    const [source, target] = [await scripted({}, WHOLE), await scripted(together("STOR", 4))];
    const moved = await copy({
      from: at(source, "source", "/file"),
      to: at(target, "target", "/copy"),
      policy: { fxp: "never" },
    });
    expect(moved.because).toBe(
      "third-party transfers are turned off (--fxp never); on 4 connections at once",
    );
    expect(target.files.get("/copy")?.equals(WHOLE)).toBe(true);
  });

  test("comes about when both servers refuse a third-party transfer", async () => {
    const refusing = { PORT: "500 not to others", EPRT: "500 not to others" };
    const [source, target] = [
      await scripted({}, WHOLE, refusing),
      await scripted(together("STOR", 2), undefined, refusing),
    ];
    const moved = await copy({
      from: at(source, "source", "/file"),
      to: at(target, "target", "/copy"),
      policy: { fxp: "prefer", segments: 2 },
    });
    expect(moved).toMatchObject({ by: "relay", bytes: WHOLE.length });
    expect(moved.because).toMatch(/500 not to others.*; on 2 connections at once$/);
    expect(target.files.get("/copy")?.equals(WHOLE)).toBe(true);
  });
});
