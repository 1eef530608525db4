import { expect, test } from "vitest";
import { memoryLedger } from "../../src/transfer/ledger.ts";
import type { FxpPolicy } from "../../src/transfer/move/order.ts";
import { moveOne, newRoute } from "../support/pair.ts";
import { scriptedServer } from "../support/scripted-server.ts";

const OCTETS = Buffer.alloc(200_000, "all of it ");

/** A target that stores its second file and is gone before it says so; the connection after that one is refused. */
async function losesItsLastReply() {
  let connections = 0;
  let stored = 0;
  return scriptedServer({
    greeting: (session) => {
      connections += 1;
      session.reply(connections === 3 ? "421 not now" : "220 scripted");
      if (connections === 3) session.close();
    },
    STOR: async (session, path) => {
      session.reply("150 go ahead");
      session.files.set(path, await session.receive());
      stored += 1;
      if (stored === 2) session.close();
      else session.reply("226 done");
    },
  });
}

test.each([
  { fxp: "never", by: "relay" },
  { fxp: "only", by: "third-party" },
] satisfies readonly { readonly fxp: FxpPolicy; readonly by: string }[])(
  "--fxp $fxp: bytes that an earlier try has sent are reported as they were sent: $by, in clear",
  async ({ fxp, by }) => {
    await using source = await scriptedServer();
    await using target = await losesItsLastReply();
    source.files.set("/a", OCTETS);
    const [ledger, route] = [memoryLedger("t"), await newRoute()];
    const moving = { source, target, from: "/a", to: "/a", policy: { fxp }, ledger, route };
    // A method that has worked before is not doubted because one connection was lost.
    await moveOne({ ...moving, to: "/before" });
    await expect(moveOne(moving)).rejects.toThrow();
    const moved = await moveOne(moving);
    expect(target.files.get("/a")).toEqual(OCTETS);
    expect(moved).toMatchObject({ bytes: 0, resumedFrom: OCTETS.length, by, protected: false });
  },
);

test("bytes of a process that was killed: nobody knows how they came", async () => {
  await using source = await scriptedServer();
  await using target = await losesItsLastReply();
  source.files.set("/a", OCTETS);
  const kept = memoryLedger("t");
  const moving = { source, target, from: "/a", to: "/a", policy: { fxp: "never" } as const };
  await moveOne({ ...moving, to: "/before" });
  // What is killed records nothing when it ends.
  const killed = {
    owner: kept.owner,
    claim: async (...args: Parameters<typeof kept.claim>) => {
      const claim = await kept.claim(...args);
      return { ...claim, release: (isKept: boolean) => claim.release(isKept) };
    },
  };
  await expect(moveOne({ ...moving, ledger: killed })).rejects.toThrow();
  expect(await moveOne({ ...moving, ledger: kept })).toMatchObject({ bytes: 0, by: null, protected: null });
});

test("a copy on the server whose last reply is lost is reported as one when it is found to be complete", async () => {
  let copying = "";
  let copies = 0;
  await using server = await scriptedServer({
    FEAT: ["211-Features", " SIZE", " MLST type*;size*;modify*;", " SITE COPY", "211 End"],
    SITE: (session, argument) => {
      const [, verb = "", path = ""] = /^(\S+) (.*)$/.exec(argument) ?? [];
      if (verb === "CPFR") {
        copying = path;
        return session.reply("350 to where?");
      }
      session.files.set(path, session.files.get(copying) ?? Buffer.alloc(0));
      copies += 1;
      if (copies === 1) session.close();
      else session.reply("250 copied");
    },
  });
  server.files.set("/a", OCTETS);
  const moving = { source: server, target: server, from: "/a", to: "/b", ledger: memoryLedger("t") };
  await expect(moveOne(moving)).rejects.toThrow();
  expect(await moveOne(moving)).toMatchObject({
    ...{ bytes: 0, resumedFrom: OCTETS.length },
    ...{ by: "server-side", method: null, protected: null },
  });
  expect(server.files.get("/b")).toEqual(OCTETS);
});

test("a copy on the server that is answered 202 was not made, and the file goes another way", async () => {
  await using server = await scriptedServer({
    FEAT: ["211-Features", " SIZE", " MLST type*;size*;modify*;", " SITE COPY", "211 End"],
    SITE: (session, argument) => session.reply(argument.startsWith("CPFR") ? "350 to where?" : "202 no need"),
  });
  server.files.set("/a", OCTETS);
  const moved = await moveOne({ source: server, target: server, from: "/a", to: "/b" });
  expect(server.commands.filter((line) => /^SITE CPTO/.test(line))).toHaveLength(1);
  expect(moved.by).not.toBe("server-side");
  expect(server.files.get("/b")).toEqual(OCTETS);
});
