import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { ControlProxy } from "../../bench/proxy.ts";
import { count } from "../../bench/transcript.ts";

const scripts: Server[] = [];
afterEach(async () => {
  for (const server of scripts.splice(0)) await new Promise((resolve) => server.close(resolve));
});

/** A server that greets, and answers each chunk with as many replies as it has lines. */
async function scripted(answer = "200"): Promise<{ address: string; port: number }> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.write("220\r\n");
    socket.on("data", (chunk) => {
      const lines = chunk.toString().split("\n").length - 1;
      socket.write(`${answer}\r\n`.repeat(lines));
    });
  });
  scripts.push(server);
  await new Promise<void>((resolve) => server.listen({ host: "127.0.0.1", port: 0 }, resolve));
  return { address: "127.0.0.1", port: (server.address() as AddressInfo).port };
}

/** Reads until this many lines have arrived. */
function lines(socket: Socket, wanted: number): Promise<readonly string[]> {
  let text = "";
  return new Promise((resolve, reject) => {
    const read = (chunk: Buffer) => {
      text += chunk.toString();
      const whole = text.split("\r\n").slice(0, -1);
      if (whole.length < wanted) return;
      socket.off("data", read);
      resolve(whole);
    };
    socket.on("data", read);
    socket.once("close", () => reject(new Error(`closed after ${JSON.stringify(text)}`)));
  });
}

describe("the proxy", () => {
  test("passes both ways, and writes down the order in which the client sees it", async () => {
    await using proxy = new ControlProxy(0);
    const { address, port } = await proxy.before(await scripted());
    const client = connect({ host: address, port });
    expect(await lines(client, 1)).toEqual(["220"]);
    client.write("USER x\r\nPASS y\r\n");
    expect(await lines(client, 2)).toEqual(["200", "200"]);
    client.write("QUIT\r\n");
    await lines(client, 1);
    expect(count(proxy.take())).toMatchObject({ connections: 1, turns: 2, commands: 3 });
    expect(proxy.take()).toEqual([]);
  });

  test("two servers behind a proxy share one transcript", async () => {
    await using proxy = new ControlProxy(0);
    const ends = [await proxy.before(await scripted()), await proxy.before(await scripted("250"))];
    const clients = ends.map(({ address, port }) => connect({ host: address, port }));
    await Promise.all(clients.map((client) => lines(client, 1)));
    for (const client of clients) {
      client.write("NOOP\r\n");
      await lines(client, 1);
    }
    expect(count(proxy.take())).toMatchObject({ connections: 2, turns: 2, verbs: { NOOP: 2 } });
  });

  test("the greeting takes two round trips, a reply one, and commands written ahead overlap", async () => {
    const roundTripMs = 60;
    await using proxy = new ControlProxy(roundTripMs);
    const { address, port } = await proxy.before(await scripted());
    const client = connect({ host: address, port, noDelay: true });
    const begun = performance.now();
    await lines(client, 1);
    // Timers may be early by a tolerance each; how late they are is up to the machine.
    expect(performance.now() - begun).toBeGreaterThan(2 * roundTripMs - 3);
    client.write("NOOP\r\n");
    await lines(client, 1);
    const before = performance.now();
    for (let index = 0; index < 20; index += 1) client.write("NOOP\r\n");
    await lines(client, 20);
    const spentMs = performance.now() - before;
    expect(spentMs).toBeGreaterThan(roundTripMs - 3);
    expect(count(proxy.take()).turns).toBe(2);
  });

  test("a server that closes is seen to close, after what it said", async () => {
    const server = createServer((socket) => socket.end("421 Too many\r\n"));
    scripts.push(server);
    await new Promise<void>((resolve) => server.listen({ host: "127.0.0.1", port: 0 }, resolve));
    await using proxy = new ControlProxy(10);
    const { address, port } = await proxy.before({
      address: "127.0.0.1",
      port: (server.address() as AddressInfo).port,
    });
    const client = connect({ host: address, port });
    let text = "";
    client.on("data", (chunk) => (text += chunk.toString()));
    await new Promise((resolve) => client.once("end", resolve));
    expect(text).toBe("421 Too many\r\n");
  });
});
