import { budgetOf, type SoftBudget } from "../batch/soft-end.ts";
import { setMaxListeners } from "node:events";
import type { CopyEvent, SummaryEvent } from "../batch/events.ts";
import type { FollowUp } from "../batch/follow-up.ts";
import { OwnPool, type Pool } from "../batch/pool.ts";
import { isCancellation, messageOf } from "../shared/errors.ts";
import { pathBetween } from "./path-between.ts";
import { mirror } from "./mirror.ts";
import type { MirrorDeps, MirrorRequest, Root } from "./contract.ts";
import { canMeet, maySupply, PeerSource } from "./scan/listings/peer-source.ts";
import { Retrier } from "../transfer/retrier.ts";
import { SharedListingCache, type Spool } from "./scan/listings/listing-cache.ts";
import { brokenEnd, continuedBy, type TargetEnd, combinedOutcome } from "./combined-outcome.ts";

/** A mirror from one source to several targets. */
export interface TargetsRequest {
  /** One for each target; all of one source, by one policy. */
  readonly mirrors: readonly [MirrorRequest, ...MirrorRequest[]];
  /** Whether a target that is finished serves the others as their source, so that this one is read once. */
  readonly spread: boolean;
}

interface TargetsDeps {
  readonly clock: MirrorDeps["clock"];
  readonly chance: MirrorDeps["chance"];
  readonly emit: (event: CopyEvent) => void;
  /**
   * What one of the mirrors needs of the world.
   * @param isLast whether what fails now has failed for good
   */
  readonly depsOf: (mirror: MirrorRequest, isLast: boolean) => MirrorDeps;
  /** Where listings are kept; those of the source, and those of a target that supplies others. */
  readonly spools: Readonly<Record<"source" | "peers", Spool>>;
  /** Connections that are shared with others; absent: these mirrors share their own. */
  readonly pool?: Pool;
}

/** What a mirror reports of its target; its end is reported otherwise. */
type TargetEventBody = Exclude<CopyEvent, SummaryEvent>;

/**
 * Makes several trees equal to one, which is listed once. Each has its own verdicts, safeguards and end, and one that
 * fails is no harm to the others.
 * @returns the summary of all, which is also the last event
 * @throws what makes all of them impossible
 */
export async function mirrorAll(
  request: TargetsRequest,
  deps: TargetsDeps,
  signal: AbortSignal,
): Promise<SummaryEvent> {
  setMaxListeners(0, signal);
  const pool = deps.pool ?? new OwnPool();
  try {
    const beganMs = deps.clock.now();
    const ends = await new Targets(request, deps, pool).execute(signal);
    const summary = combinedOutcome(ends, (deps.clock.now() - beganMs) / 1_000);
    deps.emit(summary);
    return summary;
  } finally {
    await pool.close();
  }
}

class Targets {
  readonly #request: TargetsRequest;
  readonly #deps: TargetsDeps;
  readonly #pool: Pool;
  readonly #listings: SharedListingCache;
  /** Of all targets together; undefined: there is no limit. */
  readonly #budget: SoftBudget | undefined;
  /** To all targets together. */
  #movedBytes = 0;
  /** What kept mirrors from being made at all. */
  readonly #errors: unknown[] = [];

  constructor(request: TargetsRequest, deps: TargetsDeps, pool: Pool) {
    this.#request = request;
    this.#deps = deps;
    this.#pool = pool;
    const beganMs = deps.clock.now();
    const used = () => ({ bytes: this.#movedBytes, elapsedMs: deps.clock.now() - beganMs });
    this.#budget = budgetOf(request.mirrors[0], used);
    this.#listings = new SharedListingCache(deps.spools.source, request.mirrors[0].retries, beganMs);
  }

  async execute(signal: AbortSignal): Promise<readonly TargetEnd[]> {
    const { mirrors, spread } = this.#request;
    const overlap = await overlapOf(
      mirrors.map(({ target }) => target),
      this.#pool,
      signal,
    );
    if (overlap !== undefined) return [{ ...brokenEnd(overlap.to, overlap.because, 0), outcome: "refused" }];
    // After a dry run nobody has anything for others.
    const isSpread = spread && !mirrors[0].dryRun;
    const ends = isSpread ? await this.#spread(signal) : await this.#atOnce(mirrors, undefined, signal);
    if (this.#errors.length === mirrors.length) throw this.#errors[0];
    return ends;
  }

  /** One after the other until one can supply the rest, and these then all at once. */
  async #spread(signal: AbortSignal): Promise<readonly TargetEnd[]> {
    const { mirrors } = this.#request;
    const ends: TargetEnd[] = [];
    for (const [index, one] of mirrors.entries()) {
      const end = await this.#mirror(one, undefined, signal);
      ends.push(end);
      if (signal.aborted) break;
      if (maySupply(end.outcome, one))
        return [...ends, ...(await this.#atOnce(mirrors.slice(index + 1), one, signal))];
    }
    return ends;
  }

  async #atOnce(
    mirrors: readonly MirrorRequest[],
    from: MirrorRequest | undefined,
    signal: AbortSignal,
  ): Promise<readonly TargetEnd[]> {
    const peers = from && this.#peersBy(from);
    return Promise.all(
      mirrors.map((one) => {
        const canServe = from !== undefined && canMeet(from.target.place, one.target.place);
        return this.#mirror(one, canServe ? peers : undefined, signal);
      }),
    );
  }

  #peersBy({ target, transfer, retries }: MirrorRequest): PeerSource {
    const listings = new SharedListingCache(this.#deps.spools.peers, 0, this.#deps.clock.now());
    return new PeerSource(
      target,
      transfer.preserveTimes,
      listings,
      this.#pool,
      new Retrier({ retries }, this.#deps),
    );
  }

  async #mirror(
    request: MirrorRequest,
    peers: PeerSource | undefined,
    signal: AbortSignal,
  ): Promise<TargetEnd> {
    const { clock, emit } = this.#deps;
    const to = request.target.shown;
    const beganMs = clock.now();
    try {
      const { event: _, ...how } = await this.#supplied(request, peers, signal);
      emit({ event: "target", to, ...how });
      return { to, ...how };
    } catch (error) {
      if (isCancellation(error)) throw error;
      this.#errors.push(error);
      const end = brokenEnd(to, messageOf(error), (clock.now() - beganMs) / 1_000);
      emit({ event: "target", ...end });
      return end;
    }
  }

  /** With what could not be done by the one who supplies it begins again at the source, which reports it. */
  async #supplied(
    request: MirrorRequest,
    peers: PeerSource | undefined,
    signal: AbortSignal,
  ): Promise<SummaryEvent> {
    const to = request.target.shown;
    const fromSource = () => {
      const tell = (event: TargetEventBody) => this.#deps.emit({ ...event, to });
      return mirror(request, this.#depsOf(request, true, tell), signal);
    };
    if (peers === undefined) return fromSource();
    const tell = (event: TargetEventBody) => {
      const shown = toBeContinued(event);
      if (shown !== undefined) this.#deps.emit({ ...shown, to });
    };
    const first = await mirror(request, { ...this.#depsOf(request, false, tell), peers }, signal);
    const isLeft = first.outcome === "partial" || first.outcome === "failed" || first.files.failed > 0;
    return isLeft && !signal.aborted ? continuedBy(first, await fromSource()) : first;
  }

  #depsOf(request: MirrorRequest, isLast: boolean, emit: (event: TargetEventBody) => void): MirrorDeps {
    const deps = this.#deps.depsOf(request, isLast);
    return {
      ...deps,
      followUp: isLast ? deps.followUp : deps.followUp && openUntilTheEnd(deps.followUp),
      pool: kept(this.#pool),
      listings: this.#listings,
      budget: this.#budget,
      emit: (event) => {
        if (event.event === "transfer" && event.outcome === "succeeded") this.#movedBytes += event.bytes;
        if (event.event !== "summary") emit(event);
      },
    };
  }
}

/** Where events go while what failed is tried once more; undefined: nothing yet. */
function toBeContinued(event: TargetEventBody): TargetEventBody | undefined {
  if (event.event === "fault") return undefined;
  if (event.event !== "transfer" || event.outcome !== "failed") return event;
  const { source, target, because, attempts } = event;
  return { event: "retry", source, target, because, afterSeconds: 0, attempt: attempts + 1 };
}

/** Where the source supplies what a peer could not, directories come up twice. */
function openUntilTheEnd(followUp: FollowUp): FollowUp {
  const { directories } = followUp;
  return {
    copied: (event) => followUp.copied(event),
    room: (signal) => followUp.room(signal),
    settled: () => followUp.settled(),
    directories: {
      planned: (directory) => directories.held(directory),
      held: (directory) => directories.held(directory),
      listed: () => {},
      ended: (directory, how) => directories.ended(directory, how),
    },
  };
}

/** Connections that are still others' when one is done with them. */
function kept(pool: Pool): Pool {
  return {
    borrow: (source, target, signal) => pool.borrow(source, target, signal),
    borrowOne: (place, signal) => pool.borrowOne(place, signal),
    spare: (place) => pool.spare(place),
    extra: (places, signal) => pool.extra(places, signal),
    shrink: (place, needed) => pool.shrink(place, needed),
    close: async () => {},
  };
}

interface Overlap {
  readonly to: string;
  readonly because: string;
}

/** Of two targets that lie in each other each would delete what is the other's. Undefined where there are none. */
async function overlapOf(
  targets: readonly Root[],
  pool: Pool,
  signal: AbortSignal,
): Promise<Overlap | undefined> {
  const located: { readonly root: Root; readonly at: string }[] = [];
  for (const root of targets) {
    if (targets.filter(({ place }) => place.key === root.place.key).length === 1) continue;
    await using lent = await pool.borrowOne(root.place, signal);
    // Where a path begins is known after the login.
    await Promise.allSettled([lent.side.ready(signal)]);
    const at = lent.side.locate(root.path);
    const other = located.find((one) => pathBetween(one.at, at) !== undefined);
    if (other !== undefined) return { to: root.shown, because: `overlaps the target ${other.root.shown}` };
    located.push({ root, at });
  }
  return undefined;
}
