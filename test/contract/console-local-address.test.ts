import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ConsoleDesk } from "../support/console.ts";
import { type ScriptedServer, scriptedServer } from "../support/scripted-server.ts";

const LOCAL = "127.9.8.7";

/** A server that notes where control and passive data connections come from, and where PORT leads. */
async function watchful() {
  const from: Record<string, string | undefined> = {};
  const server: ScriptedServer = await scriptedServer({
    PORT: (session, argument) => {
      session.connectLater(argument, server.address);
      session.reply("200 will connect there");
    },
    greeting: (session) => {
      from["control"] = session.socket.remoteAddress;
      session.reply("220 scripted");
    },
    RETR: async (session) => {
      session.reply("150 here it comes");
      const data = await session.data();
      from["data"] ??= data.remoteAddress;
      data.end("text\n");
      session.reply("226 done");
    },
  });
  server.files.set("/a", Buffer.from("text\n"));
  return { from, ...server };
}

const script = "user me secret\nget /a passive\npassive off\nget /a active\nbye";

describe("the local address", () => {
  test("-s ADDRESS is where control and data connections come from, passive and active", async () => {
    await using server = await watchful();
    await using desk = await ConsoleDesk.open();
    const args = ["-n", "-s", LOCAL, server.address, String(server.port)];
    expect(await desk.run(args, script)).toMatchObject({ status: 0 });
    expect(server.from).toEqual({ control: LOCAL, data: LOCAL });
    expect(server.commands.filter((line) => line.startsWith("PORT "))).toEqual([
      expect.stringMatching(/^PORT 127,9,8,7,/),
    ]);
  });

  test("of a host file is used where the command line names none, and -s comes before it", async () => {
    await using server = await watchful();
    await using desk = await ConsoleDesk.open();
    await mkdir(join(desk.path, "config/hosts"), { recursive: true });
    const host = `address: ${server.address}\nport: ${server.port}\ntls: off\nlocalAddress: ${LOCAL}\n`;
    await writeFile(join(desk.path, "config/hosts/archive.yaml"), host);
    await desk.run(["-n", "archive"], "user me secret\nget /a\nbye");
    expect(server.from).toEqual({ control: LOCAL, data: LOCAL });
    await desk.run(["-n", "-s", "127.9.8.8", "archive"], "bye");
    expect(server.from["control"]).toBe("127.9.8.8");
  });

  test("that is none of this machine, or of the other family, is said; nothing is connected", async () => {
    await using server = await watchful();
    await using desk = await ConsoleDesk.open();
    const at = [server.address, String(server.port)];
    const elsewhere = await desk.run(["-n", "-s", "192.0.2.1", ...at], "bye");
    expect(elsewhere).toMatchObject({ status: 3, err: expect.stringContaining("no suitable local address") });
    const family = await desk.run(["-n", "-s", "::1", ...at], "bye");
    expect(family).toMatchObject({ status: 3, err: expect.stringContaining("same family") });
    await expect(desk.run(["-s", "here"], "bye")).rejects.toThrow(/-s: "here" is not an IP address/);
    expect(server.from).toEqual({});
  });
});
