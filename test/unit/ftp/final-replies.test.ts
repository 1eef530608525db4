import { describe, expect, test } from "vitest";
import type { Command } from "../../../src/ftp/command.ts";
import { ConnectionError, ProtocolError, ReplyError } from "../../../src/ftp/errors.ts";
import { Client } from "../../../src/ftp/session/client.ts";
import * as verbs from "../../../src/ftp/session/verbs.ts";
import { carriedThrough } from "../../support/carried-through.ts";
import { scriptedServer, type Session } from "../../support/scripted-server.ts";
import { settingsFor } from "../../support/settings.ts";

const signal = new AbortController().signal;

describe("a negative final reply ends a transfer whose data connection stays open and empty", () => {
  test.each(["RETR", "MLSD", "STOR"])("at %s", async (verb) => {
    const timeouts = { connectMs: 5_000, replyMs: 60_000, stallMs: 60_000, idleMs: 60_000 };
    await using server = await scriptedServer({
      [verb]: async (session: Session) => {
        session.reply("150 here it comes");
        await session.data();
        session.reply("550 changed my mind");
      },
    });
    const client = await Client.connect(settingsFor("alpha", server, { timeouts }), undefined, signal);
    const end = carried(client, { verb, argument: "/a" });
    await expect(end).rejects.toThrow(/550 changed my mind/);
    await expect(end).rejects.toBeInstanceOf(ReplyError);
    expect(client.isReady).toBe(true);
    client.destroy(new ConnectionError("test over"));
  });

  /** A source with more to come. */
  async function carried(client: Client, command: Command): Promise<void> {
    await using transfer = await client.open(command, 0, signal);
    const stream = await transfer.stream(signal);
    if (command.verb === "STOR") {
      stream.write("bytes");
      await new Promise((_, reject) => stream.once("error", reject));
    } else for await (const chunk of stream) void chunk;
  }
});

test("what arrived before a negative final reply is still read", async () => {
  await using server = await scriptedServer({
    RETR: async (session) => {
      session.reply("150 here it comes");
      await session.send(Buffer.from("some bytes"));
      session.reply("451 interrupted");
    },
  });
  const client = await Client.connect(settingsFor("alpha", server), undefined, signal);
  await using transfer = await client.open({ verb: "RETR", argument: "/a" }, 0, signal);
  const chunks: Buffer[] = [];
  for await (const chunk of await transfer.stream(signal)) chunks.push(chunk as Buffer);
  expect(Buffer.concat(chunks).toString()).toBe("some bytes");
  await expect(transfer.finish(250, signal)).rejects.toThrow(/451 interrupted/);
  client.destroy(new ConnectionError("test over"));
});

describe("a reply that is not ended as it began", () => {
  const patient = { connectMs: 5_000, replyMs: 1_000, stallMs: 60_000, idleMs: 60_000 };

  test("ends the connection before the time for replies is over", async () => {
    await using server = await scriptedServer({ STOR: ["553-no room", "553-at all", "226 done"] });
    const client = await Client.connect(
      settingsFor("alpha", server, { timeouts: patient }),
      undefined,
      signal,
    );
    const end = carriedThrough(client, { verb: "STOR", argument: "/a" }, signal);
    await expect(end).rejects.toThrow(/alpha: a multi-line reply that starts with 553- ends with "226 done"/);
    await expect(end).rejects.toBeInstanceOf(ProtocolError);
  });

  test("but with its code alone is complete when nothing follows", async () => {
    await using server = await scriptedServer({ PWD: ['257-"/a"', "257"] });
    const client = await Client.connect(
      settingsFor("alpha", server, { timeouts: patient }),
      undefined,
      signal,
    );
    expect(client.session.home).toBe("/a");
    await client.close();
  });

  test("and goes on behind such a line is read to its end", async () => {
    await using server = await scriptedServer({
      NOOP: (session) => {
        session.reply("200-one", "550", "150 two", "200");
        setTimeout(() => session.reply("three", "200 four"), 20);
      },
    });
    const client = await Client.connect(
      settingsFor("alpha", server, { timeouts: patient }),
      undefined,
      signal,
    );
    const reply = await client.reply(verbs.noOperation(), signal);
    expect(reply.lines).toEqual(["one", "550", "150 two", "200", "three", "four"]);
    await client.close();
  });
});

test("a file is not taken for stored where the server said so before it was sent, however soon the rest follows", async () => {
  await using server = await scriptedServer({
    STOR: async (session) => {
      session.reply("150 go ahead");
      const data = await session.data();
      session.reply("226 done");
      data.resume();
    },
  });
  let hasReply = () => {};
  const replied = new Promise<void>((resolve) => (hasReply = resolve));
  const transcript = ({ text }: { readonly text: string }) => void (text.startsWith("226") && hasReply());
  const client = await Client.connect(settingsFor("alpha", server), transcript, signal);
  await using transfer = await client.open({ verb: "STOR", argument: "/a" }, 0, signal);
  const stream = await transfer.stream(signal);
  await replied;
  await new Promise(setImmediate);
  stream.end("all of it");
  await expect(transfer.finish(5_000, signal)).rejects.toThrow(
    /226 done: the server said this before the file/,
  );
  client.destroy(new ConnectionError("test over"));
});
