import { z } from "zod";
import { type Finding, no, unknown } from "../ftp/probe/result.ts";
import type { PipeliningEvidence } from "../ftp/session/pipelining.ts";
import type { Clock } from "../shared/clock.ts";
import { messageOf } from "../shared/errors.ts";
import { type Evidence, stillCounts } from "./evidence/evidence.ts";
import type { Memory } from "./memory.ts";

/** How long what was found out is believed, in milliseconds: the server may be another one by then. */
const BELIEVED_FOR_MS = 7 * 24 * 3_600_000;

const Several = z.object({ works: z.unknown(), because: z.string(), atMs: z.number().optional() });

/** What is read of all that is kept of an account; `fxpd probe` keeps more there. Milliseconds since 1970. */
const Known = z.looseObject({
  atMs: z.number(),
  result: z.looseObject({ ahead: z.looseObject({ several: Several }) }),
});
type Known = z.infer<typeof Known>;

/** Under what is remembered what a probe of a host has found. @param account see `accountKey` */
export function hostKey(account: string): string {
  return `host ${account}`;
}

/** What is remembered of a host's commands ahead of replies, as evidence that still counts. */
export function readPipelining(value: unknown, nowMs: number): readonly Evidence[] {
  const { data } = Known.safeParse(value);
  if (data === undefined) return [];
  const { works, because, atMs = data.atMs } = data.result.ahead.several;
  const untilMs = atMs + BELIEVED_FOR_MS;
  if (!stillCounts(atMs, BELIEVED_FOR_MS, nowMs)) return [];
  return [{ about: "questions written ahead", is: works === true ? "yes" : "no", because, atMs, untilMs }];
}

/** Whether a server whose kind we do not know takes questions ahead of replies; in doubt it does not. */
export class PipeliningKnowledge {
  readonly #clock: Clock;
  readonly #remember: (value: Known) => Promise<void>;
  #known: Known | undefined;
  #finding: Promise<void> | undefined;
  #saving: Promise<void> = Promise.resolve();

  private constructor(known: Known | undefined, clock: Clock, remember: (value: Known) => Promise<void>) {
    this.#known = known;
    this.#clock = clock;
    this.#remember = remember;
  }

  /** What earlier runs have left, where it can be read. */
  static async recall(account: string, memory: Memory, clock: Clock): Promise<PipeliningKnowledge> {
    const key = hostKey(account);
    const known = Known.safeParse(await memory.recall(key));
    return new PipeliningKnowledge(known.data, clock, (value) => memory.remember(key, value));
  }

  /** Undefined where it is not known, or was too long ago. */
  get takesQuestions(): boolean | undefined {
    if (this.#known === undefined) return undefined;
    const { several } = this.#known.result.ahead;
    const atMs = several.atMs ?? this.#known.atMs;
    return stillCounts(atMs, BELIEVED_FOR_MS, this.#clock.now()) ? several.works === true : undefined;
  }

  /** Tries it where it is not known; who asks meanwhile waits for that. A try that fails is a doubt. */
  async find(attempt: () => Promise<Finding>, signal: AbortSignal): Promise<void> {
    if (this.takesQuestions !== undefined) return;
    this.#finding ??= this.#find(attempt, signal).finally(() => (this.#finding = undefined));
    await this.#finding;
  }

  /** Something was lost where questions were written ahead. */
  doubt(): void {
    this.#learned(no("replies to several commands sent in one write were lost"));
  }

  /** Until all that was learned is remembered. */
  async settled(): Promise<void> {
    await this.#saving;
  }

  async #find(attempt: () => Promise<Finding>, signal: AbortSignal): Promise<void> {
    const finding = await attempt().catch((error: unknown) => {
      signal.throwIfAborted();
      return unknown(messageOf(error));
    });
    this.#learned(finding);
  }

  #learned(finding: Finding): void {
    const atMs = this.#clock.now();
    const result = this.#known?.result;
    const ahead = { ...result?.ahead, several: { ...finding, atMs } };
    const known = { ...this.#known, atMs: this.#known?.atMs ?? atMs, result: { ...result, ahead } };
    this.#known = known;
    // Memory makes the next run quicker; that it cannot be written makes this one no worse.
    this.#saving = this.#saving.then(() => this.#remember(known)).catch(() => {});
  }
}

/** What a route knows of commands written ahead of replies. */
export interface RoutePipelining {
  readonly mayWriteAhead: boolean;
}

/**
 * What is known of one side: of its server, and of the route that its files take now. A connection of this side
 * computes from that, whenever it is about to write, what may be written ahead of replies.
 */
export class SidePipelining implements PipeliningEvidence {
  #server: PipeliningKnowledge | undefined;
  #route: RoutePipelining | undefined;

  get hasLostReplies(): boolean {
    return this.#route?.mayWriteAhead === false;
  }

  get takesQuestions(): boolean {
    return this.#server?.takesQuestions === true;
  }

  /** Files go by this route from now on. */
  follow(route: RoutePipelining): void {
    this.#route = route;
  }

  /** Finds out whether the server takes questions ahead of replies, where that is not known. */
  async learn(
    server: PipeliningKnowledge,
    attempt: () => Promise<Finding>,
    signal: AbortSignal,
  ): Promise<void> {
    this.#server = server;
    await server.find(attempt, signal);
  }

  /** A connection has ended with replies missing. */
  lostReplies(): void {
    if (this.takesQuestions) this.#server?.doubt();
  }
}
