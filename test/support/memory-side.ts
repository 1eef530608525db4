import { UTF8_NAMES } from "../../src/ftp/charset/name-codec.ts";
import { Readable, Writable } from "node:stream";
import type { Place } from "../../src/batch/pool.ts";
import { ConnectionError, ReplyError } from "../../src/ftp/errors.ts";
import type { ListingEntry } from "../../src/ftp/listing/entry.ts";
import type { Presence } from "../../src/ftp/session/names/presence.ts";
import { TransferError } from "../../src/transfer/errors.ts";
import { measureOf } from "../../src/transfer/sides/measure.ts";
import type { Publishing, Side } from "../../src/transfer/sides/side.ts";
import { factsOf, listed, type ListingHabits, octetsAt } from "./memory-facts.ts";
import { COMMANDS, type Fault, type Operation, type Verb } from "./memory-operation.ts";
import { type DirectoryNode, EMPTY, MemoryTree } from "./memory-tree.ts";

export type { Fault, Operation, Verb };

export interface HostOptions extends ListingHabits {
  /** Connections that there may be; default 4. */
  readonly limit?: number;
  /** Whether modification times can be set; default true. Else a file has the time of `nowMs`. */
  readonly keepsTimes?: boolean;
  readonly digests?: boolean;
  /** Whether its listings show by their end that nobody has cut them; default true. */
  readonly endsListings?: boolean;
  /** Whether a question for a name is about a link itself, and not about what it leads to; default true. */
  readonly seesLinks?: boolean;
  /** Whether names that differ only in case are one; default false. */
  readonly folds?: boolean;
  readonly makesLinks?: boolean;
  /** Asked before each operation. */
  readonly fault?: (operation: Operation) => Fault | undefined;
}

/** When files come to be whose times nobody sets. */
export const NOW_MS = Date.UTC(2025, 5, 6, 7, 8, 9);

/** A server that is no server: a tree in memory, reached by {@link Side}s, with a record of all that is done to it. */
export class MemoryHost {
  readonly tree: MemoryTree;
  readonly operations: Operation[] = [];
  readonly place: Place;
  readonly options: HostOptions;
  readonly #notice: (operation: Operation) => void;
  #isGone = false;

  /** @param notice is told of each operation as it is done */
  constructor(
    name: string,
    root: DirectoryNode = EMPTY,
    options: HostOptions = {},
    notice: (operation: Operation) => void = () => {},
  ) {
    this.tree = new MemoryTree(root, options.folds);
    this.options = options;
    this.#notice = notice;
    const connect = () => sideOf(this, name);
    this.place = { key: name, name, at: (path) => `${name}:${path}`, connect, limit: options.limit ?? 4 };
  }

  /** Is there again after it was gone. */
  comeBack(): void {
    this.#isGone = false;
  }

  /** The operations of these verbs. */
  done(...verbs: readonly Verb[]): readonly Operation[] {
    return this.operations.filter(({ verb }) => verbs.includes(verb));
  }

  /** Lets others go first, notes what is to be done, and fails where it is to fail. @returns what else goes wrong */
  async begin(operation: Operation, signal: AbortSignal): Promise<Fault | undefined> {
    await new Promise((resolve) => setImmediate(resolve));
    signal.throwIfAborted();
    const { name } = this.place;
    const fault = this.options.fault?.(operation);
    if (fault?.kind === "gone") this.#isGone = true;
    if (this.#isGone) throw new ConnectionError(`${name}: cannot connect`);
    this.operations.push(operation);
    this.#notice(operation);
    if (fault?.kind === "lost") throw new ConnectionError(`${name}: connection lost`);
    if (fault?.kind !== "refused") return fault;
    const command = { verb: COMMANDS[operation.verb], argument: operation.path };
    throw new ReplyError(name, command, { code: fault.code, lines: [fault.text] });
  }

  /** @throws ReplyError where the tree does not allow it */
  change(verb: Verb, path: string, act: () => void): void {
    try {
      act();
    } catch (error) {
      const text = error instanceof Error ? error.message : "";
      throw new ReplyError(
        this.place.name,
        { verb: COMMANDS[verb], argument: path },
        { code: 550, lines: [text] },
      );
    }
  }
}

function sideOf(host: MemoryHost, name: string): Side {
  const { tree, options } = host;
  const change = async (operation: Operation, act: () => void, signal: AbortSignal) => {
    await host.begin(operation, signal);
    host.change(operation.verb, operation.path, act);
  };
  const side: Side = {
    kind: "local",
    name,
    names: UTF8_NAMES,
    locate: (path) => `memory://${name}/${path}`,
    ready: async (signal) => void (await host.begin({ verb: "ready", path: "" }, signal)),
    glance: (path, _isTimed, _written, signal) => side.facts(path, signal),
    async facts(path, signal) {
      await host.begin({ verb: "facts", path }, signal);
      const node = tree.find(path, true);
      return node && factsOf(node);
    },
    async presence(asked, signal) {
      const found: Presence[] = [];
      for (const { path } of asked) {
        try {
          await host.begin({ verb: "presence", path }, signal);
          const node = tree.find(path);
          found.push(
            node === undefined
              ? { kind: "absent", seesLinks: options.seesLinks !== false }
              : { kind: "present", as: node.kind },
          );
        } catch (error) {
          if (!(error instanceof ReplyError)) throw error;
          const isUnanswerable = error.reply.code === 502;
          found.push({ kind: "unknown", because: error.message, isUnanswerable });
        }
      }
      return found;
    },
    async *list(path, signal, _isStrict, ended) {
      const fault = await host.begin({ verb: "list", path }, signal);
      const entries: ListingEntry[] = [];
      host.change("list", path, () => {
        for (const [entry, node] of tree.list(path)) entries.push(listed(entry, node, options));
      });
      const keep = fault?.kind === "cut" || fault?.kind === "broken" ? fault.keep : entries.length;
      yield* entries.slice(0, keep);
      if (fault?.kind === "broken") throw new ConnectionError(`${name}: connection lost in a listing`);
      ended?.(options.endsListings !== false);
    },
    makeDirectory: (path, signal) =>
      change({ verb: "makeDirectory", path }, () => tree.makeDirectory(path), signal),
    replace: (path, by, signal) =>
      change({ verb: "replace", path: by, to: path }, () => tree.rename(by, path), signal),
    async publish({ temporary, path, modifiedMs, aside }: Publishing, written, signal) {
      const timeFault = modifiedMs && (await side.setModified(temporary, modifiedMs, signal));
      if (aside !== undefined) await side.move(path, aside, signal);
      await side.replace(path, temporary, signal);
      written();
      return { isNamed: true, ...(timeFault ? { timeFault } : {}) };
    },
    async remove(path, signal) {
      await host.begin({ verb: "remove", path }, signal);
      const node = tree.find(path);
      if (node === undefined) return new Error(`${name}: no such file`);
      host.change("remove", path, () => {
        if (node.kind === "directory") throw new Error("EISDIR");
        tree.take(path);
      });
      return undefined;
    },
    async removeDirectory(path, signal) {
      await host.begin({ verb: "removeDirectory", path }, signal);
      const node = tree.find(path);
      if (node === undefined) return new Error(`${name}: no such directory`);
      host.change("removeDirectory", path, () => {
        if (node.kind !== "directory") throw new Error("ENOTDIR");
        tree.take(path);
      });
      return undefined;
    },
    unlink: async () => false,
    linksIn: async () => new Map(),
    move: (from, to, signal) =>
      change(
        { verb: "move", path: from, to },
        () => {
          if (tree.find(to) !== undefined) throw new Error("EEXIST");
          tree.rename(from, to);
        },
        signal,
      ),
    async makeLink(path, to, signal) {
      await host.begin({ verb: "makeLink", path }, signal);
      if (options.makesLinks === false) throw new TransferError(`${name}: makes no links`, "never");
      host.change("makeLink", path, () => {
        if (tree.find(path) !== undefined) throw new Error("EEXIST");
        tree.put(path, { kind: "link", to });
      });
    },
    async setPermissions(path, permissions, signal) {
      await host.begin({ verb: "setPermissions", path }, signal);
      return alter(tree, path, { permissions });
    },
    async keepsTimes(signal) {
      await side.ready(signal);
      return options.keepsTimes !== false;
    },
    refusalOfTarget: async () => undefined,
    areOneName: async () => false,
    async setModified(path, modifiedMs, signal) {
      await host.begin({ verb: "setModified", path }, signal);
      if (options.keepsTimes === false) return `${name}: sets no times`;
      return alter(tree, path, { modifiedMs: Math.floor(modifiedMs / 1_000) * 1_000 });
    },
    digests: async () => (options.digests === true ? [{ algorithm: "SHA-256", ranges: true }] : []),
    async digest(path, algorithm, { length }, signal) {
      await host.begin({ verb: "digest", path }, signal);
      const measure = measureOf(algorithm);
      measure.update(octetsAt(tree, path).subarray(0, length));
      return measure.value();
    },
    async read(path, restartAt, signal) {
      await host.begin({ verb: "read", path }, signal);
      let octets: Buffer = Buffer.alloc(0);
      host.change("read", path, () => (octets = octetsAt(tree, path).subarray(restartAt)));
      const stream = Readable.from([octets]);
      return { stream, finish: async () => {}, [Symbol.asyncDispose]: async () => void stream.destroy() };
    },
    async write(path, restartAt, signal) {
      const fault = await host.begin({ verb: "write", path }, signal);
      let stored: Buffer = restartAt === 0 ? Buffer.alloc(0) : octetsAt(tree, path).subarray(0, restartAt);
      const put = () =>
        tree.put(path, { kind: "file", octets: stored.toString("latin1"), modifiedMs: NOW_MS });
      host.change("write", path, put);
      const stream = new Writable({
        write(chunk: Buffer, _encoding, done) {
          const whole = Buffer.concat([stored, chunk]);
          stored = fault?.kind === "broken" ? whole.subarray(0, fault.keep) : whole;
          put();
          done(fault?.kind === "broken" ? new ConnectionError(`${name}: connection lost in a file`) : null);
        },
      });
      return { stream, finish: async () => {}, [Symbol.asyncDispose]: async () => void stream.destroy() };
    },
    async writeInto(path, at, signal) {
      await host.begin({ verb: "write", path }, signal);
      let next = at;
      const stream = new Writable({
        write(chunk: Buffer, _encoding, done) {
          const had = octetsAt(tree, path);
          const octets = Buffer.alloc(Math.max(had.length, next + chunk.length));
          had.copy(octets);
          chunk.copy(octets, next);
          next += chunk.length;
          tree.put(path, { kind: "file", octets: octets.toString("latin1"), modifiedMs: NOW_MS });
          done();
        },
      });
      return { stream, finish: async () => {}, [Symbol.asyncDispose]: async () => void stream.destroy() };
    },
    close: async () => {},
  };
  return side;
}

function alter(tree: MemoryTree, path: string, by: object): string | undefined {
  const node = tree.find(path);
  if (node?.kind !== "file") return `${path}: no file`;
  tree.put(path, { ...node, ...by });
  return undefined;
}
