import type { CopyEvent, SummaryEvent } from "../../src/batch/events.ts";
import type { MirrorDeps, MirrorRequest } from "../../src/mirror/contract.ts";
import type { IndexStore } from "../../src/mirror/index/directory-index.ts";
import type { Spool, Surveyed } from "../../src/mirror/scan/listings/listing-cache.ts";
import { mirrorAll, type TargetsRequest } from "../../src/mirror/targets.ts";
import type { Clock } from "../../src/shared/clock.ts";
import { memoryLedger } from "../../src/transfer/ledger.ts";
import { copyDeps } from "./edges.ts";
import { type HostOptions, MemoryHost, type Verb } from "./memory-side.ts";
import type { DirectoryNode } from "./memory-tree.ts";
import { type Asked, mirrorRequest, quickClock, writtenHere } from "./mirror-scene.ts";
import { WatchedPool } from "./watched-pool.ts";

/** A spool that forgets with the test. */
export function memorySpool(): Spool & { readonly size: number } {
  const kept = new Map<string, string>();
  return {
    get size() {
      return kept.size;
    },
    read: (key) => {
      const text = kept.get(key);
      return text === undefined ? undefined : (JSON.parse(text) as Surveyed);
    },
    write: (key, surveyed) => void kept.set(key, JSON.stringify(surveyed)),
  };
}

/** One host in memory and others, which are made equal to it; all roots are `/`. */
export class TargetsScene {
  readonly source: MemoryHost;
  readonly targets: readonly MemoryHost[];
  readonly events: CopyEvent[] = [];
  readonly pool = new WatchedPool();
  clock: Clock = quickClock;
  /** What is known of each target's directories. */
  readonly #indexes = new Map<string, Uint8Array>();
  readonly #written = new Map<string, MirrorDeps["written"]>();
  readonly #ledger = memoryLedger("t");

  constructor(
    source: DirectoryNode,
    targets: readonly DirectoryNode[],
    options: { readonly source?: HostOptions; readonly targets?: readonly (HostOptions | undefined)[] } = {},
  ) {
    this.source = new MemoryHost("source", source, options.source);
    this.targets = targets.map((tree, index) => new MemoryHost(`t${index}`, tree, options.targets?.[index]));
  }

  async run(
    asked: Omit<Asked, "signal" | "edges">,
    spread: boolean,
    signal = new AbortController().signal,
  ): Promise<SummaryEvent> {
    const [first, ...rest] = this.targets.map(({ place }) => mirrorRequest(this.source.place, place, asked));
    if (first === undefined) throw new Error("no target");
    const request: TargetsRequest = { mirrors: [first, ...rest], spread };
    const emit = (event: CopyEvent) => void this.events.push(event);
    const spools = { source: memorySpool(), peers: memorySpool() };
    const depsOf = (one: MirrorRequest) => this.#depsOf(one);
    return mirrorAll(
      request,
      { clock: this.clock, chance: () => 0, emit, depsOf, spools, pool: this.pool },
      signal,
    );
  }

  /** How often each path was asked of the source by this verb. */
  asked(verb: Verb): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const { path } of this.source.done(verb)) counts.set(path, (counts.get(path) ?? 0) + 1);
    return counts;
  }

  #depsOf({ target }: MirrorRequest): MirrorDeps {
    const written = this.#written.get(target.shown) ?? writtenHere();
    this.#written.set(target.shown, written);
    const { deps } = copyDeps({ clock: this.clock, ledger: this.#ledger });
    const index: IndexStore = {
      read: async () => this.#indexes.get(target.shown),
      write: async (bytes) => void this.#indexes.set(target.shown, bytes),
    };
    return { ...deps, written, index };
  }
}
