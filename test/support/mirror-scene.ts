import type { CopyEvent, SummaryEvent } from "../../src/batch/events.ts";
import type { Place } from "../../src/batch/pool.ts";
import { mirror } from "../../src/mirror/mirror.ts";
import type { MirrorDeps, MirrorRequest, ScanPolicy, WrittenMemory } from "../../src/mirror/contract.ts";
import type { Written } from "../../src/mirror/decide/judge.ts";
import { nameOf, parentOf } from "../../src/ftp/pathname.ts";
import type { Clock } from "../../src/shared/clock.ts";
import { memoryLedger } from "../../src/transfer/ledger.ts";
import { copyDeps } from "./edges.ts";
import { type HostOptions, MemoryHost, NOW_MS, type Operation } from "./memory-side.ts";
import type { DirectoryNode } from "./memory-tree.ts";
import { WatchedPool } from "./watched-pool.ts";

/** A clock that stands still, and on which every sleep is over at once. */
export const quickClock: Clock = {
  now: () => NOW_MS,
  sleep: async (_ms, signal) => {
    await new Promise((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
  },
};

/** What a mirror is asked for where a test says nothing else: everything, and no safeguard but the empty source. */
export const POLICY: ScanPolicy = {
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

export interface Asked extends Partial<Omit<MirrorRequest, "scan">> {
  readonly scan?: Partial<ScanPolicy>;
  readonly signal?: AbortSignal;
  readonly deps?: Partial<MirrorDeps>;
}

export interface Ran {
  readonly summary: SummaryEvent;
  readonly events: readonly CopyEvent[];
  /** See {@link WatchedPool}. */
  readonly misuses: readonly string[];
}

/** What was told, and what was done at the target, in order. */
export type Happened = { readonly told: CopyEvent } | { readonly done: Operation };

/** Two hosts in memory, and mirrors from one to the other; both roots are `/`. */
export class MirrorScene {
  readonly source: MemoryHost;
  readonly target: MemoryHost;
  readonly written: WrittenMemory = writtenHere();
  readonly ledger = memoryLedger("t");
  /** Of all runs. */
  readonly log: Happened[] = [];

  constructor(
    source: DirectoryNode,
    target: DirectoryNode,
    options: { readonly source?: HostOptions; readonly target?: HostOptions } = {},
  ) {
    this.source = new MemoryHost("source", source, options.source);
    this.target = new MemoryHost("target", target, options.target, (done) => void this.log.push({ done }));
  }

  /** All that happened, also where it ends in an error. */
  async run({ signal = new AbortController().signal, deps: more, ...asked }: Asked = {}): Promise<Ran> {
    const request = mirrorRequest(this.source.place, this.target.place, asked);
    const events: CopyEvent[] = [];
    const emit = (told: CopyEvent) => {
      events.push(told);
      this.log.push({ told });
    };
    const { deps } = copyDeps({ clock: quickClock, ledger: this.ledger, emit });
    const pool = new WatchedPool();
    const summary = await mirror(request, { ...deps, written: this.written, pool, ...more }, signal);
    return { summary, events, misuses: pool.misuses };
  }
}

/** What is asked for where a test says nothing else, between two places whose roots are `/`. */
export function mirrorRequest(
  source: Place,
  target: Place,
  { scan, ...asked }: Omit<Asked, "signal" | "edges"> = {},
): MirrorRequest {
  return {
    source: { place: source, path: "/", shown: `${source.name}:/` },
    target: { place: target, path: "/", shown: `${target.name}:/` },
    scan: { ...POLICY, looksAtExtras: asked.deletes ?? true, ...scan },
    onExists: "overwrite",
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
}

/** What was written to targets, for as long as a test wants it. */
export function writtenHere(): WrittenMemory {
  const known = new Map<string, Map<string, Written>>();
  return {
    recall: async (directory) => known.get(directory) ?? new Map<string, Written>(),
    note: (path, written) => {
      const names = known.get(parentOf(path)) ?? new Map<string, Written>();
      known.set(parentOf(path), names.set(nameOf(path), written));
    },
  };
}
