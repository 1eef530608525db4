import { z } from "zod";
import type { Clock } from "../../../shared/clock.ts";
import { formatDuration } from "../../../shared/units.ts";
import { type Evidence, stillCounts } from "../../evidence/evidence.ts";
import { evidenceOfGains, Gains, HelpfulConnections } from "../../evidence/helpful-connections.ts";
import type { Memory } from "../../memory.ts";
import type { Method } from "./methods.ts";

/**
 * How long a refused method is not tried again, in milliseconds: until somebody may have changed the server's
 * settings, where these spoke; until the weather may have changed, where nobody can tell.
 */
const REFUSED_FOR_MS = { settings: 24 * 3_600_000, unknown: 600_000 } as const;

/** What a method was refused by, as far as can be known. */
export type RefusedBy = keyof typeof REFUSED_FOR_MS;

const Refusal = z.object({
  because: z.string(),
  by: z.enum(["settings", "unknown"]),
  /** Milliseconds since 1970. */
  atMs: z.number(),
});
type Refusal = z.infer<typeof Refusal>;

/** What is remembered of a route between runs. */
const Known = z.object({
  worked: z.string().optional(),
  /** Since when, milliseconds since 1970. */
  workedMs: z.number().optional(),
  refused: z.record(z.string(), Refusal).default({}),
  /** When writing ahead of replies has gone wrong here; milliseconds since 1970. */
  lostAheadMs: z.number().optional(),
  hidesGrowth: z.boolean().default(false),
  gains: Gains.default({}),
});

/** Under what a route is remembered. @param source the account there, see `accountKey` */
export function routeKey(source: string, target: string): string {
  return `route ${source} ${target}`;
}

/** What is remembered of a route, as evidence that still counts. */
export function readRoute(value: unknown, nowMs: number): readonly Evidence[] {
  const { data } = Known.safeParse(value);
  if (data === undefined) return [];
  const worked = data.worked && { about: data.worked, is: "works", because: null, untilMs: null };
  const refused = Object.entries(data.refused).map(([about, { because, by, atMs }]) => {
    const words = because.startsWith(`${about}: `) ? because.slice(about.length + 2) : because;
    return { about, is: "refused", because: words, atMs, untilMs: atMs + REFUSED_FOR_MS[by] };
  });
  const lost = data.lostAheadMs !== undefined && {
    ...{ about: "commands written ahead", is: "lost", because: null },
    ...{ atMs: data.lostAheadMs, untilMs: data.lostAheadMs + REFUSED_FOR_MS.settings },
  };
  const hides = data.hidesGrowth && {
    ...{ about: "growing files", is: "hidden by the target", because: null, atMs: null, untilMs: null },
  };
  return [
    ...(worked ? [{ ...worked, atMs: data.workedMs ?? null }] : []),
    ...[...refused, ...(lost ? [lost] : []), ...evidenceOfGains(data.gains)].filter(
      ({ atMs, untilMs }) => atMs <= nowMs && untilMs > nowMs,
    ),
    ...(hides ? [hides] : []),
  ];
}

type Named = Pick<Method, "name">;

/** What is known of the methods between two hosts, in this order of source and target. */
export class Route {
  /** How many connections help one large file. */
  readonly helpful: HelpfulConnections;
  readonly #clock: Clock;
  readonly #remember: (value: unknown) => Promise<void>;
  readonly #beganMs: number;
  #worked: string | undefined;
  #workedMs: number | undefined;
  #lostAheadMs: number | undefined;
  #hidesGrowth: boolean;
  #doubtedAheadMs: number | undefined;
  readonly #refused: Map<string, Refusal>;
  readonly #suspected = new Map<string, string>();
  /** Methods by which files have come that were verified. */
  readonly #proven = new Set<string>();
  #doubted: { readonly name: string; readonly times: number } | undefined;
  /** The file that finds out what works, and how long others wait for it. */
  #exploring: { readonly waited: Promise<void> } | undefined;
  /** Whether what works is not known for sure yet, and bytes move. */
  #isMoving = false;
  #saving: Promise<void> = Promise.resolve();

  private constructor(
    known: z.infer<typeof Known>,
    clock: Clock,
    remember: (value: unknown) => Promise<void>,
  ) {
    this.#clock = clock;
    this.#beganMs = clock.now();
    this.#remember = remember;
    this.#worked = known.worked;
    this.#workedMs = known.workedMs;
    if (known.worked !== undefined) this.#proven.add(known.worked);
    this.#lostAheadMs = known.lostAheadMs;
    this.#hidesGrowth = known.hidesGrowth;
    this.#refused = new Map(Object.entries(known.refused));
    this.helpful = new HelpfulConnections(known.gains, clock, () => this.#save());
  }

  /** A route as it was left by the run before; what cannot be read is forgotten. */
  static async recall(key: string, memory: Memory, clock: Clock): Promise<Route> {
    const known = Known.safeParse(await memory.recall(key));
    return new Route(known.success ? known.data : Known.parse({}), clock, (value) =>
      memory.remember(key, value),
    );
  }

  /**
   * The methods still worth trying, the one that worked before first among those that protect as much: what was
   * done in clear once is not done in clear for that.
   * @param isLastResort whether nothing else can move a file: then only what was refused in this run counts
   */
  order(methods: readonly Method[], isLastResort = false): readonly Method[] {
    const open = methods.filter(({ name }) =>
      isLastResort ? !this.#isRefusedNow(name) : !this.#isRefused(name) && !this.#suspected.has(name),
    );
    // Asked for each file: to sort would cost more than the rest of it.
    const [withTls, clear] = [[] as Method[], [] as Method[]];
    for (const method of open) {
      const group = method.tlsClient === undefined ? clear : withTls;
      if (method.name === this.#worked) group.unshift(method);
      else group.push(method);
    }
    return [...withTls, ...clear];
  }

  hasWorked({ name }: Method): boolean {
    return this.#worked === name;
  }

  /** Whether the target is known to show a file only when it is complete. */
  get hidesGrowth(): boolean {
    return this.#hidesGrowth;
  }

  /** The target took a file well, and did not show it growing. */
  hidGrowth(): void {
    if (this.#hidesGrowth) return;
    this.#hidesGrowth = true;
    this.#save();
  }

  /** Whether commands may be written ahead of replies: not for a day after that has gone wrong. */
  get mayWriteAhead(): boolean {
    return (
      this.#lostAheadMs === undefined || this.#clock.now() - this.#lostAheadMs >= REFUSED_FOR_MS.settings
    );
  }

  /**
   * What was written ahead came to nothing, and does well when each reply is waited for: once in ten minutes that
   * is the weather's doing, twice the servers'.
   */
  doubtAhead(): void {
    const before = this.#doubtedAheadMs;
    this.#doubtedAheadMs = this.#clock.now();
    if (before === undefined || this.#doubtedAheadMs - before >= REFUSED_FOR_MS.unknown) return;
    this.#lostAheadMs = this.#doubtedAheadMs;
    this.#save();
  }

  /**
   * A method came to nothing for a reason that may be the weather's: once is no reason to leave it.
   * @returns how often in a row by now
   */
  doubt({ name }: Method): number {
    this.#doubted =
      this.#doubted?.name === name ? { name, times: this.#doubted.times + 1 } : { name, times: 1 };
    return this.#doubted.times;
  }

  worked({ name }: Named): void {
    this.#doubted = undefined;
    if (this.#worked === name && !this.#refused.has(name)) return;
    this.#worked = name;
    this.#workedMs = this.#clock.now();
    this.#refused.delete(name);
    this.#save();
  }

  /** It may be tried again: it was seen to work since it was refused. */
  allowed({ name }: Named): void {
    if (this.#refused.delete(name)) this.#save();
  }

  refused({ name }: Named, because: string, by: RefusedBy): void {
    if (this.#worked === name) this.#worked = undefined;
    this.#refused.set(name, { because, by, atMs: this.#clock.now() });
    this.#save();
  }

  /** A file has come by it, and is what it should be. */
  proved(name: string): void {
    this.#proven.add(name);
  }

  /** A file has come by it, and is not what it should be: a method of which that is all that is known has not worked. */
  disproved(name: string, because: string): void {
    if (!this.#proven.has(name)) this.refused({ name }, `${name}: ${because}`, "unknown");
  }

  /** A method came to nothing, and it is not known whether that was the file's fault: others leave it until that is known. */
  suspect({ name }: Method, because: string): void {
    this.#suspected.set(name, because);
  }

  /** What was suspected is cleared, or, where something else has moved the file, convicted. */
  settle(methods: readonly Method[], isConvicted: boolean): void {
    for (const method of methods) {
      const because = this.#suspected.get(method.name);
      this.#suspected.delete(method.name);
      if (isConvicted && because !== undefined && !this.hasWorked(method))
        this.refused(method, because, "unknown");
    }
  }

  /** Why these methods were refused, each reason once, and how long ago where it was in an earlier run. */
  refusals(methods: readonly Method[]): string {
    const reasons = methods.flatMap(({ name }) => this.#refused.get(name) ?? []);
    const suspected = methods.flatMap(({ name }) => this.#suspected.get(name) ?? []);
    const sentences = reasons.map(({ because, atMs }) => {
      const ago = formatDuration(this.#clock.now() - atMs);
      return atMs < this.#beganMs ? `${because} (${ago} ago)` : because;
    });
    return [...new Set([...sentences, ...suspected])].join("; ");
  }

  /**
   * Lets one file find out what works while the others wait, so that a refusal costs one attempt and not one
   * per file in flight. They wait until it is over, or until its bytes are seen to move: it may be a long one.
   * @param move is given what is to be called as soon as bytes move
   */
  one<T>(move: (moves: () => void) => Promise<T>): Promise<T> {
    const isKnown = this.#exploring === undefined && this.#worked !== undefined;
    return isKnown ? move(() => {}) : this.#oneFirst(move);
  }

  async #oneFirst<T>(move: (moves: () => void) => Promise<T>): Promise<T> {
    while (this.#exploring !== undefined) await this.#exploring.waited;
    if (this.#worked !== undefined || this.#isMoving) return move(() => {});
    let isOver = () => {};
    const exploring = { waited: new Promise<void>((resolve) => (isOver = resolve)) };
    this.#exploring = exploring;
    const moves = () => {
      if (this.#exploring !== exploring) return;
      [this.#exploring, this.#isMoving] = [undefined, true];
      isOver();
    };
    try {
      return await move(moves);
    } finally {
      this.#isMoving = false;
      if (this.#exploring === exploring) this.#exploring = undefined;
      isOver();
    }
  }

  #isRefusedNow(name: string): boolean {
    return this.#isRefused(name) && (this.#refused.get(name)?.atMs ?? 0) >= this.#beganMs;
  }

  #isRefused(name: string): boolean {
    const refusal = this.#refused.get(name);
    return refusal !== undefined && stillCounts(refusal.atMs, REFUSED_FOR_MS[refusal.by], this.#clock.now());
  }

  /** One after the other, so that the last word stays. */
  #save(): void {
    const refused = Object.fromEntries(this.#refused);
    const value = {
      worked: this.#worked,
      workedMs: this.#workedMs,
      refused,
      lostAheadMs: this.#lostAheadMs,
      hidesGrowth: this.#hidesGrowth,
      gains: this.helpful.known,
    };
    // Memory makes the next run quicker; that it cannot be written makes this one no worse.
    this.#saving = this.#saving.then(() => this.#remember(value)).catch(() => {});
  }

  /** Until all that was learned is remembered. */
  async settled(): Promise<void> {
    await this.#saving;
  }
}
