import { describe, expect, test } from "vitest";
import { copy } from "../../../src/copy/copy.ts";
import type { CopyRequest } from "../../../src/copy/request.ts";
import type { CopyEvent, SummaryEvent } from "../../../src/batch/events.ts";
import { parsePattern } from "../../../src/copy/glob.ts";
import { type Place, OwnPool } from "../../../src/batch/pool.ts";
import { systemClock } from "../../../src/shared/clock.ts";
import { FtpSide } from "../../../src/transfer/sides/ftp-side.ts";
import type { Side } from "../../../src/transfer/sides/side.ts";
import { copyDeps } from "../../support/edges.ts";
import { POLICY } from "../../support/pair.ts";
import { type Script, type ScriptedServer, scriptedServer } from "../../support/scripted-server.ts";
import { settingsFor } from "../../support/settings.ts";

const signal = new AbortController().signal;

function placeOf(name: string, server: ScriptedServer, limit = 4): Place {
  const connect = () => new FtpSide(settingsFor(name, server), { clock: systemClock });
  return { key: name, name, at: (path) => `${name}:${path}`, connect, limit };
}

interface Ran {
  readonly summary: SummaryEvent;
  readonly events: readonly CopyEvent[];
}

async function run(
  source: ScriptedServer,
  target: ScriptedServer,
  more: Partial<CopyRequest> = {},
): Promise<Ran> {
  const request: CopyRequest = {
    sources: [{ place: placeOf("source", source), pattern: parsePattern("/*"), shown: "source:/*" }],
    target: { place: placeOf("target", target), path: "/", shown: "target:/" },
    isWanted: () => true,
    onExists: "overwrite",
    parallel: 4,
    transfer: { ...POLICY, fxp: "only" },
    retries: 0,
    dryRun: false,
    ...more,
  };
  const { deps, events } = copyDeps();
  return { summary: await copy(request, deps, signal), events };
}

async function twoServers(source: Script, target: Script, files: number) {
  const [from, to] = [await scriptedServer(source), await scriptedServer(target)];
  for (let index = 0; index < files; index += 1)
    from.files.set(`/file ${index}`, Buffer.from(`number ${index}`));
  const dispose = async () =>
    void (await Promise.all([from[Symbol.asyncDispose](), to[Symbol.asyncDispose]()]));
  return { from, to, [Symbol.asyncDispose]: dispose };
}

describe("a copy of many files", () => {
  test("over four pairs of connections ends with every file, and one login for each", async () => {
    await using both = await twoServers({}, {}, 40);
    const { summary } = await run(both.from, both.to);
    expect(summary).toMatchObject({ outcome: "succeeded", files: { copied: 40, failed: 0 } });
    expect([...both.to.files.keys()].sort()).toEqual([...both.from.files.keys()].sort());
    expect(both.to.commands.filter((command) => command.startsWith("USER")).length).toBeLessThanOrEqual(4);
  });

  test.each(["452 Insufficient storage space", "552 Quota exceeded", "451 Failure writing to local file."])(
    "stops at the first %s, and does not try the next thousand",
    async (reply) => {
      await using both = await twoServers({}, { STOR: reply }, 1_000);
      const { summary } = await run(both.from, both.to, { parallel: 1 });
      expect(summary).toMatchObject({ outcome: "failed", files: { copied: 0, failed: 1_000 } });
      expect(summary.because).toContain(reply);
      expect(both.to.commands.filter((command) => command.startsWith("STOR"))).toHaveLength(1);
    },
  );

  test("one file that fails does not hold the others, and the outcome is partial", async () => {
    await using both = await twoServers({}, {}, 10);
    both.from.files.set("/unreadable", Buffer.from("x"));
    const refusing = await scriptedServer({
      RETR: async (session, path) => {
        if (path === "/unreadable") return session.reply("550 Permission denied");
        session.reply("150 here");
        await session.send(both.from.files.get(path) ?? Buffer.alloc(0));
        session.reply("226 done");
      },
    });
    await using _closed = refusing;
    for (const [path, octets] of both.from.files) refusing.files.set(path, octets);
    const { summary, events } = await run(refusing, both.to);
    expect(summary).toMatchObject({ outcome: "partial", files: { copied: 10, failed: 1 } });
    const failed = events.find((event) => event.event === "transfer" && event.outcome === "failed");
    expect(failed).toMatchObject({
      source: "source:/unreadable",
      because: expect.stringContaining("550 Permission denied"),
    });
  });

  test("a server that lets two in is not asked for a third connection again and again", async () => {
    let open = 0;
    await using both = await twoServers({}, {}, 20);
    const strict = await scriptedServer({
      greeting: (session) => {
        open += 1;
        session.socket.on("close", () => (open -= 1));
        if (open <= 2) return session.reply("220 welcome");
        session.reply("421 Too many connections");
        session.socket.end();
      },
    });
    await using _closed = strict;
    const { summary } = await run(both.from, strict);
    expect(summary).toMatchObject({ outcome: "succeeded", files: { copied: 20 } });
    expect(strict.commands.filter((command) => command.startsWith("USER"))).toHaveLength(2);
  });

  const listing = (...lines: readonly string[]): Script => ({
    MLSD: async (session) => {
      session.reply("150 here");
      await session.send(Buffer.from(lines.map((line) => `${line}\r\n`).join("")));
      session.reply("226 done");
    },
  });

  test("a listing with a name twice copies nothing", async () => {
    await using both = await twoServers(listing("type=file;size=1; x", "type=file;size=1; x"), {}, 0);
    await expect(run(both.from, both.to)).rejects.toThrow(/"x" is listed twice/);
    expect(both.to.commands.join()).not.toContain("STOR");
  });

  test.each([
    ["type=file;size=1; ../up", /\.\.\/up/],
    ["no listing at all", /no listing at all/],
  ])("a line that names no file here is a fault of its own: %s", async (line, reason) => {
    await using both = await twoServers(listing("type=file;size=1; x", "type=file;size=1; y", line), {}, 0);
    for (const name of ["/x", "/y"]) both.from.files.set(name, Buffer.from("1"));
    const { events } = await run(both.from, both.to);
    expect(JSON.stringify(events)).toMatch(reason);
    expect(both.to.commands.join()).not.toMatch(/\.\.|no listing/);
  });

  test("a directory that was listed is entered, and no server is given a name to list", async () => {
    await using both = await twoServers({}, {}, 1);
    await run(both.from, both.to);
    expect(both.from.commands.filter((command) => /^(MLSD|LIST)/.test(command))).toEqual(["MLSD"]);
  });
});

describe("the pool", () => {
  const place = (name: string, limit: number): Place => {
    return { key: name, name, at: (path) => path, connect: () => ({ name }) as unknown as Side, limit };
  };

  test("a → b and b → a at one connection each both end", async () => {
    const pool = new OwnPool();
    const [a, b] = [place("a", 1), place("b", 1)];
    const ended: string[] = [];
    const work = async (from: Place, to: Place) => {
      await using pair = await pool.borrow(from, to, signal);
      await Promise.resolve();
      ended.push(`${pair.source.name}${pair.target.name}`);
    };
    await Promise.all([work(a, b), work(b, a), work(a, b), work(b, a)]);
    expect(ended).toHaveLength(4);
  });

  test("a host that allows one connection cannot be both sides, and says so at once", async () => {
    const one = place("a", 1);
    await expect(new OwnPool().borrow(one, one, signal)).rejects.toThrow(
      /a: two connections are needed, but limits.connections is 1/,
    );
  });

  test("who waits for a connection can be cancelled", async () => {
    const pool = new OwnPool();
    const one = place("a", 1);
    await using _held = await pool.borrowOne(one, signal);
    const cancel = new AbortController();
    const waiting = pool.borrowOne(one, cancel.signal);
    cancel.abort();
    await expect(waiting).rejects.toThrow(/aborted/);
  });
});
