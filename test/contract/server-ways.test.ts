import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { systemClock } from "../../src/shared/clock.ts";
import { Scope } from "../../src/shared/scope.ts";
import { fileMemory } from "../../src/state/memory.ts";
import { rememberedIn } from "../../src/transfer/evidence/remembered.ts";
import type { Memory } from "../../src/transfer/memory.ts";
import { FtpSide } from "../../src/transfer/sides/ftp-side.ts";
import { keepWaysIn } from "../../src/transfer/sides/kept-ways.ts";
import { scriptedServer } from "../support/scripted-server.ts";
import { settingsFor } from "../support/settings.ts";

test("a command that a server never answers costs one wait, in this process and, as that is kept, in the next", async () => {
  const state = await mkdtemp(join(tmpdir(), "fxpd-ways-"));
  await using server = await scriptedServer({
    FEAT: ["211-Features", " MLST type*;size*;", "211 End"],
    MLSD: () => {},
    LIST: async (session) => {
      session.reply("150 here it comes");
      await session.send(Buffer.from("-rw-r--r-- 1 a b 3 Jan 1 2020 x\r\n"));
      session.reply("226 done");
    },
  });
  const memory = fileMemory(state);
  const timeouts = { connectMs: 5_000, replyMs: 2_000, stallMs: 5_000, idleMs: 60_000 };
  const listed = async () => {
    const side = new FtpSide(settingsFor("edge", server, { timeouts }), { clock: systemClock });
    const names: string[] = [];
    try {
      for await (const { name } of side.list("", AbortSignal.timeout(30_000))) names.push(name);
      return names;
    } finally {
      await side.close();
    }
  };
  const kept = new Scope();
  const keepIn = (one: Memory) => void kept.use(keepWaysIn(one, systemClock));
  const asked = () => server.commands.filter((line) => line === "MLSD").length;
  try {
    keepIn(memory);
    await expect(listed()).rejects.toThrow("MLSD: no reply");
    expect(await listed()).toEqual(["x"]);
    expect(asked()).toBe(1);
    await expect.poll(async () => (await memory.entries()).length).toBe(1);
    const [row] = await memory.entries();
    expect(rememberedIn(row?.key ?? "", row?.value, systemClock.now())).toMatchObject({
      kind: "host",
      evidence: [{ about: "MLSD", is: "no answer" }],
    });
    // As another process that reads what this one has kept; forgotten, it is found out again.
    keepIn(fileMemory(state));
    expect(await listed()).toEqual(["x"]);
    expect(asked()).toBe(1);
    await memory.forget(row?.key ?? "");
    keepIn(fileMemory(state));
    await expect(listed()).rejects.toThrow("MLSD: no reply");
    expect(asked()).toBe(2);
  } finally {
    await kept[Symbol.asyncDispose]();
    await rm(state, { recursive: true });
  }
});
