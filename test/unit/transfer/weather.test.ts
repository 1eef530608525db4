import { describe, expect, test } from "vitest";
import { systemClock } from "../../../src/shared/clock.ts";
import { FtpSide } from "../../../src/transfer/sides/ftp-side.ts";
import { memoryLedger } from "../../../src/transfer/ledger.ts";
import { transferFile } from "../../../src/transfer/file-transfer.ts";
import { newRoute, POLICY, moveOne } from "../../support/pair.ts";
import { planBroken } from "../../support/partial.ts";
import { type Answer, type Script, scriptedServer } from "../../support/scripted-server.ts";
import { settingsFor } from "../../support/settings.ts";

const CONTENT = Buffer.alloc(300_000, "through wind and weather ");
const HAD = 100_000;
const signal = new AbortController().signal;

/** Answers so once, or so often, and as it should from then on. */
function first(times: number, answer: string, then: Answer): Answer {
  let count = 0;
  return async (session, argument) => {
    count += 1;
    if (count <= times) return session.reply(answer);
    if (typeof then === "function") await then(session, argument);
  };
}

const listens: Answer = async (session) => session.reply(await session.listen());
const sends: Answer = async (session, path) => {
  session.reply("150 here it comes");
  await session.send(session.files.get(path) ?? Buffer.alloc(0));
  session.reply("226 done");
};

async function pair(source: Script, target: Script) {
  const [from, to] = [await scriptedServer(source), await scriptedServer(target)];
  from.files.set("/file", CONTENT);
  const dispose = async () =>
    void (await Promise.all([from[Symbol.asyncDispose](), to[Symbol.asyncDispose]()]));
  return { source: from, target: to, [Symbol.asyncDispose]: dispose };
}

describe("what was the weather is not remembered as the server's will", () => {
  test("one data connection that fails where it has worked before is tried again, by the same method", async () => {
    await using both = await pair({ RETR: first(0, "", sends) }, {});
    const route = await newRoute();
    await moveOne({ ...both, from: "file", to: "one", route, policy: { fxp: "only" } });
    await using worse = await pair({ RETR: first(1, "425 Can't open data connection", sends) }, {});
    const moved = await moveOne({ ...worse, from: "file", to: "two", route, policy: { fxp: "only" } });
    expect(moved.method).toBe("source-pasv");
  });

  test("a file that PRET is refused for is that file's matter, and other files go on", async () => {
    const pret: Script = {
      FEAT: ["211-Features", " PRET", " SIZE", " MLST type*;size*;modify*;", "211 End"],
      greeting: "220 DrFTPD",
      PRET: (session, argument) =>
        session.reply(argument === "RETR /gone" ? "550 no such file" : "200 planned"),
    };
    await using both = await pair(pret, {});
    const route = await newRoute();
    const moving = { ...both, route, policy: { fxp: "only" } as const };
    await expect(moveOne({ ...moving, from: "gone", to: "gone" })).rejects.toThrow(/PRET RETR \/gone: 550/);
    expect(await moveOne({ ...moving, from: "file", to: "file" })).toMatchObject({ by: "third-party" });
  });
});

describe("a broken file, in bad weather", () => {
  async function resumed(source: Script, target: Script, more: { readonly modifiedMs?: undefined } = {}) {
    await using both = await pair(source, target);
    const sides = (["source", "target"] as const).map(
      (role) => new FtpSide(settingsFor(role, both[role]), { clock: systemClock }),
    );
    const [from, to] = sides;
    if (from === undefined || to === undefined) throw new Error("two sides");
    const ends = { source: { side: from, path: "/file" }, target: { side: to, path: "/copy" } };
    const ledger = memoryLedger("t");
    const partial = await planBroken(ledger, ends.source, ends.target, more as object);
    both.target.files.set(partial, Buffer.from(CONTENT.subarray(0, HAD)));
    const context = {
      policy: { ...POLICY, fxp: "never" as const },
      route: await newRoute(),
      ledger,
      clock: systemClock,
    };
    try {
      const moved = await transferFile(ends, context, signal).catch((error: Error) => error.message);
      return { moved, left: [...both.target.files.keys()], octets: both.target.files.get("/copy") };
    } finally {
      await Promise.all(sides.map((side) => side.close()));
    }
  }

  const rest: Answer = "350 from there";
  const restarts: Script = {
    REST: rest,
    RETR: async (session, path) => {
      session.reply("150 here it comes");
      await session.send((session.files.get(path) ?? Buffer.alloc(0)).subarray(HAD));
      session.reply("226 done");
    },
    STOR: async (session, path) => {
      session.reply("150 go ahead");
      const before = session.files.get(path) ?? Buffer.alloc(0);
      session.files.set(path, Buffer.concat([before, await session.receive()]));
      session.reply("226 done");
    },
  };

  test("goes on where it was", async () => {
    const { moved, octets } = await resumed(restarts, restarts);
    expect(moved).toMatchObject({ resumedFrom: HAD });
    expect(octets?.equals(CONTENT)).toBe(true);
  });

  test("continues without a digest that is offered and then refused", async () => {
    const offers = {
      ...restarts,
      FEAT: ["211-Features", " SIZE", " MLST type*;size*;modify*;", " XSHA256", "211 End"],
      XSHA256: "504 not for this file",
    };
    expect((await resumed(offers, offers)).moved).toMatchObject({ resumedFrom: HAD });
  });

  test.each([
    ["450 busy", 2],
    ["451 try again", 2],
  ])("is kept where the server says %s", async (reply, names) => {
    const { moved, left } = await resumed({ ...restarts, RETR: reply }, restarts);
    expect(moved).toMatch(reply);
    expect(left.length).toBeLessThan(names);
    expect(left[0]).toMatch(/^\/\.fxpd-/);
  });
});

test("a server that will not listen at first is asked again in its turn", async () => {
  await using both = await pair({ PASV: first(0, "", listens) }, {});
  expect(await moveOne({ ...both, from: "file", to: "file" })).toMatchObject({ by: "third-party" });
});

test("a target that tells no sizes is found out before anything is sent twice", async () => {
  const mute: Script = { SIZE: "502 no", MLST: "502 no", FEAT: ["211-Features", "211 End"] };
  await using both = await pair({}, mute);
  const moved = moveOne({ ...both, from: "file", to: "file" });
  await expect(moved).rejects.toMatchObject({ retry: "never" });
});
