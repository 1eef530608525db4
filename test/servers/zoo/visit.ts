import { connect, type Socket } from "node:net";
import { posix } from "node:path";
import { connect as connectTls, TLSSocket } from "node:tls";
import { encodeText } from "../../../src/shared/octets.ts";
import { Session } from "../../support/scripted-server.ts";
import { CLOSES, type Conduct, HANGS, type Words, WORDS, type ZooKind } from "./kind.ts";
import type { ZooTree } from "./tree.ts";
import type { Identity } from "./server.ts";

/** How long a data connection is waited for. */
const ACCEPT_MS = 1_500;

/** One connection to a server of the zoo: where it stands, and what the next command goes on from. */
export class Visit {
  readonly kind: ZooKind;
  readonly tree: ZooTree;
  readonly address: string;
  readonly #session: Session;
  readonly #identity: Identity | undefined;
  /** The control connection, over TLS since AUTH. */
  control: Socket;
  directory: string;
  restartAt = 0;
  renaming = "";
  isPrivate = false;
  /** Whether it begins TLS on data connections (SSCN), or on the next one (CPSV). */
  isTlsClient = false;
  isTlsClientOnce = false;
  hasPret = false;
  /** For habits that change with time. */
  readonly count = new Map<string, number>();

  constructor(
    kind: ZooKind,
    tree: ZooTree,
    control: Socket,
    address: string,
    identity: Identity | undefined,
  ) {
    this.kind = kind;
    this.tree = tree;
    this.control = control;
    this.address = address;
    this.directory = "/";
    this.#session = new Session(control, address, new Map());
    this.#identity = identity;
  }

  word(name: keyof Words, about = ""): string {
    return (this.kind.words?.[name] ?? WORDS[name]).replace("%s", () => about);
  }

  reply(...lines: readonly string[]): void {
    if (this.control.writable) this.control.write(encodeText(lines.map((line) => `${line}\r\n`).join("")));
  }

  say(name: keyof Words, about = ""): void {
    this.reply(this.word(name, about));
  }

  /** The path of an argument as it is kept; undefined for one with a name that this kind refuses. */
  path(argument: string): string | undefined {
    const { home } = this.kind;
    const below = home !== undefined && argument.startsWith(home) ? argument.slice(home.length) : undefined;
    const from = below === undefined ? this.directory : "/";
    return this.tree.resolve(
      posix.resolve(from, (below ?? argument).replace(/^\/+/, below === undefined ? "/" : "")),
    );
  }

  /** How often this has been called with this name before. */
  times(name: string): number {
    const before = this.count.get(name) ?? 0;
    this.count.set(name, before + 1);
    return before;
  }

  close(): void {
    this.#session.close();
    this.control.destroy();
  }

  /** The host-port of a new listener, in the form of a 227. */
  async listen(): Promise<readonly [hostPort: string, port: number]> {
    this.isTlsClientOnce = false;
    const [, numbers = ""] = /\((.*)\)/.exec(await this.#session.listen()) ?? [];
    const [high = 0, low = 0] = numbers.split(",").slice(4).map(Number);
    const address = this.kind.data?.passiveAddress ?? this.address;
    return [`${address.replaceAll(".", ",")},${high},${low}`, high * 256 + low];
  }

  connectLater(hostPort: string): void {
    this.#session.connectLater(hostPort, this.address);
  }

  isForeign(address: string): boolean {
    return address !== (this.control.remoteAddress ?? "");
  }

  /** Over TLS from now on. */
  startTls(): Socket {
    this.control = new TLSSocket(this.control, { isServer: true, ...this.#identity });
    return this.control;
  }

  /**
   * The data connection, with 1yz said at the moment this kind says it.
   * @throws Refused with the final reply where there is none
   */
  async data(begins: string): Promise<Socket> {
    const { begins: when = "at-once", foreignPeer, tls } = this.kind.data ?? {};
    if (when === "at-once" && tls !== "before-1yz") this.reply(begins);
    const socket = await this.#opened();
    socket.on("error", () => undefined);
    if (foreignPeer !== undefined && this.isForeign(socket.remoteAddress ?? "")) {
      socket.destroy();
      throw new Refused(foreignPeer === HANGS ? HANGS : foreignPeer);
    }
    if (!this.isPrivate) {
      if (when === "after-accept") this.reply(begins);
      return socket;
    }
    if (when === "after-accept" && tls !== "before-1yz") this.reply(begins);
    const secure = await this.#secured(socket);
    if (tls === "before-1yz") this.reply(begins);
    return secure;
  }

  async #opened(): Promise<Socket> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Refused(this.word("noData"))), ACCEPT_MS);
    });
    const opened = this.#session.data().catch(() => {
      throw new Refused(this.word("noData"));
    });
    try {
      return await Promise.race([opened, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #secured(socket: Socket): Promise<Socket> {
    const isClient = this.isTlsClient || this.isTlsClientOnce;
    this.isTlsClientOnce = false;
    const { tlsClient = "works" } = this.kind.data ?? {};
    if (isClient && tlsClient === CLOSES) throw new Refused(CLOSES);
    const secure =
      isClient && tlsClient === "works"
        ? connectTls({ socket, rejectUnauthorized: false })
        : new TLSSocket(socket, { isServer: true, ...this.#identity });
    const done = new Promise<void>((resolve, reject) => {
      secure
        .once(isClient && tlsClient === "works" ? "secureConnect" : "secure", resolve)
        .once("error", reject)
        .once("close", reject);
    });
    const late = new Promise<never>((_, reject) => {
      if (!isClient || tlsClient !== HANGS) setTimeout(reject, ACCEPT_MS).unref();
    });
    await Promise.race([done, late]).catch(() => {
      socket.destroy();
      throw new Refused(
        "425 Unable to build data connection: TLS session of data connection has not resumed.",
      );
    });
    return secure.on("error", () => undefined);
  }
}

/** A transfer that comes to nothing, with what is done about it. */
export class Refused extends Error {
  readonly conduct: Conduct;

  constructor(conduct: Conduct) {
    super(String(conduct));
    this.conduct = conduct;
  }
}

/** A port of the address at which nobody listens. */
export async function closedPort(address: string): Promise<number> {
  for (let port = 61_000; ; port += 1) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect({ host: address, port });
      socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    });
    if (!isOpen) return port;
  }
}
