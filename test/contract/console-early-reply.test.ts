import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ConsoleDesk } from "../support/console.ts";
import { type Script, type Session, scriptedServer } from "../support/scripted-server.ts";

const LOGIN = "user me secret";
/** More than all buffers between the client and a server that reads nothing. */
const LARGE = Buffer.alloc(32 * 2 ** 20, "line\n");

interface Upload {
  readonly verb: string;
  readonly lines: string;
}

const UPLOADS: readonly Upload[] = [
  { verb: "STOR", lines: "ascii\nput f" },
  { verb: "STOR", lines: "verify off\nput f" },
  { verb: "STOR", lines: "restart 0\nput f" },
  { verb: "STOR", lines: "mode block\nput f" },
  { verb: "STOR", lines: "mode deflate\nput f" },
  { verb: "STOU", lines: "sunique on\nput f" },
  { verb: "APPE", lines: "append f" },
  { verb: "STOR", lines: "put |echo f" },
  { verb: "STOR", lines: "put f" },
];

async function statusOf(script: Script, lines: string, octets = Buffer.from("f\n")) {
  await using server = await scriptedServer({
    ...script,
    MODE: "200 mode",
    REST: "350 go on",
    XSENTINEL: "200 here",
  });
  await using desk = await ConsoleDesk.open();
  await writeFile(join(desk.path, "f"), octets);
  const text = lines.replace("|echo f", '"|echo f" f');
  const args = ["-n", "-q", "6", server.address, String(server.port)];
  const { status, err } = await desk.run(args, `${LOGIN}\n${text}\nquote XSENTINEL\nbye`);
  return { status, err, goesOn: server.commands.includes("XSENTINEL"), files: new Map(server.files) };
}

const hasty = (session: Session) => session.write("150 go ahead\r\n226 done\r\n");

describe("an upload that the server calls done before it is sent is a failure", () => {
  test.each(UPLOADS)("$verb ($lines): 226 without a preliminary reply", async ({ verb, lines }) => {
    for (const [octets, reply] of [
      [Buffer.alloc(0), "226 done"],
      [Buffer.from("f\n"), "250 done"],
    ] as const) {
      const { status, err, goesOn } = await statusOf({ [verb]: reply }, lines, octets);
      expect([status, goesOn, err]).toEqual([
        1,
        true,
        expect.stringMatching(/before the file had been sent/),
      ]);
    }
  });

  test.each(UPLOADS)("$verb ($lines): 150 and 226 at once", async ({ verb, lines }) => {
    const { status, goesOn } = await statusOf({ [verb]: hasty }, lines);
    expect([status, goesOn]).toEqual([1, true]);
  });

  test.each([UPLOADS[0], UPLOADS[3]])("$lines: 226 in the middle of a file", async (one) => {
    const { status, goesOn } = await statusOf({ STOR: hasty }, one?.lines ?? "", LARGE);
    expect([status, goesOn]).toEqual([1, true]);
  });
});

test("an upload that is answered by 226 alone, when the server has all bytes, is a success", async () => {
  const late = async (session: Session, path: string) => {
    const octets = await session.receive();
    session.files.set(path, octets);
    session.reply("226 done");
  };
  // Each of them waits for a preliminary reply first.
  const ended = UPLOADS.map(async ({ verb, lines }) => {
    const { status, err, files } = await statusOf({ [verb]: late }, lines);
    expect([lines, status, err]).toEqual([lines, 0, expect.not.stringMatching(/226|reply/)]);
    expect(files.size).toBe(1);
  });
  await Promise.all(ended);
});

test.each(["226 done", "250 done"])(
  "a download, and a listing, that end with %s and no reply before it are a success",
  async (reply) => {
    const late = async (session: Session) => {
      await session.send(Buffer.from("some text\r\n"));
      session.reply(reply);
    };
    await using server = await scriptedServer({ RETR: late, LIST: late, SIZE: "213 11", MLST: "502 no" });
    await using desk = await ConsoleDesk.open();
    const script = `${LOGIN}\nget a one\nascii\nget a two\nls . three\nbye`;
    const { status } = await desk.run(["-n", server.address, String(server.port)], script);
    const texts = await Promise.all(
      ["one", "two", "three"].map((name) => readFile(join(desk.path, name), "utf8")),
    );
    expect([status, ...texts]).toEqual([0, "some text\r\n", "some text\n", "some text\n"]);
  },
);

test("proxy: a target that calls a file stored that it does not have is a failure", async () => {
  await using source = await scriptedServer();
  await using target = await scriptedServer({ STOR: "226 done" });
  source.files.set("/f", Buffer.from("text\n"));
  await using desk = await ConsoleDesk.open();
  const script = `${LOGIN}\nproxy open ${target.address} ${target.port}\nproxy ${LOGIN}\nproxy get f g\nbye`;
  const args = ["-n", "-q", "6", source.address, String(source.port)];
  expect((await desk.run(args, script)).status).toBe(1);
});
