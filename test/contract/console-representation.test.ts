import { createHash, randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { deflateSync, inflateSync } from "node:zlib";
import { expect, test } from "vitest";
import { encoder, type Encoding } from "../../src/ftp/representation/representation.ts";
import { startServer } from "../servers/index.ts";
import { ConsoleDesk } from "../support/console.ts";
import { type Script, scriptedServer } from "../support/scripted-server.ts";

const bytes = (text: string) => Buffer.from(text, "latin1");

/** What a server that speaks RFC 959 §3 sends for the text `ab\n\nccccc\n`, and takes for the same from us. */
const CASES = [
  { setup: "mode block", wire: Buffer.of(0, 0, 10, ...bytes("ab\n\nccccc\n"), 64, 0, 0) },
  {
    setup: "struct record\nmode block",
    wire: Buffer.of(
      0,
      0,
      2,
      ...bytes("ab"),
      128,
      0,
      0,
      128,
      0,
      0,
      0,
      0,
      5,
      ...bytes("ccccc"),
      128,
      0,
      0,
      64,
      0,
      0,
    ),
  },
  { setup: "mode compressed", wire: Buffer.of(4, ...bytes("ab\n\n"), 0x85, 0x63, 1, 0x0a, 0, 64) },
  {
    setup: "struct record",
    wire: Buffer.of(...bytes("ab"), 255, 1, 255, 1, ...bytes("ccccc"), 255, 1, 255, 2),
  },
  { setup: "ascii", wire: bytes("ab\r\n\r\nccccc\r\n") },
  { setup: "ebcdic", wire: Buffer.of(0x81, 0x82, 0x15, 0x15, 0x83, 0x83, 0x83, 0x83, 0x83, 0x15) },
  {
    setup: "ebcdic 037\nstruct record\nmode block",
    wire: Buffer.of(
      0,
      0,
      2,
      0x81,
      0x82,
      128,
      0,
      0,
      128,
      0,
      0,
      0,
      0,
      5,
      0x83,
      0x83,
      0x83,
      0x83,
      0x83,
      128,
      0,
      0,
      64,
      0,
      0,
    ),
  },
];
const TEXT = "ab\n\nccccc\n";

const IMAGE_FILE: Encoding = {
  type: "I",
  structure: "F",
  mode: "S",
  keepsReturns: false,
  codePage: "1047",
};

/** The text as the encoder has it, of which property tests hold that it is decoded to the same. */
function encoded(encoding: Encoding): Buffer {
  const codec = encoder(encoding);
  return Buffer.concat([codec.push(bytes(TEXT)), codec.end()]);
}

/** A server that takes every representation, and sends a file byte by byte. */
function speaking(wire: Buffer, more: Script = {}): Script {
  return {
    MODE: "200 mode",
    STRU: "200 structure",
    RETR: async (session) => {
      session.reply("150 here it comes");
      const data = await session.data();
      data.setNoDelay(true);
      for (const octet of wire) {
        data.write(Buffer.of(octet));
        await turn();
      }
      await new Promise<void>((done) => data.end(done));
      session.reply("226 done");
    },
    ...more,
  };
}

test.each(CASES)(
  "after $setup a file is received and sent as the protocol has it",
  async ({ setup, wire }) => {
    await using server = await scriptedServer(speaking(wire));
    await using desk = await ConsoleDesk.open();
    await writeFile(join(desk.path, "up.txt"), TEXT);
    const script = `user me secret\n${setup}\nget a.txt\nput up.txt\nbye`;
    const { status, err } = await desk.run(["-n", server.address, String(server.port)], script);
    expect(err).toMatch(/^not verified.*\n$/);
    expect(status).toBe(0);
    expect(await readFile(join(desk.path, "a.txt"), "latin1")).toBe(TEXT);
    // What a block holds is the sender's choice: ours is that of the encoder.
    const isBlocks = setup === "mode block";
    expect(server.files.get("up.txt")).toEqual(isBlocks ? encoded({ ...IMAGE_FILE, mode: "B" }) : wire);
  },
);

test("a restart marker in block mode is shown with the byte that it stands for", async () => {
  const wire = Buffer.of(0, 0, 1, 97, 16, 0, 2, 52, 50, 0, 0, 1, 98, 64, 0, 0);
  await using server = await scriptedServer(speaking(wire));
  await using desk = await ConsoleDesk.open();
  const { out } = await desk.run(
    ["-nv", server.address, String(server.port)],
    "user me secret\nmode b\nget a\nbye",
  );
  expect(out).toContain("Restart marker 42 at byte 1\n");
  expect(await readFile(join(desk.path, "a"), "latin1")).toBe("ab");
});

test("markers that a server tells while it takes a file (110) are shown as they come", async () => {
  await using server = await scriptedServer(
    speaking(Buffer.alloc(0), {
      STOR: async (session, path) => {
        session.reply("150 go ahead", "110 MARK 42 = 7");
        session.files.set(path, await session.receive());
        session.reply("226 done");
      },
    }),
  );
  await using desk = await ConsoleDesk.open();
  await writeFile(join(desk.path, "a"), "x");
  const { out } = await desk.run(
    ["-nv", server.address, String(server.port)],
    "user me secret\nmode b\nput a\nbye",
  );
  expect(out).toMatch(/^110 MARK 42 = 7$/m);
});

test("a file whose mode marks its end, and that ends before, has failed", async () => {
  await using server = await scriptedServer(speaking(Buffer.of(0, 0, 1, 97)));
  await using desk = await ConsoleDesk.open();
  const script = "user me secret\nmode block\nget a\nbye";
  const { status, err } = await desk.run(["-n", server.address, String(server.port)], script);
  expect(status).toBe(1);
  expect(err).toContain("before the block that ends the file");
});

test("a server without a mode or structure keeps the old one, and transfers go on", async () => {
  await using server = await scriptedServer({ MODE: "504 stream only", STRU: "504 files only" });
  server.files.set("/a", Buffer.from("a\n"));
  await using desk = await ConsoleDesk.open();
  const script = "user me secret\nmode block\nstruct record\nget a\nbye";
  const { status, err } = await desk.run(["-n", server.address, String(server.port)], script);
  expect(err).toBe("stream only\nfiles only\n");
  expect(status).toBe(1);
  expect(await readFile(join(desk.path, "a"), "latin1")).toBe("a\n");
});

test("each change of type is sent to the server once", async () => {
  await using server = await scriptedServer(speaking(bytes("a\r\n")));
  await using desk = await ConsoleDesk.open();
  const script = "user me secret\nascii\nget a b\nget a c\nbye";
  await desk.run(["-n", server.address, String(server.port)], script);
  const types = server.commands.filter((command) => command.startsWith("TYPE"));
  expect(types).toEqual(["TYPE I", "TYPE A"]);
});

test("a deflated file is whole on both sides", async () => {
  const file = Buffer.from("deflate me ".repeat(10_000));
  await using server = await scriptedServer(speaking(deflateSync(file.subarray(0, 200)), { MODE: "200 Z" }));
  await using desk = await ConsoleDesk.open();
  await writeFile(join(desk.path, "up"), file);
  const script = "user me secret\nmode deflate\nget a\nput up\nbye";
  const { status } = await desk.run(["-n", server.address, String(server.port)], script);
  expect(status).toBe(0);
  expect(await readFile(join(desk.path, "a"))).toEqual(file.subarray(0, 200));
  expect(inflateSync(server.files.get("up") ?? Buffer.alloc(0))).toEqual(file);
});

// Its mod_deflate refuses (451) what grows beyond 128 KiB in one of its reads.
test("ProFTPD takes and gives deflated files", async () => {
  await using server = await startServer({ family: "proftpd" });
  await using desk = await ConsoleDesk.open();
  const file = Buffer.concat([Buffer.alloc(60_000, "text "), randomBytes(50_000)]);
  await writeFile(join(desk.path, "up"), file);
  const script = `user ${server.user} ${server.password}\nmode deflate\nput up\nget up down\nmode stream\nget up again\nbye`;
  const { status, err } = await desk.run(["-n", server.address, String(server.port)], script);
  expect(err).toMatch(/^not verified.*mode Z\n$/);
  expect(status).toBe(0);
  const digest = (octets: Buffer) => createHash("sha256").update(octets).digest("hex");
  for (const path of [join(server.root, "up"), join(desk.path, "down"), join(desk.path, "again")])
    expect(digest(await readFile(path))).toBe(digest(file));
});
