import { test } from "vitest";
import { copy } from "../../../src/copy/copy.ts";
import { parsePattern } from "../../../src/copy/glob.ts";
import type { Place } from "../../../src/batch/pool.ts";
import { systemClock } from "../../../src/shared/clock.ts";
import { FtpSide } from "../../../src/transfer/sides/ftp-side.ts";
import { copyDeps } from "../../support/edges.ts";
import { POLICY } from "../../support/pair.ts";
import { type Script, type ScriptedServer, scriptedServer } from "../../support/scripted-server.ts";
import { settingsFor } from "../../support/settings.ts";

const timeouts = { connectMs: 2_000, replyMs: 5_000, stallMs: 1_500, idleMs: 60_000 };

function placeOf(name: string, server: ScriptedServer, limit: number): Place {
  const connect = () => new FtpSide(settingsFor(name, server, { timeouts }), { clock: systemClock });
  return { key: name, name, at: (path) => `${name}:${path}`, connect, limit };
}

/** Stores what comes as it comes, so that it can be seen growing. */
const GROWS: Script = {
  STOR: async (session, path) => {
    session.reply("150 go ahead");
    session.files.set(path, Buffer.alloc(0));
    for await (const chunk of await session.data()) {
      session.files.set(path, Buffer.concat([session.files.get(path) ?? Buffer.alloc(0), chunk as Buffer]));
    }
    session.reply("226 done");
  },
};

/** Sends half, waits for so long, and sends the rest. */
const sendsSlowly = (ms: number): Script => ({
  RETR: async (session, path) => {
    const file = session.files.get(path) ?? Buffer.alloc(0);
    session.reply("150 here it comes");
    const data = await session.data();
    data.write(file.subarray(0, file.length / 2));
    await systemClock.sleep(ms);
    await new Promise<void>((resolve) => data.end(file.subarray(file.length / 2), resolve));
    session.reply("226 done");
  },
});

async function copyOne(source: Script, limit = 2) {
  await using from = await scriptedServer(source);
  await using to = await scriptedServer(GROWS);
  from.files.set("/file", Buffer.alloc(100_000, "slowly "));
  const { deps, events } = copyDeps();
  const summary = await copy(
    {
      sources: [{ place: placeOf("source", from, 1), pattern: parsePattern("/file"), shown: "source:/file" }],
      target: { place: placeOf("target", to, limit), path: "/copy", shown: "target:/copy" },
      isWanted: () => true,
      onExists: "overwrite",
      parallel: 1,
      transfer: { ...POLICY, fxp: "only" },
      retries: 0,
      dryRun: false,
    },
    deps,
    new AbortController().signal,
  );
  const progress = events.flatMap((event) => (event.event === "progress" ? [event.bytes] : []));
  const because = events.flatMap((event) => (event.event === "transfer" ? [event.because] : [])).join();
  const logins = to.commands.filter((command) => command.startsWith("USER")).length;
  return { summary, progress, because, logins };
}

test.concurrent("what a third-party transfer has moved is seen on a second connection, not on the one that it runs on", async ({
  expect,
}) => {
  const { summary, progress, logins } = await copyOne(sendsSlowly(2_800));
  expect(summary.outcome).toBe("succeeded");
  expect(progress).toEqual([50_000]);
  expect(logins).toBe(2);
});

test.concurrent("a target without a connection to spare is not looked at", async ({ expect }) => {
  const { summary, progress, logins } = await copyOne(sendsSlowly(2_800), 1);
  expect(summary.outcome).toBe("succeeded");
  expect(progress).toEqual([]);
  expect(logins).toBe(1);
});

test.concurrent("a data connection on which nothing moves any more is given up", async ({ expect }) => {
  const { summary, because } = await copyOne(sendsSlowly(30_000));
  expect(summary.outcome).toBe("failed");
  expect(because).toMatch(/no byte arrived at the target for \d/);
}, 20_000);
