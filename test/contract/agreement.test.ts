import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { copy } from "../../src/copy/copy.ts";
import { parsePattern } from "../../src/copy/glob.ts";
import type { Place } from "../../src/batch/pool.ts";
import { systemClock } from "../../src/shared/clock.ts";
import { shortMemory } from "../../src/transfer/memory.ts";
import { type Diagnosis, diagnose } from "../../src/transfer/move/third-party/diagnose/diagnose.ts";
import { probePath, storeProbe } from "../../src/transfer/move/third-party/diagnose/probe-file.ts";
import { Route, routeKey } from "../../src/transfer/move/third-party/route.ts";
import { Traces } from "../../src/transfer/move/third-party/diagnose/traces.ts";
import { FtpSide } from "../../src/transfer/sides/ftp-side.ts";
import { copyDeps } from "../support/edges.ts";
import { POLICY } from "../support/pair.ts";
import { type Answer, type Script, scriptedServer, type Session } from "../support/scripted-server.ts";
import { settingsFor } from "../support/settings.ts";

// `fxpd doctor` and `fxpd copy` judge the same servers: what one says works is what the other uses.

const METHODS = ["source-pasv", "target-pasv", "source-epsv", "target-epsv"] as const;
type Name = (typeof METHODS)[number];

/** What becomes of a method, at which of its commands; `works` is the answer that servers give otherwise. */
type Fate =
  | { readonly at: "none" }
  | { readonly at: "active"; readonly says: string | "lost" | "silent" }
  /** `unreachable`: says 150, and has no data connection. */
  | {
      readonly at: "transfer";
      readonly by: "source" | "target";
      readonly says: string | "lost" | "silent" | "unreachable";
    };

const words = fc.constantFrom(
  "500 Illegal PORT command",
  "501 what?",
  "502 not here",
  "504 not for that",
  "425 cannot open it",
  "451 no",
  "521 wrong kind",
  "530 not you",
  "550 addresses do not match",
  "550 Permission denied",
  "550 No such file or directory",
  "553 nein",
  "450 busy",
  "lost" as const,
  "silent" as const,
);
const fate: fc.Arbitrary<Fate> = fc.oneof(
  { weight: 2, arbitrary: fc.constant<Fate>({ at: "none" }) },
  fc.record({ at: fc.constant("active" as const), says: words }),
  fc.record({
    at: fc.constant("transfer" as const),
    by: fc.constantFrom("source" as const, "target" as const),
    says: fc.oneof({ weight: 6, arbitrary: words }, fc.constant("unreachable" as const)),
  }),
);

const signal = () => AbortSignal.timeout(30_000);

/** Two servers between which each method ends as it is said; through this machine everything passes. */
async function pairOf(fates: Readonly<Record<Name, Fate>>) {
  const under = { source: undefined as Name | undefined, target: undefined as Name | undefined };
  const scriptOf = (role: "source" | "target"): Script => {
    const other = role === "source" ? "target" : "source";
    const says = (session: Session, what: string) => {
      if (what === "lost") session.close();
      else if (what === "silent") return;
      else if (what === "unreachable") session.reply("150 wait for it");
      else session.reply(what);
    };
    const passive =
      (form: "pasv" | "epsv"): Answer =>
      async (session) => {
        // Whatever was to come before does not come.
        under.source = undefined;
        under.target = undefined;
        const reply = await session.listen();
        const [high = 0, low = 0] = /(\d+),(\d+)\)/.exec(reply)?.slice(1).map(Number) ?? [];
        session.reply(form === "pasv" ? reply : `229 Extended (|||${high * 256 + low}|)`);
      };
    const active =
      (form: "pasv" | "epsv"): Answer =>
      (session, argument) => {
        const name: Name = `${other}-${form}`;
        const one = fates[name];
        if (one.at === "active") return says(session, one.says);
        under.source = name;
        under.target = name;
        const [, address = "", port = "0"] = /\|\d\|([^|]+)\|(\d+)\|/.exec(argument) ?? [];
        session.connectLater(
          form === "pasv"
            ? argument
            : `${address.replaceAll(".", ",")},${Number(port) >> 8},${Number(port) & 255}`,
        );
        session.reply("200 will do");
      };
    return {
      PASV: passive("pasv"),
      EPSV: passive("epsv"),
      PORT: active("pasv"),
      EPRT: active("epsv"),
      [role === "source" ? "RETR" : "STOR"]: async (session: Session, argument: string) => {
        const name = under[role];
        under[role] = undefined;
        const one = name && fates[name];
        if (one?.at === "transfer" && one.by === role) return says(session, one.says);
        if (role === "source") {
          const file = session.files.get(argument);
          if (file === undefined) return session.reply("550 no such file");
          session.reply("150 here it comes");
          await session.send(file);
        } else {
          session.reply("150 go ahead");
          session.files.set(argument, await session.receive());
        }
        session.reply("226 done");
      },
    };
  };
  return [await scriptedServer(scriptOf("source")), await scriptedServer(scriptOf("target"))] as const;
}

async function judgedBy(fates: Readonly<Record<Name, Fate>>) {
  const [source, target] = await pairOf(fates);
  await using _source = source;
  await using _target = target;
  const settings = { timeouts: { connectMs: 2_000, replyMs: 2_000, stallMs: 2_000, idleMs: 60_000 } };
  const connect = (name: string, server: typeof source) => () =>
    new FtpSide(settingsFor(name, server, settings), { clock: systemClock });
  const place = (name: string, server: typeof source): Place => ({
    ...{ key: name, name, at: (path: string) => `${name}:${path}`, limit: 1 },
    connect: connect(name, server),
  });
  source.files.set("/file", Buffer.from("content"));
  const copied = async (memory = shortMemory()) => {
    const { deps, events } = copyDeps({ memory });
    const request = {
      sources: [{ place: place("source", source), pattern: parsePattern("/file"), shown: "source:/file" }],
      target: { place: place("target", target), path: "/copy", shown: "target:/copy" },
      ...{ isWanted: () => true, onExists: "overwrite" as const, parallel: 1, retries: 0, dryRun: false },
      transfer: POLICY,
    };
    await copy(request, deps, signal());
    const event = events.find((one) => one.event === "transfer");
    return event?.event === "transfer"
      ? { outcome: event.outcome, by: event.by, method: event.method }
      : undefined;
  };
  const memory = shortMemory();
  const sides = [connect("source", source)(), connect("target", target)()] as const;
  const route = await Route.recall(routeKey("source", "target"), memory, systemClock);
  const traces = new Traces();
  const found: Diagnosis[] = [];
  const path = probePath("", "c0ffee");
  await storeProbe(sides[0], path, traces, systemClock, signal());
  const examination = {
    source: { side: sides[0], path },
    target: { side: sides[1], directory: "" },
    ...{ nonce: "c0ffee", traces, limitMs: 5_000, clock: systemClock, route },
  };
  for await (const one of diagnose(examination, signal())) found.push(one);
  await route.settled();
  await Promise.all(sides.map((side) => side.close()));
  const works = found.flatMap(({ outcome, method }) => (outcome === "works" ? [method] : []));
  return { works, alone: await copied(), afterwards: await copied(memory) };
}

describe("doctor and copy agree", () => {
  test("whatever each method ends in, a copy goes by the first one that doctor says works", async () => {
    await fc.assert(
      fc.asyncProperty(fc.tuple(fate, fate, fate, fate), async (ends) => {
        const fates = Object.fromEntries(METHODS.map((name, index) => [name, ends[index]])) as Record<
          Name,
          Fate
        >;
        const { works, alone, afterwards } = await judgedBy(fates);
        const [first] = works;
        const expected =
          first === undefined
            ? { outcome: "succeeded", by: "relay", method: null }
            : { outcome: "succeeded", by: "third-party", method: first };
        expect({ works, alone, afterwards }).toEqual({ works, alone: expected, afterwards: expected });
      }),
      { numRuns: 6 },
    );
  }, 60_000);

  test("a file that nobody may read fails by itself, and what was said by each method is quoted", async () => {
    await using source = await scriptedServer({ RETR: "550 Not for you" });
    await using target = await scriptedServer();
    source.files.set("/file", Buffer.from("content"));
    const place = (name: string, server: typeof source): Place => ({
      ...{ key: name, name, at: (path: string) => `${name}:${path}`, limit: 1 },
      connect: () => new FtpSide(settingsFor(name, server), { clock: systemClock }),
    });
    const { deps, events } = copyDeps();
    const request = {
      sources: [{ place: place("alpha", source), pattern: parsePattern("/file"), shown: "alpha:/file" }],
      target: { place: place("beta", target), path: "/copy", shown: "beta:/copy" },
      ...{ isWanted: () => true, onExists: "overwrite" as const, parallel: 1, retries: 0, dryRun: false },
      transfer: POLICY,
    };
    await copy(request, deps, signal());
    const [event] = events.filter((one) => one.event === "transfer");
    const because = event?.event === "transfer" ? event.because : "";
    expect(because).toMatch(
      /^alpha: RETR \/file: 550 Not for you; third-party transfer was tried before: source-pasv: .*; target-pasv: /,
    );
    expect(because).toContain("alpha: 550 Not for you");
    expect(because).toContain("beta: ");
  });
});

test("doctor: a connection that what was left of one method ends says nothing of the next method", async () => {
  let isFirst = true;
  await using source = await scriptedServer({
    RETR: "425 rejected data connection from a foreign address",
    PORT: (session) => {
      if (isFirst) session.close();
      else session.reply("501 cannot connect to a foreign address");
      isFirst = false;
    },
    EPRT: "501 cannot connect to a foreign address",
  });
  await using target = await scriptedServer();
  const sides = [source, target].map(
    (server, at) => new FtpSide(settingsFor(["alpha", "beta"][at] ?? "", server), { clock: systemClock }),
  ) as [FtpSide, FtpSide];
  const traces = new Traces();
  const path = probePath("", "c0ffee");
  await storeProbe(sides[0], path, traces, systemClock, signal());
  const examination = {
    source: { side: sides[0], path },
    target: { side: sides[1], directory: "" },
    ...{ nonce: "c0ffee", traces, limitMs: 5_000, clock: systemClock },
  };
  const found: Diagnosis[] = [];
  for await (const one of diagnose(examination, signal())) found.push(one);
  await Promise.all(sides.map((side) => side.close()));
  expect(found.find(({ method }) => method === "target-pasv")).toMatchObject({
    ...{ outcome: "refused", role: "source", command: "PORT" },
    reply: "501 cannot connect to a foreign address",
  });
});
