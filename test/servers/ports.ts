import { createServer, type Server } from "node:net";

/** Below those that the system gives to whoever asks for any port, and to connections that go out. */
const [FIRST, LAST] = [10_000, 19_999];
/** Where the tests of all processes claim ports; nobody else uses this address. */
const REGISTRY = "127.63.0.1";
/** Held, and so claimed, until this process ends. */
const claims: Server[] = [];

/** A port of this address at which nobody listens, and which no other test is given while this process lives. */
export async function ownPort(address = "127.0.0.1"): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST));
    const claim = await listening(REGISTRY, port);
    if (claim === undefined) continue;
    claims.push(claim.unref());
    const trial = await listening(address, port);
    if (trial === undefined) continue;
    await new Promise((resolve) => trial.close(resolve));
    return port;
  }
}

/** Undefined where somebody else has the port. */
function listening(host: string, port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(undefined));
    server.listen({ host, port }, () => resolve(server));
  });
}
