import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ConsoleDesk } from "../support/console.ts";
import { scriptedServer } from "../support/scripted-server.ts";

const TEXT = "the beginning and the rest";

/** A server whose file is read from where REST says. */
function restarting() {
  let from = 0;
  return scriptedServer({
    REST: (session, argument) => {
      from = Number(argument);
      session.reply("350 go on");
    },
    RETR: async (session, path) => {
      if (path !== "file") return session.reply("550 no such file");
      session.reply("150 here it comes");
      await session.send(Buffer.from(TEXT.slice(from)));
      from = 0;
      session.reply("226 done");
    },
    NLST: async (session, pattern) => {
      if (pattern !== "f*") return session.reply("550 nothing matches");
      session.reply("150 here they come");
      await session.send(Buffer.from("file\r\n"));
      session.reply("226 done");
    },
  });
}

test("restart makes a file that is not there, cuts off what is behind, and leaves no hole", async () => {
  await using server = await restarting();
  await using desk = await ConsoleDesk.open();
  await writeFile(join(desk.path, "longer"), `${TEXT.slice(0, 13)}${"x".repeat(100)}`);
  await writeFile(join(desk.path, "shorter"), "the");
  const gets = ["absent", "longer", "shorter"].map((name) => `restart 13\nget file ${name}`).join("\n");
  const at = ["-n", server.address, String(server.port)];
  const { status, err } = await desk.run(at, `user me secret\n${gets}\nbye`);
  expect(status).toBe(1);
  expect(err).toContain("shorter: has only 3 bytes; beginning after 13 would leave a hole");
  const read = (name: string) => readFile(join(desk.path, name), "utf8");
  expect([await read("absent"), await read("longer"), await read("shorter")]).toEqual([
    " and the rest",
    TEXT,
    "the",
  ]);
});

test("glob server has the server match a pattern, and a pattern that it does not match is said", async () => {
  await using server = await restarting();
  await using desk = await ConsoleDesk.open();
  const script = "user me secret\nverify off\nglob server\nmget f*\nmget g*\nbye";
  const { status, err } = await desk.run(["-in", server.address, String(server.port)], script);
  expect([status, err]).toEqual([1, expect.stringContaining("g*: no match.")]);
  expect(await readdir(desk.path)).toEqual(["file"]);
});

test("a transcript has each command and reply that follows, without passwords", async () => {
  await using server = await restarting();
  await using desk = await ConsoleDesk.open();
  const script = "transcript talk.log\nuser me secret-word-9\npwd\ntranscript off\nsite after\nbye";
  await desk.run(["-n", server.address, String(server.port)], script);
  const text = await readFile(join(desk.path, "talk.log"), "utf8");
  expect(text).toMatch(/→ USER me$/m);
  expect(text).toMatch(/← 257 /);
  expect(text).not.toMatch(/secret-word-9|after/);
});
