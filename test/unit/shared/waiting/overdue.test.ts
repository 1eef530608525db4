import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { expect, test } from "vitest";
import { whenOverdue } from "../../../../src/shared/waiting/overdue.ts";

test("what has arrived while the process stood still is read before anything is overdue", async () => {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const accepted = new Promise<Socket>((resolve) => server.once("connection", resolve));
  const [there, here] = await Promise.all([accepted, connected(port)]);
  const seen: string[] = [];
  const stop = whenOverdue(20, () => seen.push("overdue"));
  here.once("data", () => {
    seen.push("answer");
    stop();
  });
  there.write("226 done\r\n");
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60);
  await once(here, "data");
  await new Promise((resolve) => setTimeout(resolve, 1));
  expect(seen).toEqual(["answer"]);
  here.destroy();
  there.destroy();
  server.close();
});

test("what does not come is overdue", async () => {
  await expect(new Promise((resolve) => whenOverdue(1, () => resolve("overdue")))).resolves.toBe("overdue");
});

async function connected(port: number) {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  return socket;
}
