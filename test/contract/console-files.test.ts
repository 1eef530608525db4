import { mkdir, readFile, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ConsoleDesk } from "../support/console.ts";
import { type Script, type ScriptedServer, scriptedServer } from "../support/scripted-server.ts";

const at = ({ address, port }: ScriptedServer) => [address, String(port)];

const FILE = Buffer.from(Array.from({ length: 30_000 }, (_, line) => `line ${line}\n`).join(""));
const HALF = 100_000;

/** A server with one file: the first connection that asks for it loses the server in the middle. */
function mortal(): Script {
  let isDoomed = true;
  let from = 0;
  return {
    SIZE: `213 ${FILE.length}`,
    REST: (session, argument) => {
      from = Number(argument);
      session.reply("350 go on");
    },
    RETR: async (session) => {
      session.reply("150 here it comes");
      if (isDoomed) {
        isDoomed = false;
        // It is known to have arrived once the connection is closed in good order.
        await session.send(FILE.subarray(from, HALF));
        session.close();
        return;
      }
      await session.send(FILE.subarray(from));
      from = 0;
      session.reply("226 done");
    },
  };
}

test("reget goes on with what a server that died has sent, and only the rest is received", async () => {
  await using server = await scriptedServer(mortal());
  await using desk = await ConsoleDesk.open();
  const script = "user me secret\nverify off\nget /a a\nreget /a a\nbye";
  const { status, err } = await desk.run(["-n", ...at(server)], script);
  expect([status, err]).toEqual([1, expect.stringContaining("connecting and logging in again")]);
  expect((await readFile(join(desk.path, "a"))).equals(FILE)).toBe(true);
  const places = server.commands.filter((one) => one.startsWith("REST "));
  expect(places).toEqual([`REST ${HALF - 65_536}`]);
});

test.each([
  ["MDTM answers in UTC, and the listing shows the clock of Japan", {}],
  ["no MDTM, but times of MLSD", { MDTM: "502 not here" }],
] as const)(
  "newer compares the times of a server whose clock is nine hours ahead, to the second: %s",
  async (_, more) => {
    const here = new Date("2026-11-20T12:00:00Z");
    const stamps: Readonly<Record<string, string>> = {
      "/older": "20261120115959",
      "/same": "20261120120000",
      "/newer": "20261120120001",
    };
    await using server = await scriptedServer({
      MDTM: (session, path) => session.reply(`213 ${stamps[path.startsWith("/") ? path : `/${path}`]}`),
      MLST: "502 not here",
      MLSD: async (session) => {
        session.reply("150 here it comes");
        const lines = Object.entries(stamps).map(
          ([path, stamp]) => `type=file;size=4;modify=${stamp}; ${path.slice(1)}\r\n`,
        );
        await session.send(Buffer.from(lines.join("")));
        session.reply("226 done");
      },
      LIST: async (session) => {
        session.reply("150 here it comes");
        const lines = Object.keys(stamps).map(
          (path) => `-rw-r--r-- 1 me us 4 Nov 20 21:00 ${path.slice(1)}\r\n`,
        );
        await session.send(Buffer.from(lines.join("")));
        session.reply("226 done");
      },
      ...more,
    });
    await using desk = await ConsoleDesk.open();
    for (const path of Object.keys(stamps)) {
      server.files.set(path, Buffer.from("new\n"));
      await writeFile(join(desk.path, path), "old\n");
      await utimes(join(desk.path, path), here, here);
    }
    const script = "user me secret\nnewer older\nnewer same\nnewer newer\nbye";
    const { status } = await desk.run(["-n", ...at(server)], script);
    const texts = await Promise.all(
      Object.keys(stamps).map((path) => readFile(join(desk.path, path), "utf8")),
    );
    expect([status, ...texts]).toEqual([0, "old\n", "old\n", "new\n"]);
  },
);

test.each(["binary", "ascii", "verify off", "mode block"])(
  "after %s, a local file that cannot be read is one sentence, and the others are sent",
  async (setup) => {
    await using server = await scriptedServer({ APPE: "502 not here", MODE: "200 mode" });
    await using desk = await ConsoleDesk.open();
    for (const name of ["a.txt", "c.txt"]) await writeFile(join(desk.path, name), "text\n");
    // A link to itself is what nobody can read, not even root.
    await symlink("b.txt", join(desk.path, "b.txt"));
    await mkdir(join(desk.path, "d.txt"));
    const script = `user me secret\n${setup}\nput b.txt one\nappend b.txt one\nmput *.txt\nput c.txt last\nbye`;
    const { status, out, err } = await desk.run(["-in", ...at(server)], script);
    expect(status).toBe(1);
    expect(err.match(/^.*b\.txt.*$/gm)).toHaveLength(3);
    expect(out + err).toContain("d.txt: not a plain file.");
    const stored = [...server.files.keys()].map((path) => path.replace(/^\//, ""));
    expect(stored.sort()).toEqual(["a.txt", "c.txt", "last"]);
    expect(server.commands.filter((one) => /^(STOR|APPE) .*one$/.test(one))).toEqual([]);
  },
);
