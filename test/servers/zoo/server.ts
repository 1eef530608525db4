import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { decodeText } from "../../../src/shared/octets.ts";
import { CLOSES, type Conduct, HANGS, SWALLOWS, type ZooKind } from "./kind.ts";
import { ZooTree } from "./tree.ts";
import { habitOf, knows, VERBS } from "./verbs.ts";
import { Refused, Visit } from "./visit.ts";

/** Key and certificate for TLS, PEM. */
export interface Identity {
  readonly key: string;
  readonly cert: string;
}

/** A server of the zoo that runs in this process, on a loopback address of its own. */
export interface ZooServer extends AsyncDisposable {
  readonly kind: ZooKind;
  readonly address: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly tree: ZooTree;
  /** Every command received, over all connections, in order. */
  readonly commands: readonly string[];
  /** The next so many bytes of files that come in or go out are the last ones of their connection: once. */
  cutAfter(octets: number): void;
}

/** What a transfer asks before each piece; undefined: go on. */
export interface Cut {
  left: number | undefined;
}

let last = 0;

/** 127.70.x.y, each once in a process, and another one in each process. */
function ownAddress(): string {
  last += 1;
  return `127.${70 + (process.pid % 50)}.${(process.pid >> 4) % 256}.${last % 250}`;
}

/** Starts a server of this kind. @param identity needed where it offers TLS */
export async function zooServer(kind: ZooKind, identity?: Identity): Promise<ZooServer> {
  const address = ownAddress();
  const tree = new ZooTree(kind);
  const cut: Cut = { left: undefined };
  const visits = new Set<Visit>();
  const commands: string[] = [];
  const server = createServer((socket) => {
    const visit = new Visit(kind, tree, socket, address, identity);
    visits.add(visit);
    socket.setNoDelay(true);
    socket.on("error", () => undefined);
    socket.on("close", () => {
      visits.delete(visit);
      visit.close();
    });
    visit.reply(...kind.greeting);
    serve(visit, socket, (line) => {
      commands.push(line);
      return answer(visit, line, cut);
    });
  });
  const port = await listening(server, address);
  return {
    ...{ kind, address, port, tree, commands, user: "tester", password: "correct-horse-7" },
    cutAfter: (octets) => (cut.left = octets),
    [Symbol.asyncDispose]: async () => {
      for (const visit of visits) visit.close();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function listening(server: Server, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port: 0 }, () => resolve((server.address() as AddressInfo).port));
  });
}

/** Answers a line after the one before it has had its last reply (RFC 959 §4.2). */
function serve(visit: Visit, socket: Socket, answerTo: (line: string) => Promise<void>): void {
  let tail = "";
  let before = Promise.resolve();
  socket.on("data", (chunk) => {
    const lines = (tail + chunk.toString("latin1")).split("\r\n");
    tail = lines.pop() ?? "";
    for (const line of lines) {
      // Telnet signals before ABOR (RFC 959 §4.1.3).
      const bare = line.replace(/^[\xf0-\xff]+/, "");
      const is255Plain = visit.kind.names?.takes255AsItIs === true;
      const text = decodeText(Buffer.from(is255Plain ? bare : bare.replaceAll("\xff\xff", "\xff"), "latin1"));
      const upgrade = async () => {
        if (!/^AUTH TLS/i.test(text) || !knows(visit.kind, "AUTH")) return answerTo(text);
        visit.reply("234 AUTH TLS OK.");
        socket.removeAllListeners("data");
        const secure = visit.startTls();
        secure.on("error", () => undefined).on("close", () => visit.close());
        serve(visit, secure, answerTo);
      };
      before = before.then(upgrade).catch(() => visit.close());
    }
  });
}

async function answer(visit: Visit, line: string, cut: Cut): Promise<void> {
  const [, verb = "", argument = ""] = /^(\S+) ?(.*)$/s.exec(line) ?? [];
  const name = verb.toUpperCase();
  const conduct = habitOf(visit, name, argument);
  if (conduct !== undefined) return conducted(visit, conduct);
  const known = knows(visit.kind, name) ? VERBS[name] : undefined;
  if (known === undefined) return visit.say("unknown", verb);
  try {
    await known(visit, argument, cut);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    await conducted(visit, error.conduct);
  }
}

/** Hanging never ends: nothing after it is read. */
function conducted(visit: Visit, conduct: Conduct): Promise<void> {
  if (conduct === HANGS) return new Promise<never>(() => {});
  if (conduct === CLOSES) visit.close();
  else if (conduct !== SWALLOWS) visit.reply(...[conduct].flat());
  return Promise.resolve();
}
