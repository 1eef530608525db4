import { connect, createServer, type Server } from "node:net";
import { afterEach, expect, test } from "vitest";
import { Client } from "../../../src/ftp/session/client.ts";
import { listenForData } from "../../../src/ftp/connection/data/data-connection.ts";
import { protect } from "../../../src/ftp/connection/tls.ts";
import { ConnectionError, NoReplyError } from "../../../src/ftp/errors.ts";
import * as verbs from "../../../src/ftp/session/verbs.ts";
import { type Script, scriptedServer } from "../../support/scripted-server.ts";
import { settingsFor } from "../../support/settings.ts";

const signal = new AbortController().signal;
const soon = { timeouts: { connectMs: 300, replyMs: 2_000, stallMs: 2_000, idleMs: 60_000 } };
const ACTIVE: Script = { PASV: "502 no", EPSV: "502 no" };

let mute: Server | undefined;
afterEach(() => mute?.close());

/** A socket to somebody who never says anything. */
async function muteSocket() {
  const server = createServer((socket) => socket.on("error", () => {}));
  mute = server;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const socket = connect((server.address() as { port: number }).port, "127.0.0.1");
  await new Promise((resolve) => socket.once("connect", resolve));
  return socket;
}

test("a server that says 150 and opens no data connection is not waited for without end", async () => {
  await using server = await scriptedServer({ ...ACTIVE, RETR: "150 opening" });
  const client = await Client.connect(settingsFor("alpha", server, soon), undefined, signal);
  const transfer = await client.open({ verb: "RETR", argument: "/file" }, 0, signal);
  const error: unknown = await transfer.stream(signal).catch((one: unknown) => one);
  expect(error).toBeInstanceOf(ConnectionError);
  expect(error).toMatchObject({
    message:
      "alpha: no data connection within 0.3 s; passive mode was tried first: alpha: cannot open a passive data connection (EPSV: 502 no; PASV: 502 no)",
  });
  client.destroy(new ConnectionError("test over"));
});

test("a port that cannot be reached is no reason to do without the other forms of passive mode", async () => {
  // Nobody listens there; a firewall would say nothing at all, which only takes longer.
  await using server = await scriptedServer({
    EPSV: "229 Entering Extended Passive Mode (|||1024|)",
    FEAT: ["211-", " EPSV", "211 End"],
  });
  server.files.set("/file", Buffer.from("content"));
  const client = await Client.connect(settingsFor("alpha", server, soon), undefined, signal);
  for (let times = 0; times < 2; times += 1) {
    const transfer = await client.open({ verb: "RETR", argument: "/file" }, 0, signal);
    const received: Buffer[] = [];
    for await (const chunk of await transfer.stream(signal)) received.push(chunk as Buffer);
    await transfer.finish(2_000, signal);
    expect(Buffer.concat(received).toString()).toBe("content");
  }
  expect(server.commands.filter((command) => /^(EPSV|PASV)/.test(command))).toEqual(["EPSV", "PASV", "PASV"]);
  await client.close();
});

test("a server that has no port free for the moment is asked for one again", async () => {
  let times = 0;
  await using server = await scriptedServer({
    PASV: async (session) => {
      times += 1;
      session.reply(times === 1 ? "500 Address already in use" : await session.listen());
    },
  });
  server.files.set("/file", Buffer.from("content"));
  const settings = { ...soon, dataOpening: "passive" } as const;
  const client = await Client.connect(settingsFor("alpha", server, settings), undefined, signal);
  const open = () => client.open({ verb: "RETR", argument: "/file" }, 0, signal);
  await expect(open()).rejects.toMatchObject({ retry: "later" });
  await using transfer = await open();
  expect(transfer).toBeDefined();
  client.destroy(new ConnectionError("test over"));
});

test.each(["500 Oops.", "501 Kein Anschluss", "502 pool exhausted"])(
  "PASV that has worked is asked for again after one refusal in whatever words: %s",
  async (says) => {
    let times = 0;
    await using server = await scriptedServer({
      ...{ EPSV: "502 no", PORT: "502 no", EPRT: "502 no" },
      PASV: async (session) => {
        times += 1;
        session.reply(times === 2 || times > 3 ? says : await session.listen());
      },
    });
    server.files.set("/file", Buffer.from("content"));
    await using client = await Client.connect(settingsFor("alpha", server, soon), undefined, signal);
    const retrieve = async () => {
      await using transfer = await client.open({ verb: "RETR", argument: "/file" }, 0, signal);
      for await (const _ of await transfer.stream(signal));
      await transfer.finish(2_000, signal);
      return "read";
    };
    const quoted = { message: expect.stringContaining(`PASV: ${says}`) as unknown };
    expect(await retrieve()).toBe("read");
    await expect(retrieve()).rejects.toMatchObject(quoted);
    expect(await retrieve()).toBe("read");
    // Refused twice in a row, it is not asked for any more.
    for (const _ of [1, 2, 3]) await expect(retrieve()).rejects.toMatchObject(quoted);
    expect(times).toBe(5);
  },
);

test("a data connection from an address that is not the server's is named, with the key that allows it", async () => {
  await using server = await scriptedServer({
    ...ACTIVE,
    PORT: (session, argument) => {
      const [h1, h2, h3, h4, p1 = 0, p2 = 0] = argument.split(",").map(Number);
      const there = { host: `${h1}.${h2}.${h3}.${h4}`, port: p1 * 256 + p2 };
      connect({ ...there, localAddress: "127.9.9.9" }).on("error", () => {});
      session.reply("200 will connect there");
    },
    RETR: "150 opening",
  });
  const client = await Client.connect(settingsFor("alpha", server, soon), undefined, signal);
  const transfer = await client.open({ verb: "RETR", argument: "/file" }, 0, signal);
  await expect(transfer.stream(signal)).rejects.toThrow(
    /a connection from 127\.9\.9\.9 was rejected: .*dataAddresses/,
  );
  client.destroy(new ConnectionError("test over"));
});

test("what such a server says in the end is the better reason", async () => {
  await using server = await scriptedServer({
    ...ACTIVE,
    RETR: (session) => {
      session.reply("150 opening");
      setTimeout(() => session.reply("425 cannot reach you"), 600);
    },
  });
  const client = await Client.connect(settingsFor("alpha", server, soon), undefined, signal);
  const transfer = await client.open({ verb: "RETR", argument: "/file" }, 0, signal);
  await expect(transfer.stream(signal)).rejects.toThrow(/RETR \/file: 425 cannot reach you/);
  await client.close();
});

test.each(["active", "passive"] as const)(
  "a server that takes its time before 150 has all the time for a %s connection after it",
  async (dataOpening) => {
    await using server = await scriptedServer({
      RETR: async (session) => {
        await new Promise((resolve) => setTimeout(resolve, 600));
        session.reply("150 opening");
        await session.send(Buffer.from("octets"));
        session.reply("226 done");
      },
    });
    const client = await Client.connect(
      settingsFor("alpha", server, { ...soon, dataOpening, dataAddresses: ["127.0.0.1"] }),
      undefined,
      signal,
    );
    await using transfer = await client.open({ verb: "RETR", argument: "/file" }, 0, signal);
    const octets: Buffer[] = [];
    for await (const chunk of await transfer.stream(signal)) octets.push(chunk as Buffer);
    await transfer.finish(1_000, signal);
    expect(Buffer.concat(octets).toString()).toBe("octets");
    client.destroy(new ConnectionError("test over"));
  },
);

test("a TLS handshake on a data connection has its time from when it begins", async () => {
  const host = settingsFor("alpha", { address: "127.0.0.1", port: 1 }, soon);
  const options = { host, isProtected: true, tlsSession: () => undefined };
  const { hostPort, data } = await listenForData("127.0.0.1", ["127.0.0.1"], options, signal);
  const socket = connect(hostPort.port, hostPort.address).on("error", () => {});
  await new Promise((resolve) => setTimeout(resolve, 400));
  const beganAt = performance.now();
  await expect(data.begin()).rejects.toThrow(/alpha: TLS handshake failed/);
  expect(performance.now() - beganAt).toBeGreaterThan(250);
  data.close();
  socket.destroy();
});

test("nobody is waited for behind a signal that has ended before the TLS handshake", async () => {
  const host = settingsFor("alpha", { address: "127.0.0.1", port: 1 });
  const cancelled = AbortSignal.abort();
  const socket = await muteSocket();
  await expect(protect(socket, host, undefined, cancelled)).rejects.toBe(cancelled.reason);
  expect(socket.destroyed).toBe(true);
  const late = AbortSignal.timeout(1);
  await new Promise((resolve) => setTimeout(resolve, 20));
  const error: unknown = await protect(await muteSocket(), host, undefined, late).catch(
    (one: unknown) => one,
  );
  expect(error).toBeInstanceOf(ConnectionError);
  expect(error).toMatchObject({ message: expect.stringMatching(/alpha: TLS handshake failed: .*timeout/) });
});

test("silence is distinguished from a lost connection, for every command that waits", async () => {
  await using server = await scriptedServer({ NOOP: () => {} });
  const host = settingsFor("alpha", server, { timeouts: { ...soon.timeouts, replyMs: 200 } });
  const client = await Client.connect(host, undefined, signal);
  const both = await Promise.allSettled([
    client.ask(verbs.noOperation(), signal),
    client.ask(verbs.noOperation(), signal),
  ]);
  for (const one of both) {
    expect(one).toMatchObject({ reason: expect.any(NoReplyError) });
    expect(one).toMatchObject({ reason: { code: "connection", retry: "new-connection" } });
  }
  expect(both[0]).toMatchObject({ reason: { message: "alpha: NOOP: no reply within 0.2 s" } });
});

test("a connection that the server closes is lost, and not silent", async () => {
  await using server = await scriptedServer({ NOOP: (session) => session.close() });
  const client = await Client.connect(settingsFor("alpha", server, soon), undefined, signal);
  const error: unknown = await client.ask(verbs.noOperation(), signal).catch((one: unknown) => one);
  expect(error).toBeInstanceOf(ConnectionError);
  expect(error).not.toBeInstanceOf(NoReplyError);
});

test("promise 7, only the server may connect to where we listen for it", async () => {
  const { hostPort, data } = await listenForData(
    "127.0.0.1",
    ["127.0.0.9"],
    {
      host: settingsFor("alpha", { address: "127.0.0.9", port: 21 }),
      isProtected: false,
      tlsSession: () => undefined,
    },
    signal,
  );
  const from = (localAddress: string) => {
    const socket = connect({ host: hostPort.address, port: hostPort.port, localAddress });
    socket.on("error", () => {});
    return new Promise<typeof socket>((resolve) => socket.once("connect", () => resolve(socket)));
  };
  const stranger = await from("127.0.0.66");
  stranger.end("not what you wait for");
  await new Promise((resolve) => stranger.once("close", resolve));
  const server = await from("127.0.0.9");
  server.end("octets");
  const octets: Buffer[] = [];
  for await (const chunk of await data.begin()) octets.push(chunk as Buffer);
  expect(Buffer.concat(octets).toString()).toBe("octets");
  data.close();
});
