import { setMaxListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeEach } from "vitest";
import type { RedisClient } from "../../src/orchestrator/kv/client.ts";
import type { Demand } from "../../src/orchestrator/slots/demand.ts";
import { type Lease, Slots, type SlotsOptions } from "../../src/orchestrator/slots/slots.ts";
import type { TestRedis } from "./redis.ts";
import { clientOf, sharedRedis } from "./redis-client.ts";

/** Processes that share slots in one Redis; each test has keys of its own. */
export interface SlotsScene {
  readonly redis: TestRedis;
  readonly client: RedisClient;
  readonly prefix: string;
  /** A process: slots with a connection of their own. */
  open(options?: Partial<SlotsOptions>): Promise<Slots & { vanish(): void }>;
  /** Other keys from now on, as if nobody had been here before. */
  anew(): void;
}

export function slotsScene(): SlotsScene {
  const shared = sharedRedis();
  let turn = 0;
  const scene: SlotsScene = {
    get redis() {
      return shared.redis;
    },
    get client() {
      return shared.client;
    },
    get prefix() {
      return `{test${turn}}`;
    },
    async open(options = {}) {
      const own = await clientOf(shared.redis);
      const slots = await Slots.open(own, { prefix: scene.prefix, ...options });
      const dispose = slots[Symbol.asyncDispose].bind(slots);
      return Object.assign(slots, {
        /** As if killed: nothing is heard of it any more. */
        vanish: () => own.disconnect(),
        [Symbol.asyncDispose]: async () => {
          await dispose();
          own.disconnect();
        },
      });
    },
    anew: () => void (turn += 1),
  };
  beforeEach(() => scene.anew());
  return scene;
}

export const forever = new AbortController().signal;
setMaxListeners(0, forever);

export function want(needs: Readonly<Record<string, number>>, limit: number, party = "p"): Demand {
  return {
    party,
    needs: Object.entries(needs).map(([resource, count]) => ({ resource, count, limit })),
  };
}

export async function isWaiting(taking: Promise<Lease>): Promise<boolean> {
  const pause = new AbortController();
  const waiting = sleep(150, true, { signal: pause.signal }).catch(() => true);
  return Promise.race([taking.then(() => false), waiting]).finally(() => pause.abort());
}
