import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ConsoleDesk } from "../support/console.ts";
import { type Answer, type Script, type Session, scriptedServer } from "../support/scripted-server.ts";

/** A command of the console, and the command of the protocol that is answered in another way. */
interface Case {
  readonly verb: string;
  readonly line: string;
  /** What the server does before, for the command to be sent at all. */
  readonly script?: Script;
}

const CONTROL: readonly Case[] = [
  { verb: "ACCT", line: "account word" },
  { verb: "CWD", line: "cd pub" },
  { verb: "CDUP", line: "cdup" },
  { verb: "PWD", line: "pwd" },
  { verb: "MKD", line: "mkdir new" },
  { verb: "RMD", line: "rmdir new" },
  { verb: "DELE", line: "delete old" },
  { verb: "RNFR", line: "rename a b" },
  { verb: "RNTO", line: "rename a b", script: { RNFR: "350 go on" } },
  { verb: "SITE", line: "site help" },
  { verb: "SITE", line: "chmod 644 a" },
  { verb: "SITE", line: "umask" },
  { verb: "SITE", line: "idle 60" },
  { verb: "SIZE", line: "size a" },
  { verb: "MDTM", line: "modtime a" },
  { verb: "MLST", line: "mlst a" },
  { verb: "HELP", line: "rhelp" },
  { verb: "STAT", line: "rstatus" },
  { verb: "SYST", line: "system" },
  { verb: "FEAT", line: "features" },
  { verb: "OPTS", line: "remopts UTF8 ON" },
  { verb: "SMNT", line: "smnt /disk2" },
  { verb: "ALLO", line: "allo 10" },
  { verb: "ABOR", line: "abort" },
  { verb: "TYPE", line: "ascii" },
  { verb: "MODE", line: "mode block" },
  { verb: "STRU", line: "struct record" },
  { verb: "NOOP", line: "reset" },
];

const UPLOADS = /^(STOR|STOU|APPE)$/;

/** What takes or sends nothing, and ends the data connection that was opened for it. */
const transferring =
  (verb: string, ...replies: readonly string[]) =>
  async (session: Session) => {
    const [first = "", ...more] = replies;
    const isUpload = UPLOADS.test(verb);
    if (more.length > 0) session.reply(first);
    if (!isUpload) await session.send(Buffer.alloc(0));
    else if (more.length > 0) await session.receive();
    session.reply(...(more.length > 0 ? more : [first]));
  };

/** Answers the person's command so; what the program asks for itself in a login as usual. */
function answering({ verb }: Case, ...replies: readonly string[]): Answer {
  if (verb === "PWD") return replies.map((reply) => reply.replace(/^2.. /, '$&"/" '));
  if (verb !== "TYPE") return replies;
  return (session, type) => session.reply(...(type === "A" ? replies : ["200 type"]));
}

const DATA: readonly Case[] = [
  { verb: "LIST", line: "ls" },
  { verb: "LIST", line: "dir" },
  { verb: "NLST", line: "nlist" },
  { verb: "MLSD", line: "mlsd" },
  { verb: "RETR", line: "ascii\nget a" },
  { verb: "STOR", line: "ascii\nput f" },
  { verb: "STOU", line: "sunique on\nput f" },
  { verb: "APPE", line: "append f" },
];

const LOGIN: readonly Case[] = [
  { verb: "USER", line: "user me secret" },
  { verb: "PASS", line: "user me secret" },
  { verb: "ACCT", line: "user me secret word", script: { PASS: "332 account" } },
];

/** What one reply leads to. */
interface Outcome {
  readonly status: number;
  /** Whether the next command was carried out. */
  readonly goesOn: boolean;
  /** How often somebody has logged in. */
  readonly logins: number;
  readonly err: string;
}

async function outcomeOf(script: Script, lines: string): Promise<Outcome> {
  await using server = await scriptedServer(script);
  await using desk = await ConsoleDesk.open();
  await writeFile(join(desk.path, "f"), "f\n");
  const args = ["-n", "-q", "5", server.address, String(server.port)];
  const { status, err } = await desk.run(args, `${lines}\nquote XSENTINEL\nbye`);
  const logins = server.commands.filter((command) => command.startsWith("USER ")).length;
  return { status, goesOn: server.commands.includes("XSENTINEL"), logins, err };
}

const SENTINEL: Script = { XSENTINEL: "200 here" };

/** Replies by their first digit, and what a command of one step makes of them (RFC 959 §6). */
const CLASSES = [
  { reply: "250 done", status: 0 },
  { reply: "299 done in another way", status: 0 },
  { reply: "350 something more", status: 1 },
  { reply: "450 later", status: 1 },
  { reply: "421 leaving", status: 1 },
  { reply: "550 never", status: 1 },
  { reply: "599 never, in another way", status: 1 },
  { reply: "631 something protected", status: 1 },
] as const;

describe.each(CLASSES)("$reply", ({ reply, status }) => {
  test.each(CONTROL)("to $verb ($line): exit status, and the next command is carried out", async (one) => {
    const hasMore = one.verb === "RNFR" && reply.startsWith("350");
    const script = { ...SENTINEL, RNTO: "250 done", ...one.script, [one.verb]: answering(one, reply) };
    const outcome = await outcomeOf(script, `user me secret\n${one.line}`);
    const isRefused = one.verb === "RNFR" ? !hasMore : status === 1;
    expect(outcome).toMatchObject({ status: isRefused ? 1 : 0, goesOn: true });
  });

  test.each(DATA)("to $verb ($line): exit status, and the next command is carried out", async (one) => {
    const script = { ...SENTINEL, [one.verb]: transferring(one.verb, reply) };
    const outcome = await outcomeOf(script, `user me secret\n${one.line}`);
    // An upload that is called done before it is sent is not done.
    const isEarly = UPLOADS.test(one.verb);
    expect(outcome).toMatchObject({ status: isEarly ? 1 : status, goesOn: true });
  });

  test.each(LOGIN)("to $verb in a login: exit status", async (one) => {
    const outcome = await outcomeOf({ ...SENTINEL, ...one.script, [one.verb]: reply }, one.line);
    expect(outcome.status).toBe(status === 0 ? 0 : 3);
  });
});

describe("a preliminary reply (1yz)", () => {
  test.each(CONTROL)("to $verb ($line) is followed by another one, which counts", async (one) => {
    for (const [last, status] of [
      ["250 done", 0],
      ["550 never", 1],
    ] as const) {
      const script = {
        ...SENTINEL,
        RNTO: "250 done",
        ...one.script,
        [one.verb]: answering(one, "120 wait", last),
      };
      const outcome = await outcomeOf(script, `user me secret\n${one.line}`);
      expect(outcome).toMatchObject({ status: one.verb === "RNFR" ? 1 : status, goesOn: true });
    }
  });

  test.each(DATA)("to $verb ($line) is followed by another one, which counts", async (one) => {
    for (const [last, status] of [
      ["226 done", 0],
      ["250 done", 0],
      ["426 cut", 1],
      ["451 local error", 1],
      ["552 full", 1],
    ] as const) {
      const script = { ...SENTINEL, [one.verb]: transferring(one.verb, "150 here", last) };
      const outcome = await outcomeOf(script, `user me secret\n${one.line}`);
      expect(outcome).toMatchObject({ status, goesOn: true });
    }
  });
});

describe("the greeting", () => {
  test.each([
    ["220 ready", 0],
    ["421 too many", 3],
    ["530 not from there", 3],
    ["631 something protected", 3],
  ] as const)("%s: exit status %s", async (greeting, status) => {
    expect((await outcomeOf({ ...SENTINEL, greeting }, "user me secret")).status).toBe(status);
  });

  test("120 is followed by the 220 that counts", async () => {
    const outcome = await outcomeOf(
      { ...SENTINEL, greeting: ["120 in a moment", "220 ready"] },
      "user me secret",
    );
    expect(outcome).toMatchObject({ status: 0, goesOn: true });
  });
});

describe("no reply as it should be", () => {
  test.each(["099 too low", "700 too high", "2x0 no digits", "hello"])(
    "%j ends the connection with a sentence; the next command makes another one",
    async (reply) => {
      const outcome = await outcomeOf({ ...SENTINEL, SITE: reply }, "user me secret\nsite help");
      expect(outcome).toMatchObject({ status: 1, goesOn: true, logins: 2 });
      expect(outcome.err).toContain("connecting and logging in again");
    },
  );
});

test("a reply that nobody has asked for ends the connection; reset makes another one", async () => {
  const outcome = await outcomeOf(
    { ...SENTINEL, DELE: ["250 gone", "226 and once more"] },
    "user me secret\ndelete a\nreset",
  );
  expect(outcome).toMatchObject({ goesOn: true, logins: 2 });
});

test("quote PASV is answered, and the next transfer opens a data connection of its own", async () => {
  await using server = await scriptedServer();
  server.files.set("/a", Buffer.from("text\n"));
  await using desk = await ConsoleDesk.open();
  const { status } = await desk.run(
    ["-n", server.address, String(server.port)],
    "user me secret\nquote PASV\nget a\nbye",
  );
  expect(status).toBe(0);
  expect(await readFile(join(desk.path, "a"), "utf8")).toBe("text\n");
  expect(server.commands.filter((command) => command === "PASV")).toHaveLength(2);
});
