import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { Client } from "../../../src/ftp/session/client.ts";
import type { Command } from "../../../src/ftp/command.ts";
import { ConnectionError, ProtocolError } from "../../../src/ftp/errors.ts";
import * as verbs from "../../../src/ftp/session/verbs.ts";
import { carriedThrough } from "../../support/carried-through.ts";
import { type Answer, type Script, scriptedServer, type Session } from "../../support/scripted-server.ts";
import { settingsFor } from "../../support/settings.ts";

const signal = new AbortController().signal;
const timeouts = {
  connectMs: 250,
  replyMs: 250,
  stallMs: 250,
  idleMs: 60_000,
  minimumBytesPerSecond: 10_000,
};

/** Does something again and again until the connection is closed. */
function again({ socket }: Session, act: () => void): void {
  act();
  const timer = setInterval(act, 20);
  socket.once("close", () => clearInterval(timer));
}

/** How a server can keep us waiting instead of answering. */
const DELAYS: Readonly<Record<string, (session: Session) => void>> = {
  "says nothing": () => {},
  "says 1yz and nothing more": (session) => session.reply("120 soon"),
  "says 1yz again and again": (session) => again(session, () => session.reply("120 soon")),
  "says 1yz a thousand times at once": (session) =>
    session.reply(...Array.from({ length: 1_000 }, () => "120 soon")),
  "says one line of its reply after the other": (session) => again(session, () => session.reply("220-more")),
  "says one character of its reply after the other": (session) =>
    again(session, () => session.socket.write("2")),
  "negotiates Telnet options again and again": (session) =>
    again(session, () => session.socket.write(Buffer.from([255, 253, 3]))),
};

function heldBy(delay: (session: Session) => void): Answer {
  return (session) => delay(session);
}

/**
 * A client that has logged in, however long that took on a busy machine.
 * @param then for what it waits so long from now on
 */
async function connected(script: Script, then: Partial<typeof timeouts> = {}) {
  const server = await scriptedServer(script);
  const waits = { ...timeouts, connectMs: 30_000, replyMs: 30_000 };
  const client = await Client.connect(settingsFor("alpha", server, { timeouts: waits }), undefined, signal);
  Object.assign(waits, timeouts, then);
  return {
    client,
    async [Symbol.asyncDispose]() {
      client.destroy(new ConnectionError("test over"));
      await server[Symbol.asyncDispose]();
    },
  };
}

const QUESTIONS: readonly verbs.Verb<unknown>[] = [
  verbs.changeDirectory("/a"),
  verbs.makeDirectory("/a"),
  verbs.removeDirectory("/a"),
  verbs.remove("/a"),
  verbs.renameFrom("/a"),
  verbs.renameTo("/a"),
  verbs.size("/a"),
  verbs.modified("/a"),
  verbs.facts("/a"),
  verbs.passive(),
  verbs.extendedPassive(),
  verbs.restartAt(1),
  verbs.status("."),
  verbs.noOperation(),
  verbs.setPermissions("/a", 0o644),
];

/** Commands that move data, each carried through as the engine does. */
const TRANSFERS: readonly Command[] = [
  { verb: "RETR", argument: "/a" },
  { verb: "STOR", argument: "/a" },
  { verb: "APPE", argument: "/a" },
  { verb: "MLSD" },
  { verb: "LIST", argument: "-a" },
];

describe.concurrent.each(Object.entries(DELAYS))("a server that %s", (_, delay) => {
  test.each(["greeting", "USER", "PASS", "FEAT", "PWD", "TYPE"])(
    "instead of %s is given up",
    async (verb) => {
      await using server = await scriptedServer({ [verb]: heldBy(delay) });
      const connecting = Client.connect(settingsFor("alpha", server, { timeouts }), undefined, signal);
      await expect(connecting).rejects.toThrow(/^alpha: /);
    },
  );

  test("to every question is given up at each of them", async () => {
    const ends = await Promise.all(
      QUESTIONS.map(async (verb) => {
        await using one = await connected({ [verb.command.verb]: heldBy(delay) });
        const end: unknown = await one.client.ask(verb, signal).catch((error: unknown) => error);
        return [verb.command.verb, end instanceof ConnectionError || end instanceof ProtocolError];
      }),
    );
    expect(ends).toEqual(QUESTIONS.map(({ command }) => [command.verb, true]));
  });

  test("to every transfer command is given up at each of them", async () => {
    const ends = await Promise.all(
      TRANSFERS.map(async (command) => {
        await using one = await connected({ [command.verb]: heldBy(delay) });
        const end: unknown = await carriedThrough(one.client, command, signal).catch(
          (error: unknown) => error,
        );
        return [command.verb, end instanceof ConnectionError || end instanceof ProtocolError];
      }),
    );
    expect(ends).toEqual(TRANSFERS.map(({ verb }) => [verb, true]));
  });

  test("to QUIT is left", async () => {
    await using one = await connected({ QUIT: heldBy(delay) });
    await one.client.close();
    expect(one.client.isUsable).toBe(false);
  });
});

test.each([
  ["and is answered", "221 Goodbye"],
  ["also where nobody answers", undefined],
])(
  "who does not wait for the reply to QUIT sends it, and then the end of the connection, %s",
  async (_, reply) => {
    const heard: string[] = [];
    let closed = (_isBroken: boolean) => {};
    const isBroken = new Promise<boolean>((resolve) => (closed = resolve));
    const QUIT = (session: Session) => {
      heard.push("QUIT");
      session.socket.on("end", () => heard.push("end")).on("close", closed);
      if (reply !== undefined) session.reply(reply);
    };
    await using one = await connected({ QUIT });
    await one.client.close(false);
    expect(one.client.isUsable).toBe(false);
    expect(await isBroken).toBe(false);
    expect(heard).toEqual(["QUIT", "end"]);
  },
);

/** How a server can keep a transfer open after it has begun; `data` is its end of the data connection. */
const OPEN_ENDS: Readonly<Record<string, (session: Session) => Promise<void>>> = {
  "that says 150 and sends nothing": async (session) => {
    session.reply("150 here it comes");
    await session.data();
  },
  "that sends a byte now and then": async (session) => {
    session.reply("150 here it comes");
    const data = await session.data();
    again(session, () => data.write("x"));
  },
  "that sends a byte now and then after its final reply": async (session) => {
    session.reply("150 here it comes", "226 done");
    const data = await session.data();
    again(session, () => data.write("x"));
  },
  "that leaves the data connection open after its final reply": async (session) => {
    session.reply("150 here it comes", "226 done");
    await session.data();
  },
  "that says 1yz again and again instead of the final reply": async (session) => {
    session.reply("150 here it comes");
    await session.send(Buffer.from("type=file;size=1; a\r\n"));
    again(session, () => session.reply("112 still"));
  },
};

describe.concurrent.each(Object.entries(OPEN_ENDS))("a server %s", (_, open) => {
  test.each(["RETR", "MLSD", "LIST"])("at %s is given up", async (verb) => {
    await using one = await connected({ [verb]: (session: Session) => open(session) });
    await expect(carriedThrough(one.client, { verb, argument: "/a" }, signal)).rejects.toBeInstanceOf(
      ConnectionError,
    );
  });
});

test("a server that sends slowly, but not below the minimum, is not given up", async () => {
  const script: Script = {
    RETR: async (session) => {
      session.reply("150 here it comes");
      const data = await session.data();
      for (let sent = 0; sent < 50; sent += 1) {
        data.write(Buffer.alloc(1_000));
        await pause(25);
      }
      data.end();
      session.reply("226 done");
    },
  };
  const patient = { connectMs: 30_000, replyMs: 30_000, stallMs: 1_000, minimumBytesPerSecond: 1_000 };
  await using one = await connected(script, patient);
  await carriedThrough(one.client, { verb: "RETR", argument: "/a" }, signal);
});

test("a reader that takes its time is no fault of the server's", async () => {
  await using one = await connected({
    RETR: async (session) => {
      session.reply("150 here it comes");
      await session.send(Buffer.alloc(3_000_000));
      session.reply("226 done");
    },
  });
  await using transfer = await one.client.open({ verb: "RETR", argument: "/a" }, 0, signal);
  const stream = await transfer.stream(signal);
  let bytes = 0;
  for await (const chunk of stream) {
    if (bytes === 0) await pause(1_000);
    bytes += (chunk as Buffer).length;
  }
  expect(bytes).toBe(3_000_000);
});

test("nor is one that takes its time over the last bytes", async () => {
  await using one = await connected({
    MLSD: async (session) => {
      session.reply("150 here it comes");
      const data = await session.data();
      data.write("the ");
      await pause(50);
      await session.send(Buffer.from("last bytes"));
      session.reply("226 done");
    },
  });
  await using transfer = await one.client.open({ verb: "MLSD" }, 0, signal);
  const read: string[] = [];
  for await (const chunk of await transfer.stream(signal)) {
    read.push(String(chunk));
    await pause(1_000);
  }
  expect(read.join("")).toBe("the last bytes");
});

test("a server that negotiates Telnet options endlessly and reads nothing is disconnected, with the reason", async () => {
  let held = 0;
  await using server = await scriptedServer({
    greeting: (session) => {
      session.socket.pause();
      const flood = Buffer.concat(Array.from({ length: 20_000 }, () => Buffer.from([255, 253, 3])));
      const more = () => {
        held += flood.length;
        if (session.socket.writable && held < 200_000_000) session.socket.write(flood, more);
      };
      more();
    },
  });
  const patient = { connectMs: 60_000, replyMs: 60_000, stallMs: 60_000, idleMs: 60_000 };
  const connecting = Client.connect(settingsFor("alpha", server, { timeouts: patient }), undefined, signal);
  await expect(connecting).rejects.toThrow(/alpha: more than 1000 Telnet negotiations/);
  expect(held).toBeLessThan(20_000_000);
});
