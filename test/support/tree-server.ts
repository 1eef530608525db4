import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { decodeText } from "../../src/shared/octets.ts";
import { Session } from "./scripted-server.ts";
import { type Fault, Faults } from "./tree-server-faults.ts";
import type { ListingForm } from "./tree-server-listing.ts";
import { ChangingTree, EMPTY_TREE, type Tree } from "./tree-server-tree.ts";
import { pathIn, type Served, type StatusReply, VERBS, Visit } from "./tree-server-verbs.ts";

export interface TreeServerOptions {
  /** What it serves from the start; default an empty root. */
  readonly tree?: Tree;
  /** Default `facts`. */
  readonly form?: ListingForm;
  /** Whether modification times can be set (MFMT); default true. Else a file has the time of its STOR. */
  readonly keepsTimes?: boolean;
  /** How far its LIST is ahead of UTC; default 0. */
  readonly zoneMs?: number;
  /** How `STAT -la PATH` is answered; default: 502. */
  readonly status?: StatusReply;
  /** Default that of a server nobody knows. */
  readonly greeting?: string;
  /** Symbolic links to directories: paths that are empty directories in the tree, and where they lead. */
  readonly links?: Readonly<Record<string, string>>;
  /** Whether DELE takes directories with all in them; default false. */
  readonly removesDirectories?: boolean;
}

/**
 * An FTP server with a tree that is a function: a million files cost it nothing. It can be written to, and does
 * wrong what it is told to. The login directory is `/`; there is no TLS, and any password will do.
 */
export interface TreeServer extends AsyncDisposable {
  readonly address: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly tree: ChangingTree;
  /** Every command received, over all connections, in order. */
  readonly commands: readonly string[];
  /** Bytes of files that passed. */
  readonly octets: Readonly<Served["octets"]>;
  /** How often any of these verbs came. */
  count(...verbs: readonly string[]): number;
  /** Switches a fault on. @returns what switches it off again */
  fault(fault: Fault): () => void;
  /** Cuts all connections; from now on, connecting is refused. */
  leave(): Promise<void>;
  /** Is there again after {@link leave}, on the same port. */
  comeBack(): Promise<void>;
}

/** Starts a tree server on a loopback address of its own. */
export async function treeServer(options: TreeServerOptions = {}): Promise<TreeServer> {
  const served: Served = {
    tree: new ChangingTree(options.tree ?? EMPTY_TREE),
    faults: new Faults(),
    form: options.form ?? "facts",
    keepsTimes: options.keepsTimes ?? true,
    zoneMs: options.zoneMs ?? 0,
    links: new Map(Object.entries(options.links ?? {})),
    removesDirectories: options.removesDirectories ?? false,
    status: options.status,
    octets: { sent: 0, received: 0 },
  };
  const commands: string[] = [];
  const sessions = new Set<Session>();
  const address = someLoopback();
  const receive = (socket: Socket) => {
    const session = new Session(socket, address, new Map());
    sessions.add(session);
    socket.setNoDelay(true);
    socket.on("error", () => undefined);
    socket.on("close", () => {
      sessions.delete(session);
      session.close();
    });
    const visit = new Visit(served, session);
    visit.reply(options.greeting ?? "220 tree server");
    inOrder(socket, (line) => {
      commands.push(line);
      return answer(visit, line);
    });
  };
  let server = await listen(receive, address, 0);
  const { port } = server.address() as AddressInfo;
  const leave = async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const session of sessions) session.close();
    await closed;
  };
  return {
    ...{ address, port, user: "tester", password: "correct-horse-7" },
    ...{ tree: served.tree, commands, octets: served.octets },
    count: (...verbs) => commands.filter((line) => verbs.includes(line.split(" ", 1)[0] ?? "")).length,
    fault: (fault) => served.faults.add(fault),
    leave,
    comeBack: async () => {
      server = await listen(receive, address, port);
    },
    [Symbol.asyncDispose]: leave,
  };
}

function listen(receive: (socket: Socket) => void, host: string, port: number): Promise<Server> {
  const server = createServer(receive);
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, () => resolve(server));
  });
}

/** Answers a line after the one before it has had its last reply, whenever it came (RFC 959 §4.2). */
function inOrder(socket: Socket, answerTo: (line: string) => Promise<void>): void {
  let tail = "";
  let before = Promise.resolve();
  socket.on("data", (chunk) => {
    const lines = (tail + chunk.toString("latin1")).split("\r\n");
    tail = lines.pop() ?? "";
    for (const line of lines) {
      const text = decodeText(Buffer.from(line, "latin1"));
      before = before.then(() => answerTo(text)).catch(() => void socket.destroy());
    }
  });
}

async function answer(visit: Visit, line: string): Promise<void> {
  const [, verb = "", argument = ""] = /^(\S+) ?(.*)$/s.exec(line) ?? [];
  const { faults } = visit.served;
  const path = visit.path(pathIn(verb, argument));
  await faults.take("late", path, ({ verbs }) => verbs.includes(verb))?.until();
  if (faults.take("lost", path, ({ verbs }) => verbs.includes(verb))) return visit.hangUp();
  const refusal = faults.refusal(verb, path);
  if (refusal !== undefined) return visit.reply(refusal);
  const known = VERBS[verb];
  if (known === undefined) visit.reply("502 not here");
  else await known(visit, argument);
}

function someLoopback(): string {
  const octet = (from: number, to: number) => from + Math.floor(Math.random() * (to - from));
  return `127.${octet(20, 40)}.${octet(0, 256)}.${octet(2, 252)}`;
}
