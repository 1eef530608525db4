import { expect, test } from "vitest";
import { systemClock } from "../../../../src/shared/clock.ts";
import { FtpSide } from "../../../../src/transfer/sides/ftp-side.ts";
import { scriptedServer } from "../../../support/scripted-server.ts";
import { settingsFor } from "../../../support/settings.ts";

const signal = new AbortController().signal;

test("two digests that are asked for at once are each computed by their own algorithm (HASH)", async () => {
  let chosen = "";
  await using server = await scriptedServer({
    FEAT: ["211-Features", " HASH SHA-256*;MD5", "211 End"],
    OPTS: (session, argument) => {
      chosen = argument.replace("HASH ", "");
      session.reply(`200 ${chosen}`);
    },
    HASH: (session, path) =>
      session.reply(`213 ${chosen} 0-3 ${"a".repeat(chosen === "MD5" ? 32 : 64)} ${path}`),
  });
  const side = new FtpSide(settingsFor("alpha", server), { clock: systemClock });
  const extent = { sizeBytes: 3 };
  const digests = await Promise.all([
    side.digest("/a", "SHA-256", extent, signal),
    side.digest("/a", "MD5", extent, signal),
  ]);
  expect(digests.map((digest) => digest.length)).toEqual([64, 32]);
  await side.close();
});

test("nothing comes between REST and RETR", async () => {
  let asked: Promise<unknown> | undefined;
  await using server = await scriptedServer(
    {
      REST: (session) => {
        asked = side.facts("/a", signal);
        session.reply("350 from there");
      },
    },
    { isInTurn: true },
  );
  server.files.set("/a", Buffer.from("abc"));
  const side = new FtpSide(settingsFor("alpha", server), { clock: systemClock });
  await using reading = await side.read("/a", 1, signal);
  reading.stream.resume();
  await reading.finish(signal);
  await asked;
  const commands = server.commands.map((line) => line.slice(0, 4));
  expect(commands[commands.indexOf("REST") + 1]).toBe("RETR");
  await side.close();
});

test("names in commands that belong together are written in the server's character set", async () => {
  await using server = await scriptedServer({ REST: "350 from there" });
  for (const name of ["/né", "/größer"]) server.files.set(name, Buffer.from("abc"));
  const settings = settingsFor("alpha", server, { charset: "iso-8859-1" });
  const side = new FtpSide(settings, { clock: systemClock });
  await using reading = await side.read("/né", 1, signal);
  reading.stream.resume();
  await reading.finish(signal);
  await side.move("/größer", "/Straße", signal);
  expect(server.commands).toEqual(expect.arrayContaining(["RETR /né", "RNFR /größer", "RNTO /Straße"]));
  await side.close();
});
