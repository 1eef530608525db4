import type { CopyEvent, SummaryEvent } from "../../src/copy/events.ts";
import { type Lent, OwnPool, type Pair, type Place, type Pool } from "../../src/copy/pool.ts";
import { mirror } from "../../src/mirror/mirror.ts";
import type { MirrorEdges, MirrorRequest, ScanPolicy, WrittenMemory } from "../../src/mirror/request.ts";
import type { Written } from "../../src/mirror/judge.ts";
import { nameOf, parentOf } from "../../src/ftp/pathname.ts";
import type { Clock } from "../../src/shared/clock.ts";
import type { Side } from "../../src/transfer/side.ts";
import { copyEdges } from "./edges.ts";
import { type HostOptions, MemoryHost, NOW_MS } from "./memory-side.ts";
import type { DirectoryNode } from "./memory-tree.ts";

/** A clock that stands still, and on which every sleep is over at once. */
export const quickClock: Clock = {
  now: () => NOW_MS,
  sleep: async (_ms, signal) => {
    await new Promise((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
  },
};

/** What a mirror is asked for where a test says nothing else: everything, and no safeguard but the empty source. */
const POLICY: ScanPolicy = {
  compare: "size+time",
  links: "skip",
  leaves: () => undefined,
  leavesFile: () => undefined,
  leaveIf: [],
  leaveUnless: undefined,
  maxDepth: 20,
  looksAtExtras: true,
  ceiling: { percent: 100 },
};

export interface Asked extends Partial<Omit<MirrorRequest, "scan" | "source" | "target">> {
  readonly scan?: Partial<ScanPolicy>;
  readonly signal?: AbortSignal;
  readonly edges?: Partial<MirrorEdges>;
}

export interface Ran {
  readonly summary: SummaryEvent;
  readonly events: readonly CopyEvent[];
  /** Uses of a connection by two at once, or by one who had given it back. */
  readonly misuses: readonly string[];
}

/** Two hosts in memory, and mirrors from one to the other; both roots are `/`. */
export class MirrorScene {
  readonly source: MemoryHost;
  readonly target: MemoryHost;
  readonly written: WrittenMemory = writtenHere();

  constructor(
    source: DirectoryNode,
    target: DirectoryNode,
    options: { readonly source?: HostOptions; readonly target?: HostOptions } = {},
  ) {
    this.source = new MemoryHost("source", source, options.source);
    this.target = new MemoryHost("target", target, options.target);
  }

  /** All that happened, also where it ends in an error. */
  async run({
    scan,
    signal = new AbortController().signal,
    edges: more,
    ...asked
  }: Asked = {}): Promise<Ran> {
    const { source, target } = this;
    const request: MirrorRequest = {
      source: { place: source.place, path: "/", shown: "source:/" },
      target: { place: target.place, path: "/", shown: "target:/" },
      scan: { ...POLICY, looksAtExtras: asked.deletes ?? true, ...scan },
      deletes: true,
      isIndex: () => false,
      run: "test",
      renames: false,
      permissions: false,
      parallel: 3,
      retries: 0,
      transfer: { fxp: "never", verify: "size", resume: "record", preserveTimes: true },
      dryRun: false,
      ...asked,
    };
    const { edges, events } = copyEdges({ clock: quickClock });
    const pool = new WatchedPool();
    const summary = await mirror(request, { ...edges, written: this.written, pool, ...more }, signal);
    return { summary, events, misuses: pool.misuses };
  }
}

/** What was written, for as long as the scene stands. */
function writtenHere(): WrittenMemory {
  const known = new Map<string, Map<string, Written>>();
  return {
    recall: async (directory) => known.get(directory) ?? new Map<string, Written>(),
    note: (path, written) => {
      const names = known.get(parentOf(path)) ?? new Map<string, Written>();
      known.set(parentOf(path), names.set(nameOf(path), written));
    },
  };
}

/** A pool that sees to it that a connection is used by whoever has it, and by nobody else. */
class WatchedPool implements Pool {
  readonly misuses: string[] = [];
  readonly #pool = new OwnPool();

  async borrow(source: Place, target: Place, signal: AbortSignal): Promise<Pair> {
    const pair = await this.#pool.borrow(source, target, signal);
    const [from, to] = [this.#watched(pair.source), this.#watched(pair.target)];
    return {
      source: from.side,
      target: to.side,
      [Symbol.asyncDispose]: async () => {
        from.end();
        to.end();
        await pair[Symbol.asyncDispose]();
      },
    };
  }

  async borrowOne(place: Place, signal: AbortSignal): Promise<Lent> {
    return this.#lent(await this.#pool.borrowOne(place, signal));
  }

  spare(place: Place): Lent | undefined {
    const lent = this.#pool.spare(place);
    return lent && this.#lent(lent);
  }

  shrink(place: Place, needed: number): boolean {
    return this.#pool.shrink(place, needed);
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  #lent(lent: Lent): Lent {
    const { side, end } = this.#watched(lent.side);
    return {
      side,
      [Symbol.asyncDispose]: async () => {
        end();
        await lent[Symbol.asyncDispose]();
      },
    };
  }

  /** The side as one borrower has it, until `end`. */
  #watched(side: Side): { readonly side: Side; readonly end: () => void } {
    let hasEnded = false;
    const open = new Set<string>();
    const use = (name: string) => {
      if (hasEnded) this.misuses.push(`${side.name}: ${name} after it was given back`);
    };
    const watched = new Proxy(side, {
      get: (on, key) => {
        const member: unknown = Reflect.get(on, key);
        if (typeof member !== "function") return member;
        const name = String(key);
        return (...given: unknown[]) => {
          use(name);
          const result: unknown = Reflect.apply(member, on, given);
          if (name === "list") return watchedListing(result as AsyncIterable<unknown>, open, use);
          if (!(result instanceof Promise)) return result;
          open.add(name);
          return result.finally(() => open.delete(name));
        };
      },
    });
    const end = () => {
      hasEnded = true;
      for (const name of open) this.misuses.push(`${side.name}: given back in the middle of ${name}`);
    };
    return { side: watched, end };
  }
}

async function* watchedListing(
  listing: AsyncIterable<unknown>,
  open: Set<string>,
  use: (name: string) => void,
): AsyncGenerator<unknown> {
  if (open.has("list")) use("a second listing");
  open.add("list");
  try {
    for await (const entry of listing) {
      use("list");
      yield entry;
    }
  } finally {
    open.delete("list");
  }
}
