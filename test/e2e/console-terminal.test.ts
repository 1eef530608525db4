import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { MAIN } from "../support/program.ts";
import { type Script, type ScriptedServer, scriptedServer } from "../support/scripted-server.ts";
import { consoleOn } from "../support/terminal.ts";

const TAB = "\t";
const CTRL_C = "\x03";
const CTRL_D = "\x04";
const CTRL_R = "\x12";

let directory: string;
beforeEach(async () => void (directory = await mkdtemp(join(tmpdir(), "fxpd-terminal-"))));
afterEach(() => rm(directory, { recursive: true, force: true }));

async function serverWith(script: Script = {}): Promise<ScriptedServer> {
  const server = await scriptedServer(script);
  server.files.set("/hello.txt", Buffer.from("hello\n"));
  return server;
}

test("a person logs in without showing the password, completes names, and leaves with Ctrl-D", async () => {
  await using server = await serverWith({ SIZE: "213 6" });
  await using terminal = consoleOn(directory, ["-n", server.address, String(server.port)]);
  await terminal.type("> ", "user me\r");
  await terminal.type("Password: ", "secret-word-9\r");
  await terminal.type(/230 in[^]*> /, `siz${TAB}`);
  await terminal.type(/siz[^]*e /, `hel${TAB}`);
  await terminal.type(/hel[^]*lo\.txt/, "\r");
  await terminal.type(/213 6[^]*> /, "quote PASS secret-word-9\r");
  await terminal.type(/230 in[^]*> /, `${CTRL_R}siz`);
  await terminal.type(/reverse-i-search[^]*hello\.txt/, "\r");
  await terminal.type(/213 6[^]*> /, CTRL_D);
  expect(await terminal.ended).toBe(0);
  expect(server.commands).toContain("PASS secret-word-9");
  expect(server.commands.at(-1)).toBe("QUIT");
  const history = join(directory, "fxpd/ftp-history");
  expect(await readFile(history, "utf8")).toBe("user me\nsize hello.txt\nquote PASS\nsize hello.txt\n");
  expect((await stat(history)).mode & 0o777).toBe(0o600);
});

test("answers of a person to mget: this one, not this one, what there is to say, and all others", async () => {
  await using server = await serverWith();
  for (const name of ["/a.txt", "/b.txt", "/c.txt"]) server.files.set(name, Buffer.from("text\n"));
  await using terminal = consoleOn(directory, ["-n", server.address, String(server.port)]);
  await terminal.type("> ", "user me word-7-long\r");
  await terminal.type(/230 in[^]*> /, "mget *.txt\r");
  await terminal.type("mget a.txt [anpqy?]? ", "y\r");
  await terminal.type("mget b.txt [anpqy?]? ", "n\r");
  await terminal.type("mget c.txt [anpqy?]? ", "?\r");
  await terminal.type(/turn prompting off[^]*mget c\.txt \[anpqy\?\]\? /, "a\r");
  await terminal.type(/Prompting off for duration of mget[^]*ftp [^]*> /, "prompt off\r");
  await terminal.type(/Interactive mode off[^]*> /, CTRL_D);
  expect(await terminal.ended).toBe(0);
  const received = (await readdir(directory)).filter((name) => name.endsWith(".txt"));
  expect(received.sort()).toEqual(["a.txt", "c.txt", "hello.txt"]);
});

test("the password is not seen while it is typed", async () => {
  await using server = await serverWith();
  await using terminal = consoleOn(directory, ["-n", server.address, String(server.port)]);
  await terminal.type("> ", "user me\r");
  await terminal.sees("Password: ");
  await terminal.type("Password: ", "secret-word-9\r");
  await terminal.sees(/230 in[^]*> /);
  expect(terminal.seen).not.toContain("secret");
});

test("Ctrl-C at the prompt gives a new one, and in a transfer ends that alone", async () => {
  await using server = await serverWith({
    RETR: async (session, path) => {
      session.reply("150 here it comes");
      const data = await session.data();
      data.write("a beginning");
      if (path !== "/hello.txt") return;
      await new Promise<void>((closed) => data.once("close", () => closed()));
      session.reply("426 cut");
    },
  });
  await using terminal = consoleOn(directory, ["-n", server.address, String(server.port)]);
  await terminal.type("> ", `half a line${CTRL_C}`);
  await terminal.type(/\^C[^]*> /, "user me word-7-long\r");
  await terminal.type(/230 in[^]*> /, "get hello.txt\r");
  await terminal.type("150 here it comes", CTRL_C);
  await terminal.type(/interrupted[^]*> /, "pwd\r");
  await terminal.type(/257 [^]*> /, "bye\r");
  expect(await terminal.ended).toBe(1);
});

test("a dumb terminal gets no escape sequences", async () => {
  await using server = await serverWith();
  const words = ["-n", server.address, String(server.port)];
  await using terminal = consoleOn(directory, words, { TERM: "dumb" });
  let all = "";
  await terminal.sees("> ");
  all += terminal.seen;
  await terminal.type("> ", "user me word-7-long\r");
  await terminal.sees(/230 in[^]*> /);
  all += terminal.seen;
  await terminal.type("> ", "get hello.txt\r");
  await terminal.sees(/received[^]*> /);
  all += terminal.seen;
  await terminal.type("> ", "bye\r");
  expect(await terminal.ended).toBe(0);
  expect(all + terminal.seen).not.toContain("\x1b");
});

test("called as ftp, by a link, it ends with 0 whatever failed, as old scripts expect it, and honestly on demand", async () => {
  await using server = await serverWith();
  const link = join(directory, "ftp");
  await symlink(MAIN, link);
  await writeFile(join(directory, "in.txt"), "user me word-7-long\ndelete nope\nbye\n");
  const status = (program: string, honest: string) =>
    new Promise((tell) => {
      const words = [program, "-n", "-s:in.txt", server.address, String(server.port)];
      const env = { ...process.env, HOME: directory, FXPD_FTP_STATUS: honest };
      spawn(process.execPath, words, { cwd: directory, env, stdio: "ignore" }).on("close", tell);
    });
  expect(await status(link, "")).toBe(0);
  expect(await status(link, "honest")).toBe(1);
});

test("fxp in a console called as ftp copies by the engine, into the directory of lcd", async () => {
  await using server = await serverWith();
  const link = join(directory, "ftp");
  await symlink(MAIN, link);
  const place = `ftp://me@${server.address}:${server.port}//hello.txt`;
  const lines = `!mkdir sub; lcd sub; fxp ${place} .`;
  const netrc = join(directory, "netrc");
  await writeFile(netrc, `machine ${server.address} login me password word-7-long\n`, { mode: 0o600 });
  const env = {
    ...process.env,
    HOME: directory,
    XDG_STATE_HOME: directory,
    NETRC: netrc,
    FXPD_FTP_STATUS: "honest",
  };
  const child = spawn(process.execPath, [link, "-c", lines], { cwd: directory, env, stdio: "ignore" });
  expect(await new Promise((tell) => child.on("close", tell))).toBe(0);
  expect(await readFile(join(directory, "sub/hello.txt"), "utf8")).toBe("hello\n");
});

test("a line that is being typed while the terminal gets another width is the line that is carried out", async () => {
  await using server = await serverWith();
  await using terminal = consoleOn(directory, ["-n", server.address, String(server.port)]);
  await terminal.type("> ", "!tty\r");
  await terminal.sees(/\/dev\/pts\/\d+[^]*> /);
  const device = /\/dev\/pts\/\d+/.exec(terminal.seen)?.[0] ?? "";
  const resize = (columns: number) =>
    new Promise((done) => spawn("stty", ["-F", device, "cols", String(columns)]).on("close", done));
  await terminal.type("> ", "quote NOOP one-two-three-four-five-six");
  await terminal.sees("five-six");
  expect(await resize(24)).toBe(0);
  await terminal.type("", "-seven-eight-nine\x01\x05-ten\r");
  await terminal.sees(/Please login|nothing[^]*> /);
  expect(server.commands).toContain("NOOP one-two-three-four-five-six-seven-eight-nine-ten");
  expect(await resize(120)).toBe(0);
  await terminal.type("> ", "!stty size\r");
  await terminal.type(/\d+ 120[^]*> /, "bye\r");
  expect(await terminal.ended).toBe(0);
});

test("nothing is shown in colour, whether NO_COLOR is set or not", async () => {
  await using server = await serverWith();
  for (const environment of [{}, { NO_COLOR: "1" }]) {
    await using terminal = consoleOn(directory, ["-n", server.address, String(server.port)], environment);
    let all = "";
    const type = async (after: string | RegExp, keys: string) => {
      await terminal.sees(after);
      all += terminal.seen;
      await terminal.type(after, keys);
    };
    await type("> ", "user me word-7-long\r");
    await type(/230 in[^]*> /, "get hello.txt\r");
    await type(/remote: hello\.txt[^]*> /, "delete nope\r");
    await type(/550 [^]*> /, "help get\r");
    await type(/help get[^]*REMOTE[^]*> /, "bye\r");
    expect(await terminal.ended).toBe(1);
    // Select Graphic Rendition (ECMA-48 §8.3.117) is what colours are made of.
    expect(all + terminal.seen).not.toMatch(/\x1b\[[\d;:]*m/);
  }
});
