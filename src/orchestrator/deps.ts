import type { Directories } from "../config/load/directories.ts";
import type { Clock } from "../shared/clock.ts";
import type { Logger } from "../shared/logger.ts";
import type { Memory } from "../transfer/memory.ts";
import type { Authority } from "./authority/authority.ts";
import type { Breaker } from "./slots/breaker.ts";
import type { Claims } from "./claims/claims.ts";
import type { FleetLedger } from "./claims/ledger.ts";
import type { Queues } from "./worker/queue/queues.ts";
import type { Stores } from "./kv/stores/stores.ts";
import type { KeptConnections } from "./slots/kept-connections.ts";
import type { Slots } from "./slots/slots.ts";
import type { RunStore } from "./kv/stores/runs.ts";
import type { RequestedStates } from "./runs/requested-state.ts";
import type { Tracing } from "./worker/tracing.ts";

/** What a worker works with. */
export interface WorkerDeps {
  /** By which others know whether it lives. */
  readonly worker: string;
  readonly kv: Stores;
  readonly store: RunStore;
  readonly queues: Queues;
  readonly slots: Slots;
  /** Those of slices that are over. */
  readonly connections: KeptConnections;
  readonly claims: Claims;
  readonly breaker: Breaker;
  readonly requested: RequestedStates;
  readonly ledger: FleetLedger;
  readonly memory: Memory;
  readonly authority: Authority;
  readonly directories: Directories;
  readonly clock: Clock;
  /** Milliseconds from any instant on, which no change of the clock moves. */
  readonly elapsedMs: () => number;
  /** From 0 up to 1, so that what fails together is not tried again together. */
  readonly chance: () => number;
  readonly tracing: Tracing;
  readonly log: Logger;
  /** Appends a line to this worker's transfer log. */
  readonly xferlog: (line: string) => void;
}
