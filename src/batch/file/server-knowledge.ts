import type { Clock } from "../../shared/clock.ts";
import type { Memory } from "../../transfer/memory.ts";
import { Route, routeKey } from "../../transfer/move/third-party/route.ts";
import { PipeliningKnowledge } from "../../transfer/pipelining.ts";
import { isServer } from "../../transfer/sides/side.ts";
import type { Pair, Place } from "../pool.ts";

/** What all files of a run learn together of its servers and of the routes between them, and what earlier runs learned. */
export class ServerKnowledge {
  readonly #target: Place;
  readonly #deps: { readonly memory: Memory; readonly clock: Clock };
  readonly #routes = new Map<string, Promise<Route>>();
  readonly #pipelining = new Map<string, Promise<PipeliningKnowledge>>();

  constructor(target: Place, deps: { readonly memory: Memory; readonly clock: Clock }) {
    this.#target = target;
    this.#deps = deps;
  }

  /** What is known of the way from there to the target. */
  routeFrom({ key }: Place): Promise<Route> {
    const { memory, clock } = this.#deps;
    const route = this.#routes.get(key) ?? Route.recall(routeKey(key, this.#target.key), memory, clock);
    this.#routes.set(key, route);
    return route;
  }

  /** Finds out what may be written ahead on both connections, where that is not known yet. */
  async acquaint({ source, target }: Pair, from: Place, signal: AbortSignal): Promise<void> {
    const sides = [
      [source, from],
      [target, this.#target],
    ] as const;
    const acquainted = sides.map(async ([side, { key }]) => {
      if (isServer(side)) await side.acquaint(await this.#pipeliningOf(key), signal);
    });
    await Promise.all(acquainted);
  }

  #pipeliningOf(account: string): Promise<PipeliningKnowledge> {
    const { memory, clock } = this.#deps;
    const pipelining = this.#pipelining.get(account) ?? PipeliningKnowledge.recall(account, memory, clock);
    this.#pipelining.set(account, pipelining);
    return pipelining;
  }

  /** Until all that was learned is remembered. */
  async settled(): Promise<void> {
    for (const learned of [...this.#routes.values(), ...this.#pipelining.values()])
      await (await learned).settled();
  }
}

/** Whether nothing more can be found out about the servers. */
export function isAcquainted({ source, target }: Pair): boolean {
  return [source, target].every((side) => !isServer(side) || side.isAcquainted);
}
