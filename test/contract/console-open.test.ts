import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ConsoleDesk } from "../support/console.ts";
import { type Script, scriptedServer } from "../support/scripted-server.ts";

test("open after a port that is refused connects, and the status is that of one failed command", async () => {
  const closed = await scriptedServer();
  await closed[Symbol.asyncDispose]();
  await using server = await scriptedServer();
  await using desk = await ConsoleDesk.open();
  const script = `open ${closed.address} ${closed.port}\nopen ${server.address} ${server.port}\nuser me secret\npwd\nbye`;
  const { status, out, err } = await desk.run(["-n"], script);
  expect(status).toBe(1);
  expect(err).toContain(`${closed.address}: `);
  expect(err.trim().split("\n")).toHaveLength(1);
  expect(out).toContain("Remote directory: /\n");
});

test("open twice fails and keeps the first connection; close and open change it", async () => {
  await using first = await scriptedServer();
  await using second = await scriptedServer();
  await using desk = await ConsoleDesk.open();
  const open = `open ${second.address} ${second.port}`;
  const script = `user me secret\n${open}\nmkdir one\nclose\n${open}\nuser me secret\nmkdir two\nbye`;
  const { status, err } = await desk.run(["-n", first.address, String(first.port)], script);
  expect([status, err]).toEqual([1, `Already connected to ${first.address}, use close first.\n`]);
  expect(first.commands.filter((one) => one.startsWith("MKD"))).toEqual(["MKD one"]);
  expect(second.commands.filter((one) => one.startsWith("MKD"))).toEqual(["MKD two"]);
});

test("a host file's TLS policy holds: no password goes in clear to a server without TLS", async () => {
  await using server = await scriptedServer();
  await using desk = await ConsoleDesk.open();
  await mkdir(join(desk.path, "config/hosts"), { recursive: true });
  await writeFile(join(desk.path, "secret"), "secret-word-9", { mode: 0o600 });
  const host = (policy: string) =>
    `address: ${server.address}\nport: ${server.port}\nuser: me\npasswordFrom: { file: ${join(desk.path, "secret")} }\ntls: { policy: ${policy} }\n`;
  await writeFile(join(desk.path, "config/hosts/strict.yaml"), host("required"), { mode: 0o600 });
  await writeFile(join(desk.path, "config/hosts/clear.yaml"), host("off"), { mode: 0o600 });
  const strict = await desk.run(["strict"], "bye");
  expect([strict.status, strict.err]).toEqual([3, expect.stringContaining("TLS")]);
  expect(server.commands.filter((one) => /^(USER|PASS)/.test(one))).toEqual([]);
  expect((await desk.run(["clear"], "bye")).status).toBe(0);
  expect(server.commands).toContain("PASS secret-word-9");
});

test("the end of the script in the middle of a macro says goodbye as any other end", async () => {
  await using server = await scriptedServer();
  await using desk = await ConsoleDesk.open();
  const script = "user me secret\nmacdef half\nmkdir never";
  expect((await desk.run(["-n", server.address, String(server.port)], script)).status).toBe(0);
  expect(server.commands.at(-1)).toBe("QUIT");
  expect(server.commands).not.toContain("MKD never");
});

test("a put at the end of a script without bye is whole, and its reply is seen", async () => {
  await using server = await scriptedServer();
  await using desk = await ConsoleDesk.open();
  await writeFile(join(desk.path, "f"), "all of it\n");
  const { status, out } = await desk.run(
    ["-nv", server.address, String(server.port)],
    "user me secret\nput f",
  );
  expect(status).toBe(0);
  expect(out.match(/^226 /gm)).toHaveLength(1);
  expect(server.files.get("/f")?.toString()).toBe("all of it\n");
});

test("a get that is cut leaves the file that was there as it was", async () => {
  await using server = await scriptedServer({
    SIZE: "213 1000",
    MLST: ["250-", " type=file;size=1000;modify=20261121000000; /a", "250 End"],
    RETR: async (session) => {
      session.reply("150 here it comes");
      await session.send(Buffer.from("a beginning"));
      session.reply("426 cut");
    },
  });
  await using desk = await ConsoleDesk.open();
  await writeFile(join(desk.path, "a"), "the old file");
  const { status } = await desk.run(
    ["-n", server.address, String(server.port)],
    "user me secret\nget a\nbye",
  );
  expect(status).toBe(1);
  expect(await readFile(join(desk.path, "a"), "utf8")).toBe("the old file");
});

test("a get that is refused leaves no file", async () => {
  await using server = await scriptedServer();
  await using desk = await ConsoleDesk.open();
  const script = "user me secret\nget nope\nascii\nget nope\nbinary\nget nope -\nbye";
  const { status, err } = await desk.run(["-n", server.address, String(server.port)], script);
  expect(status).toBe(1);
  expect(err.match(/no such file/g)).toHaveLength(3);
  expect(await readdir(desk.path)).toEqual([]);
});

/** Replies that tell nothing, to what a client asks for itself behind the password. */
const UNHELPFUL: readonly Script[] = [
  { PWD: "257 /pub is the current directory" },
  { PWD: "257" },
  { PWD: '257 ""' },
  { PWD: '250 "/pub' },
  { PWD: "502 not here" },
  { PWD: "550 not allowed" },
  { PWD: "331 what" },
  { SYST: "502 not here" },
  { SYST: "215" },
  { FEAT: "211 none" },
  { FEAT: ["211-Odd", "no blank before it", "211 End"] },
  { FEAT: "530 log in first" },
  { FEAT: ["211-Features", " UTF8", " MLST type*;size", "211 End"], OPTS: "550 no options" },
  { TYPE: (session, type) => session.reply(type.startsWith("A") ? "200 text" : "504 text only") },
  { TYPE: (session, type) => session.reply(type.startsWith("A") ? "200 text" : "331 text only") },
];

test.each(UNHELPFUL)(
  "a login is one, whatever the server says to questions that follow it: %j",
  async (script) => {
    const late = { ...script, CWD: "250 there" };
    await using server = await scriptedServer(late);
    for (const name of ["a", "/a", "pub/a"]) server.files.set(name, Buffer.from("text\r\n"));
    await using desk = await ConsoleDesk.open();
    const lines = "user me secret\nascii\nget a one\ncd pub\ncd /pub\nget a two\nverify off\nput one b\nbye";
    const { status, err } = await desk.run(["-n", server.address, String(server.port)], lines);
    expect([status, err]).toEqual([0, expect.not.stringContaining("no pathname")]);
    expect(server.files.get("b") ?? server.files.get("/b") ?? server.files.get("pub/b")).toEqual(
      Buffer.from("text\r\n"),
    );
  },
);

test("a server that transfers text only is one for a person, and binary type says what it says to that", async () => {
  await using server = await scriptedServer({
    TYPE: (session, type) => session.reply(type.startsWith("A") ? "200 text" : "504 text only"),
  });
  for (const name of ["a", "/a"]) server.files.set(name, Buffer.from("text\r\n"));
  await using desk = await ConsoleDesk.open();
  const script = "user me secret\nget a one\nascii\nget a two\nbye";
  const { status, err } = await desk.run(["-n", server.address, String(server.port)], script);
  expect([status, err, await readdir(desk.path)]).toEqual([1, expect.stringContaining("text only"), ["two"]]);
});
