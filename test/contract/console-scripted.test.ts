import { chmod, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ConsoleDesk } from "../support/console.ts";
import { type ScriptedServer, scriptedServer } from "../support/scripted-server.ts";

const at = ({ address, port }: ScriptedServer) => [address, String(port)];

test("no password is ever shown, with -d and -v as well", async () => {
  await using server = await scriptedServer({
    PASS: "530 the word secret-word-9 is wrong",
    ACCT: "230 acct-word-7 is right",
  });
  await using desk = await ConsoleDesk.open();
  const script = "user me secret-word-9\nquote PASS secret-word-9\naccount acct-word-7\nbye";
  const { out, err } = await desk.run(["-ndv", ...at(server)], script);
  expect(out).toContain("---> PASS XXXX");
  expect(out + err).not.toMatch(/secret-word-9|acct-word-7/);
});

test.each([
  ["USER", "530 Non-anonymous sessions must use encryption.", "user me secret"],
  ["PASS", "550 SSL/TLS required on the control channel", "user me secret"],
  ["LIST", "522 Data connections must be encrypted.", "user me secret\nls"],
  ["STOR", "521 PROT P required", "user me secret\nput f"],
])(
  "a %s that is refused because the server requires TLS comes with what to do",
  async (verb, reply, script) => {
    await using desk = await ConsoleDesk.open();
    await writeFile(join(desk.path, "f"), "f\n");
    for (const [options, advice] of [
      [["--tls", "off"], "the server requires TLS: set tls: required for this host; in a URL, use ftpes://"],
      [[], "the server requires TLS, but refuses AUTH TLS:"],
    ] as const)
      for (const how of ["-n", "-nv"]) {
        await using server = await scriptedServer({ [verb]: reply, AUTH: "502 no" });
        const { out, err, status } = await desk.run([how, ...options, ...at(server)], `${script}\nbye`);
        expect(out + err).toContain(how === "-n" ? reply.slice(4) : reply);
        expect(err.split(advice)).toHaveLength(2);
        expect(status).toBe(verb === "USER" || verb === "PASS" ? 3 : 1);
      }
  },
);

test("replies with several lines are shown as they came", async () => {
  await using server = await scriptedServer({
    greeting: ["220-Welcome", "  to 230 things", "220 Go on"],
    SITE: ["214-First", "second", "214 last"],
  });
  await using desk = await ConsoleDesk.open();
  const { out } = await desk.run(["-nv", ...at(server)], "user me secret\nsite help\nbye");
  expect(out).toContain("220-Welcome\n  to 230 things\n220 Go on\n");
  expect(out).toContain("214-First\nsecond\n214 last\n");
});

test("a netrc file logs in, brings macros, and init is carried out", async () => {
  await using server = await scriptedServer();
  await using desk = await ConsoleDesk.open();
  const netrc = join(desk.path, "netrc");
  const text = `machine ${server.address}\nlogin me\npassword secret-word-9\nmacdef init\nmkdir made\n$ again\n\nmacdef again\nmkdir again\n\n`;
  await writeFile(netrc, text);
  await chmod(netrc, 0o600);
  const before = process.env["NETRC"];
  process.env["NETRC"] = netrc;
  try {
    expect((await desk.run(at(server), "bye")).status).toBe(0);
    expect(server.commands.filter((one) => /^(USER|MKD)/.test(one))).toEqual([
      "USER me",
      "MKD made",
      "MKD again",
    ]);
    await chmod(netrc, 0o644);
    const { status, err } = await desk.run(at(server), "bye");
    expect([status, err]).toEqual([3, expect.stringContaining("chmod 600")]);
  } finally {
    if (before === undefined) delete process.env["NETRC"];
    else process.env["NETRC"] = before;
  }
});

test("a connection that was lost between two lines is made again, in the same directory", async () => {
  await using server = await scriptedServer({
    CWD: "250 there",
    PWD: (session) => session.reply(server.commands.at(-2) === "CWD pub" ? '257 "/pub"' : '257 "/"'),
    SITE: (session) => session.close(),
  });
  await using desk = await ConsoleDesk.open();
  const { err } = await desk.run(["-n", ...at(server)], "user me secret\ncd pub\nsite die\nmkdir new\nbye");
  expect(err).toContain("connecting and logging in again");
  const later = server.commands.slice(server.commands.lastIndexOf("USER me"));
  expect(later.filter((one) => /^(CWD|MKD)/.test(one))).toEqual(["CWD /pub", "MKD new"]);
});

test("a server that says nothing does not hold close up for long, and another can be opened", async () => {
  await using silent = await scriptedServer({ QUIT: () => {} });
  await using other = await scriptedServer();
  await using desk = await ConsoleDesk.open();
  const script = `user me secret\nclose\nopen ${other.address} ${other.port}\nuser me secret\nbye`;
  expect((await desk.run(["-n", ...at(silent)], script)).status).toBe(0);
  expect(other.commands).toContain("USER me");
});

test.each(["125", "226", "331", "421", "452", "550"])(
  "a %s in answer to each command is a sentence at most, and never the end of the script",
  async (code) => {
    const odd = (verb: string) => ({
      [verb]: code === "125" ? [`${code} wait`, "250 now"] : `${code} so be it`,
    });
    await using desk = await ConsoleDesk.open();
    await writeFile(join(desk.path, "f"), "f\n");
    const verbs = ["CWD", "MKD", "DELE", "RNFR", "SITE", "RETR", "STOR", "LIST", "SIZE", "TYPE", "PWD"];
    const answering = async (verb: string) => {
      await using server = await scriptedServer(odd(verb));
      const lines =
        "user me secret\ncd x\nmkdir y\ndelete z\nrename a b\nsite s\nget g\nput f\nls\nsize g\nbinary\npwd\n!true\nbye";
      const { status } = await desk.run(["-n", "-q", "1", ...at(server)], lines);
      expect([0, 1, 3]).toContain(status);
    };
    await Promise.all(verbs.map(answering));
  },
);

test("names that a hostile listing gives are written nowhere but into the local directory", async () => {
  await using server = await scriptedServer({
    MLSD: async (session) => {
      session.reply("150 here");
      const names = ["../up", "/abs", "|touch hacked", "-rf", "..", "fine", "a\x1b[2Jb"];
      await session.send(Buffer.from(names.map((name) => `type=file;size=2; ${name}\r\n`).join("")));
      session.reply("226 done");
    },
    RETR: async (session) => {
      session.reply("150 here");
      await session.send(Buffer.from("x\n"));
      session.reply("226 done");
    },
  });
  await using desk = await ConsoleDesk.open();
  await desk.run(["-in", ...at(server)], "user me secret\nverify off\nmget *\nbye");
  for (const name of await readdir(desk.path)) expect(name).not.toMatch(/^(\||-|\.\.)|hacked/);
  expect(await readdir(desk.path)).toContain("fine");
  expect(await readFile(join(desk.path, "fine"), "utf8")).toBe("x\n");
});

test("active and passive data connections are the ones that were asked for", async () => {
  // Its own data connections come from another address than this one, and would be waited for in vain.
  await using server = await scriptedServer({ PORT: "425 not now", EPRT: "425 not now" });
  server.files.set("/a", Buffer.from("a\n"));
  await using desk = await ConsoleDesk.open();
  await desk.run(["-n", ...at(server)], "user me secret\npassive off\nget a one\npassive on\nget a two\nbye");
  const opened = server.commands.filter((one) => /^(PORT|PASV)/.test(one)).map((one) => one.slice(0, 4));
  expect(opened).toEqual(["PORT", "PASV"]);
});

test("hash prints a mark for each so many bytes", async () => {
  await using server = await scriptedServer();
  server.files.set("/a", Buffer.alloc(10_000));
  await using desk = await ConsoleDesk.open();
  const { out } = await desk.run(["-n", ...at(server)], "user me secret\nhash 1k\nget a\nbye");
  expect(out).toMatch(/^#{9}$/m);
});

test("the first failure ends a strict script, and an unknown host is status 3", async () => {
  await using server = await scriptedServer();
  await using desk = await ConsoleDesk.open();
  const { status } = await desk.run(
    ["-n", "--strict", ...at(server)],
    "user me secret\ndelete nope\nmkdir never\nbye",
  );
  expect(status).toBe(1);
  expect(server.commands).not.toContain("MKD never");
  expect((await desk.run(["-n", "127.0.0.1", "9"], "ls\nbye")).status).toBe(3);
});

/** A server whose file is read from where REST says. */
const restarting = (text: string) => {
  let from = 0;
  return scriptedServer({
    SIZE: `213 ${text.length}`,
    REST: (session, argument) => {
      from = Number(argument);
      session.reply("350 go on");
    },
    RETR: async (session) => {
      session.reply("150 here it comes");
      const data = await session.data();
      data.end(text.slice(from));
      from = 0;
      session.reply("226 done");
    },
  });
};

test("reget resumes only from a prefix that the server has too; --force resumes anyway", async () => {
  await using server = await restarting("the beginning and the rest");
  await using desk = await ConsoleDesk.open();
  await writeFile(join(desk.path, "good"), "the beginning");
  await writeFile(join(desk.path, "bad"), "another start");
  const script = "user me secret\nreget file good\nreget file bad\nbye";
  const { status, err } = await desk.run(["-n", ...at(server)], script);
  expect(status).toBe(1);
  expect(err).toContain("file differs from the part that is here; nothing was written");
  expect(await readFile(join(desk.path, "good"), "utf8")).toBe("the beginning and the rest");
  expect(await readFile(join(desk.path, "bad"), "utf8")).toBe("another start");
  await desk.run(["-n", ...at(server)], "user me secret\nreget --force file bad\nbye");
  expect(await readFile(join(desk.path, "bad"), "utf8")).toBe("another start and the rest");
});

test("fget, lpage, less, cd - and rate against a server", async () => {
  await using server = await scriptedServer({
    PWD: '257 "/home"',
    CWD: "250 there",
  });
  server.files.set("a", Buffer.from("first file"));
  server.files.set("/home/a", Buffer.from("first file"));
  await using desk = await ConsoleDesk.open();
  await writeFile(join(desk.path, "list"), "a\r\n\r\n");
  const script = `user me secret\nset pager "cat >shown"\nless a\nset pager "cat >here"\nlpage list\nrate all 1M\ntype ascii\nget a slow\nput list sent\nbinary\nfget list\ncd pub\ncd -\nbye`;
  const { status, err } = await desk.run(["-n", ...at(server)], script);
  expect([status, err]).toEqual([0, expect.not.stringContaining("rror")]);
  const read = (name: string) => readFile(join(desk.path, name), "utf8");
  expect([await read("shown"), await read("here"), await read("slow"), await read("a")]).toEqual([
    "first file",
    "a\r\n\r\n",
    "first file",
    "first file",
  ]);
  expect(server.commands.filter((one) => one.startsWith("CWD")).at(-1)).toBe("CWD /home");
});
