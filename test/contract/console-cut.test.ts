import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { ConsoleDesk } from "../support/console.ts";
import { type ScriptedServer, scriptedServer } from "../support/scripted-server.ts";

/** In front of a server's control connections: what the server says comes byte by byte. */
async function cutting({ address, port }: ScriptedServer) {
  const open = new Set<Socket>();
  const listener = createServer((client) => {
    const server = connect(port, address);
    for (const socket of [client, server]) open.add(socket.setNoDelay(true).on("error", () => {}));
    client.pipe(server);
    void (async () => {
      for await (const chunk of server as AsyncIterable<Buffer>)
        for (const octet of chunk) {
          client.write(Buffer.of(octet));
          await setImmediate();
        }
      client.end();
    })().catch(() => client.destroy());
  });
  await once(listener.listen(0, address), "listening");
  return {
    port: (listener.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((closed) => listener.close(closed));
    },
  };
}

const SCRIPT = [
  "user me secret-word-9",
  "pwd",
  "get hello.txt",
  "put local.txt",
  "nlist",
  "rstatus",
  "site help",
  "rename /local.txt /renamed.txt",
  "delete nope",
  "bye",
].join("\n");

test("replies that come byte by byte mean what they mean in one piece", async () => {
  await using server = await scriptedServer({
    greeting: ["220-Welcome", "220-to here", "220 go on"],
    STAT: ["211-Status", " 226 is no reply here", "211 End"],
    SITE: ["214-First", "second", "214 last"],
    NLST: async (session) => {
      session.reply("150-here", "150 it comes");
      await session.send(Buffer.from("hello.txt\r\n"));
      session.reply("226 done");
    },
  });
  await using cut = await cutting(server);
  const said = async (port: number) => {
    await using desk = await ConsoleDesk.open();
    server.files.clear();
    server.files.set("/hello.txt", Buffer.from("hello\n"));
    await writeFile(join(desk.path, "local.txt"), "from here\n");
    const { status, out } = await desk.run(["-nv", server.address, String(port)], SCRIPT);
    const got = await readFile(join(desk.path, "hello.txt"), "utf8");
    const lines = out.split("\n");
    const replies = lines.filter((line) => /^(\d{3}[ -]| |second)/.test(line));
    // A listing comes on a connection of its own, before or behind the last reply.
    const listed = lines.filter((line) => line.startsWith("hello"));
    return { status, got, replies, listed, files: [...server.files.keys()].sort() };
  };
  const [whole, pieces] = [await said(server.port), await said(cut.port)];
  expect(pieces).toEqual(whole);
  expect(pieces.got).toBe("hello\n");
  expect(pieces.files).toEqual(["/hello.txt", "/renamed.txt"]);
  expect(pieces.replies).toEqual(expect.arrayContaining([" 226 is no reply here", "214 last"]));
  expect(pieces.listed).toEqual(["hello.txt"]);
});

test("-d HOST shows each command as it is sent; an anonymous login's e-mail address is not shown", async () => {
  await using server = await scriptedServer();
  await using desk = await ConsoleDesk.open();
  const url = `ftp://anonymous:me%40example.org@${server.address}:${server.port}`;
  const { out, err } = await desk.run(["-d", url], "pwd\nbye");
  expect(out).toContain("---> USER anonymous\n331 password\n---> PASS XXXX\n230 in\n");
  expect(out).toContain("---> PWD\n257 ");
  expect(out + err).not.toContain("me@example.org");
  expect(server.commands).toContain("PASS me@example.org");
});
