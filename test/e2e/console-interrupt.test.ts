import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Script, type ScriptedServer, scriptedServer } from "../support/scripted-server.ts";
import { consoleOn } from "../support/terminal.ts";

const CTRL_C = "\x03";

let directory: string;
beforeEach(async () => void (directory = await mkdtemp(join(tmpdir(), "fxpd-interrupt-"))));
afterEach(() => rm(directory, { recursive: true, force: true }));

/** A server whose transfers stop in the middle; ABOR ends them as RFC 959 §4.1.3 has it. */
function endless(more: Script = {}): Promise<ScriptedServer> {
  let data: Socket | undefined;
  const begins =
    (text: string) => async (session: { reply(line: string): void; data(): Promise<Socket> }) => {
      session.reply("150 here it comes");
      data = (await session.data()).on("error", () => {});
      if (text !== "") data.write(text);
    };
  return scriptedServer({
    RETR: begins("a beginning"),
    LIST: begins("-rw-r--r-- 1 me me 6 Nov 1 2026 first.txt\r\n"),
    STOR: begins(""),
    ABOR: (session) => {
      const isRunning = data !== undefined;
      data?.destroy();
      data = undefined;
      session.reply(...(isRunning ? ["426 cut", "226 aborted"] : ["225 nothing to abort"]));
    },
    ...more,
  });
}

const at = ({ address, port }: ScriptedServer) => ["-n", address, String(port)];

test.each([
  ["get", "get hello.txt\r"],
  ["put", "put big.bin\r"],
  ["ls", "ls\r"],
])("Ctrl-C in %s ends it by ABOR, and the next command uses the same connection", async (_, keys) => {
  await using server = await endless();
  server.files.set("/hello.txt", Buffer.from("hello\n"));
  await writeFile(join(directory, "big.bin"), Buffer.alloc(30_000_000));
  await using terminal = consoleOn(directory, at(server));
  await terminal.type("> ", "user me word-7-long\r");
  await terminal.type(/230 in[^]*> /, keys);
  await terminal.type("150 here it comes", CTRL_C);
  await terminal.type(/interrupted[^]*> /, "abort\r");
  await terminal.type(/225 nothing to abort[^]*> /, "bye\r");
  expect(await terminal.ended).toBe(1);
  expect(server.commands.filter((line) => line === "ABOR")).toHaveLength(2);
  expect(server.commands.filter((line) => line.startsWith("USER"))).toHaveLength(1);
  expect((await readdir(directory)).filter((name) => name.startsWith("hello"))).toEqual([]);
});

test("a server that does not answer ABOR loses the connection, and the next command makes another", async () => {
  await using server = await endless({ ABOR: () => {} });
  await using terminal = consoleOn(directory, at(server));
  await terminal.type("> ", "user me word-7-long\r");
  await terminal.type(/230 in[^]*> /, "ls\r");
  await terminal.type("first.txt", CTRL_C);
  await terminal.type(/interrupted[^]*> /, "pwd\r");
  await terminal.type(/connecting and logging in again[^]*257 [^]*> /, "bye\r");
  expect(await terminal.ended).toBe(1);
});

test("Ctrl-C in mget asks whether the other files are wanted", async () => {
  await using server = await endless();
  for (const name of ["/a.txt", "/b.txt"]) server.files.set(name, Buffer.from("text\n"));
  await using terminal = consoleOn(directory, ["-i", ...at(server)]);
  await terminal.type("> ", "user me word-7-long\r");
  await terminal.type(/230 in[^]*> /, "mget *.txt\r");
  await terminal.type(/remote: a\.txt[^]*150 here it comes/, CTRL_C);
  await terminal.type("Continue with mget? ", "y\r");
  await terminal.type(/remote: b\.txt[^]*150 here it comes/, CTRL_C);
  await terminal.type("Continue with mget? ", "n\r");
  await terminal.type(/ftp [^]*> /, "bye\r");
  expect(await terminal.ended).toBe(1);
});
