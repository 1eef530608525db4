import { beforeEach } from "vitest";
import type { RunOutcome } from "../../src/batch/events.ts";
import { jobSchemaFor } from "../../src/config/schema/jobs.ts";
import type { Definition } from "../../src/orchestrator/definitions.ts";
import type { RedisClient } from "../../src/orchestrator/kv/client.ts";
import { KeyNames } from "../../src/orchestrator/kv/names.ts";
import { RunStore } from "../../src/orchestrator/kv/stores/runs.ts";
import { Stores } from "../../src/orchestrator/kv/stores/stores.ts";
import type { Channel } from "../../src/orchestrator/notify/channel.ts";
import type { Notice } from "../../src/orchestrator/notify/notice.ts";
import { PostOffice } from "../../src/orchestrator/notify/post-office.ts";
import type { RunOrder } from "../../src/orchestrator/runs/run.ts";
import type { Clock } from "../../src/shared/clock.ts";
import { noLogger } from "../../src/shared/logger.ts";
import { type SharedRedis, sharedRedis } from "./redis-client.ts";

export const NEVER = new AbortController().signal;

/** A channel that keeps what it is sent; it takes nothing while `isAway`. */
export class Kept implements Channel {
  readonly name = "kept";
  readonly shown = "kept";
  readonly on;
  readonly messages: (readonly Notice[])[] = [];
  isAway = false;

  constructor(on: Channel["on"] = ["failed", "partial", "refused", "recovered", "late"]) {
    this.on = on;
  }

  readonly send: Channel["send"] = async (notices) => {
    if (this.isAway) throw new Error("away");
    this.messages.push(notices);
  };

  get told(): readonly string[] {
    return this.messages.flat().map(({ occasion, job, because }) => `${job} ${occasion}: ${because}`);
  }
}

export function order(job: string, more: Partial<RunOrder> = {}): RunOrder {
  return { job, document: {}, rules: [], dryRun: false, requestedBy: "person", because: "test", ...more };
}

/** Of a job called `nightly`, with these keys in its file. */
export function definition(keys: object): Definition {
  const document = { copy: { from: "./a", to: "./b" }, ...keys };
  return {
    name: "nightly",
    file: "nightly.yaml",
    document,
    job: jobSchemaFor(document).parse(document),
    rules: [],
  };
}

/** What schedulers, alarms and post offices share: one Redis, and a clock that a test sets. */
class AlarmsScene {
  readonly #shared: SharedRedis;
  names!: KeyNames;
  store!: RunStore;
  clock!: Clock & { ms: number };

  constructor(shared: SharedRedis) {
    this.#shared = shared;
  }

  /** @param prefix of its keys, which no test before has had */
  begin(prefix: string): void {
    this.names = new KeyNames(prefix);
    this.store = new RunStore(this.client, this.names);
    const clock = { ms: Date.parse("2026-11-21T00:00:00Z"), now: () => clock.ms, sleep: async () => {} };
    this.clock = clock;
  }

  get client(): RedisClient {
    return this.#shared.client;
  }

  get deps(): { readonly kv: Stores; readonly store: RunStore; readonly clock: Clock } {
    const { client, names, store, clock } = this;
    return { kv: new Stores(client, names, store), store, clock };
  }

  at(time: string): number {
    this.clock.ms = Date.parse(`2026-11-21T${time}Z`);
    return this.clock.ms;
  }

  office(...channels: readonly Channel[]): PostOffice {
    return new PostOffice({ ...this.deps, log: noLogger }, channels);
  }

  async ended(id: string, outcome: RunOutcome, more: Partial<RunOrder> = {}): Promise<void> {
    const run = { id, order: order("nightly", more) };
    await this.store.create(id, run.order, this.clock.now());
    await this.store.end(run, undefined, this.clock.now(), outcome);
  }

  /** All offices work, before and after what was told has waited for others to go with. */
  async work(...offices: readonly PostOffice[]): Promise<void> {
    for (const waitMs of [0, 6_000]) {
      this.clock.ms += waitMs;
      await Promise.all(offices.map((one) => one.work(NEVER)));
    }
  }
}

/** A scene of its own for each test of a file. */
export function alarmsScene(): AlarmsScene {
  const scene = new AlarmsScene(sharedRedis());
  let turn = 0;
  beforeEach(() => scene.begin(`test${(turn += 1)}`));
  return scene;
}
