import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { ConfigError } from "../../shared/errors.ts";
import { z } from "zod";
import { duplicate, type RedisClient } from "../kv/client.ts";
import { Count, findRow, leaveOut, readRow } from "../kv/rows.ts";
import { type Demand, wantOf } from "./demand.ts";
import { RAISE_MS } from "./learned.ts";
import { PausedMessage, pausedChannel } from "./paused.ts";
import { slotKeys, slotScript } from "./slots-script.ts";
import { WantedResources } from "./wanted.ts";
import { counted } from "../../shared/units.ts";

/** The right to use what was demanded, given back with its scope. */
export interface Lease extends Disposable {
  /** Higher than that of every lease before it. */
  readonly token: number;
  /** Aborted when others may have it, because our heartbeat did not reach Redis in time. */
  readonly lost: AbortSignal;
  /**
   * Makes it one for another demand for the same hosts, in one step. No login is counted.
   * @returns false where somebody else waits for what it holds, or there is too little of something; it is then what
   * it was
   */
  exchange(demand: Demand): Promise<boolean>;
}

export interface SlotsOptions {
  /** With {braces}, so that a cluster keeps all keys on one node. */
  readonly prefix: string;
  /** How long a process that says nothing keeps what it has; it says so three times as often. */
  readonly ttlMs?: number;
  /** As {@link RAISE_MS}. */
  readonly raiseMs?: number;
}

/** What is published when somebody is served: for which demand, and the lease's token. */
const Granted = z.tuple([z.string(), z.number().int()]);

/** What is published as long as somebody has to wait: for this resource, for which party, and by which holder. */
const Wanted = z.tuple([z.string(), z.string(), z.string()]).or(z.tuple([z.string(), z.string()]));

interface Pending {
  readonly demand: Demand;
  readonly granted: (lease: Lease) => void;
  lack: string | undefined; // once Redis has answered
}

/** Who ends while Redis is away is missed soon enough. */
const GOODBYE_MS = 1_000;

/**
 * Who may use hosts and routes, over all processes that share a Redis. A process is one holder: what it has, it
 * has as long as its heartbeat continues, and it is all given back at once when the process ends.
 *
 * These leases keep us within what servers allow; that one writes a target is for the claims to see to.
 */
export class Slots implements AsyncDisposable {
  readonly #client: RedisClient;
  readonly #subscriber: RedisClient;
  readonly #options: Required<SlotsOptions>;
  readonly #holder = randomBytes(8).toString("hex");
  readonly #pending = new Map<string, Pending>();
  readonly #held = new Map<string, AbortController>();
  readonly #wanted = new WantedResources();
  #onPaused: (host: string, forMs: number) => void = () => {};
  readonly #closing = new AbortController();
  #beating: Promise<void> = Promise.resolve();
  #wake: NodeJS.Timeout | undefined;

  private constructor(client: RedisClient, options: SlotsOptions) {
    this.#client = client;
    this.#subscriber = duplicate(client);
    this.#options = { ttlMs: 6_000, raiseMs: RAISE_MS, ...options };
  }

  /** @param client one whose commands wait while Redis is away */
  static async open(client: RedisClient, options: SlotsOptions): Promise<Slots> {
    const slots = new Slots(client, options);
    await slots.#listen();
    slots.#beating = slots.#beatOn();
    return slots;
  }

  /** Waits for its turn. @throws ConfigError for more than there can ever be; the signal's reason */
  async take(demand: Demand, signal: AbortSignal): Promise<Lease> {
    const excess = demand.needs.find(({ count, limit }) => count > limit);
    if (excess !== undefined) {
      throw new ConfigError(
        `${excess.resource} allows ${counted(excess.limit, "connection")} at the same time, but ${excess.count} are needed`,
      );
    }
    signal.throwIfAborted();
    const id = newId();
    const { promise, resolve, reject } = withResolvers<Lease>();
    const abort = () => reject(signal.reason as Error);
    signal.addEventListener("abort", abort);
    try {
      this.#pending.set(id, { demand, granted: resolve, lack: undefined });
      this.#ask([id]).catch(reject);
      return await promise;
    } catch (error) {
      this.#give(id);
      throw error;
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  /** A server has refused a connection as one too many: from now on it has one less than it has now. */
  async refused(resource: string): Promise<void> {
    await this.#run("refused", [resource]);
  }

  /** Calls this whenever somebody has to wait for a resource, in whichever process. */
  onWanted(hear: (resource: string) => void): void {
    this.#wanted.onWanted = hear;
  }

  /** Calls this whenever a host is paused, or goes on: then for 0 ms. A message may be missed. */
  onPaused(hear: (host: string, forMs: number) => void): void {
    this.#onPaused = hear;
  }

  /** Whether somebody waits for one of these. @param but a party that does not count */
  isWanted(resources: readonly string[], but?: string): boolean {
    const isLacking = ({ demand, lack }: Pending) =>
      lack !== undefined && resources.includes(lack) && demand.party !== but;
    return this.#wanted.isWanted(resources, but) || [...this.#pending.values()].some(isLacking);
  }

  /** How much of each resource is held, by all processes. */
  inUse(): Promise<ReadonlyMap<string, number>> {
    return slotsInUse(this.#client, this.#options.prefix);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    clearTimeout(this.#wake);
    this.#subscriber.disconnect();
    const goodbye = this.#run("end", []).catch(() => {});
    await Promise.race([Promise.all([this.#beating, goodbye]), sleep(GOODBYE_MS, undefined, { ref: false })]);
  }

  #lease(first: string, firstToken: number): Lease {
    const lost = new AbortController();
    this.#held.set(first, lost);
    let [id, token] = [first, firstToken];
    const exchange = async (demand: Demand) => {
      const next = newId();
      // These reach Redis in turn: a heartbeat from now on comes after them.
      this.#held.delete(id);
      this.#held.set(next, lost);
      const [answer] = await this.#run("exchange", [id, next, wantOf(demand)]).catch(() => []);
      if (typeof answer === "number") [id, token] = [next, answer];
      else {
        this.#held.set(id, lost);
        this.#give(next);
      }
      return id === next;
    };
    const give = () => this.#give(id);
    return {
      ...{ lost: lost.signal, exchange, [Symbol.dispose]: give },
      get token() {
        return token;
      },
    };
  }

  async #listen(): Promise<void> {
    this.#subscriber.on("error", () => {}); // what no message brings is asked for
    this.#subscriber.on("message", (channel: string, message: string) => {
      if (channel === this.#wantedChannel) return this.#hearWanted(message);
      if (channel === this.#pausedChannel) return this.#hearPaused(message);
      const granted = readRow(this.#client, this.#channel, message, Granted);
      if (granted !== undefined) this.#answered(...granted);
    });
    await this.#subscriber.subscribe(this.#channel, this.#wantedChannel, this.#pausedChannel);
  }

  #hearWanted(message: string): void {
    const [resource, party, holder] = readRow(this.#client, this.#wantedChannel, message, Wanted) ?? [];
    if (resource === undefined || party === undefined) return;
    // What this process waits for is known for as long as it waits, and no longer.
    if (holder === this.#holder) this.#wanted.onWanted(resource);
    else this.#wanted.note(resource, party);
  }

  #hearPaused(message: string): void {
    const paused = readRow(this.#client, this.#pausedChannel, message, PausedMessage);
    if (paused !== undefined) this.#onPaused(...paused);
  }

  get #pausedChannel(): string {
    return pausedChannel(this.#options.prefix);
  }

  get #wantedChannel(): string {
    return `${this.#channel}:wanted`;
  }

  get #channel(): string {
    return `${this.#options.prefix}:slots:granted`;
  }

  async #beatOn(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      await this.#beat().catch(() => {}); // Redis fails, and may not the next time
      await sleep(this.#options.ttlMs / 3, undefined, { signal: this.#closing.signal }).catch(() => {});
    }
  }

  /** The heartbeat: what this process holds and waits for; what Redis does not know it to hold, it gives back. */
  async #beat(): Promise<void> {
    const ids = [...this.#held.keys(), ...this.#pending.keys()];
    const answers = await this.#run("beat", ids);
    for (const [index, id] of ids.entries()) this.#answered(id, answers[index] ?? "");
    const unheardOf = ids.filter((id, index) => answers[index] === "" && this.#pending.has(id));
    if (unheardOf.length > 0) await this.#ask(unheardOf);
  }

  async #ask(ids: readonly string[]): Promise<void> {
    const wants = ids.flatMap((id) => {
      const demand = this.#pending.get(id)?.demand;
      return demand === undefined ? [] : [id, wantOf(demand)];
    });
    const answers = await this.#run("ask", wants);
    for (const [index, id] of ids.entries()) this.#answered(id, answers[index] ?? "");
  }

  /** A token, what is waited for, or nothing where Redis does not know of it. */
  #answered(id: string, answer: number | string): void {
    const pending = this.#pending.get(id);
    if (pending !== undefined && typeof answer === "number") {
      this.#pending.delete(id);
      pending.granted(this.#lease(id, answer));
    } else if (pending !== undefined && typeof answer === "string" && answer !== "") {
      if (pending.lack === undefined) pending.demand.onWaiting?.(answer);
      pending.lack = answer;
    } else if (answer === "") {
      this.#held.get(id)?.abort();
    }
  }

  /** If it does not reach Redis now, it does with the next heartbeat. */
  #give(id: string): void {
    this.#pending.delete(id);
    this.#held.delete(id);
    this.#run("give", [id]).catch(() => {});
  }

  async #run(operation: string, args: readonly string[]): Promise<readonly (number | string)[]> {
    const { prefix, ttlMs, raiseMs } = this.#options;
    const rest = [this.#channel, operation, this.#holder, ttlMs, raiseMs, ...args];
    const answer = await slotScript.run(this.#client, Object.values(slotKeys(prefix)), rest);
    const [, nextChangeMs = -1, ...answers] = answer as [number, number, ...(number | string)[]];
    if (nextChangeMs >= 0 && this.#pending.size > 0) this.#wakeIn(nextChangeMs);
    return answers;
  }

  /** Something changes then without a message. */
  #wakeIn(ms: number): void {
    if (this.#closing.signal.aborted) return;
    clearTimeout(this.#wake);
    this.#wake = setTimeout(() => void this.#beat().catch(() => {}), Math.min(ms + 1, this.#options.ttlMs));
  }
}

/** How much of each resource is held, by all processes. */
export async function slotsInUse(client: RedisClient, prefix: string): Promise<ReadonlyMap<string, number>> {
  const key = slotKeys(prefix).used;
  const counts = Object.entries(await findRow(client, key, client.hgetall(key), {}));
  return new Map(
    counts.flatMap(([resource, text]) => {
      const count = Count.safeParse(text);
      if (count.success) return [[resource, count.data]];
      return leaveOut(client, `${key} ${resource}`, "not a valid number of connections") ?? [];
    }),
  );
}

function withResolvers<T>() {
  let [resolve, reject] = [(_value: T) => {}, (_reason: Error) => {}];
  const promise = new Promise<T>((...both) => {
    [resolve, reject] = both;
  });
  return { promise, resolve, reject };
}

function newId(): string {
  return randomBytes(8).toString("hex");
}
