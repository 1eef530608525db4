import { commonDigest, type Digest } from "../../ftp/session/digest.ts";
import { ReplyError } from "../../ftp/errors.ts";
import { formatReply } from "../../ftp/reply.ts";
import type { Clock } from "../../shared/clock.ts";
import type { DataPath } from "./data-path.ts";
import type { AttemptOutcome } from "./third-party/attempt.ts";
import { NoRestartError, RefusedError, StallError } from "../errors.ts";
import type { DataTurn } from "../lane.ts";
import { type Measure, measureOf } from "../sides/measure.ts";
import { alike, type Method } from "./third-party/methods.ts";
import type { Role } from "../role.ts";
import { failureOf, isFull, restartRefused, speaksAgainst } from "./third-party/outcome.ts";
import { isOfSettings } from "./third-party/refusal.ts";
import { endedWith426, isStored } from "./late-close.ts";
import { type Ends, moveThroughUs } from "./relay.ts";
import { resync } from "./resync.ts";
import { WORTH_RESUMING } from "../prove/resume.ts";
import type { Route } from "./third-party/route.ts";
import { areOneAccount, copyOnServer } from "./same-server.ts";
import { isServer, type ServerSide, type Side } from "../sides/side.ts";
import type { Ahead, Parties } from "./third-party/parties.ts";
import { moveThirdParty } from "./third-party/third-party.ts";
import { type Look, whileWatched } from "./third-party/watch.ts";

/** `prefer`: third-party, else through us; `only`: third-party or not at all; `never`: through us. */
export type FxpPolicy = "prefer" | "only" | "never";

/** What one file's octets are to be moved by. */
export interface Order {
  readonly ends: Ends;
  /** Octets that are at the target already. */
  readonly from: number;
  readonly sizeBytes: number | undefined;
  readonly fxp: FxpPolicy;
  readonly wantsDigest: "no" | "if-possible" | "yes";
  /** Whether the sizes of both sides are compared afterwards. */
  readonly isVerified: boolean;
  readonly route: Route;
  readonly turn: DataTurn;
  /** Whether another file follows on this lane. */
  readonly hasNext: () => boolean;
  /** Asks about the file, where that may be written behind its transfer command. */
  readonly ask: (role: Role) => void;
  /** Called before each attempt: what was asked before is not about what comes now. */
  readonly forget: () => void;
  readonly clock: Clock;
  readonly progress: (octets: number) => void;
  /** Called when bytes begin to come by another path, or anew by the same. */
  readonly onPath: (path: DataPath) => void;
  readonly look: Look | undefined;
}

/** An order of which others may wait to see how it goes. */
interface Exploration extends Order {
  /** To be called when bytes move. */
  readonly moves: () => void;
}

/** One attempt at an order. */
interface Try extends Exploration {
  /** Whether commands are written ahead of replies. */
  readonly isAhead: boolean;
}

/** How the octets went. */
export interface MoveResult extends DataPath {
  /** Why this way. */
  readonly because: string;
  /** The digest of all octets as they passed us. */
  readonly passed?: Digest;
}

/** Moves what is missing of a file, by the first way that these sides can go together. */
export async function moveBytes(order: Order, signal: AbortSignal): Promise<MoveResult> {
  const { ends, fxp } = order;
  const carried = await withoutUs(order, signal);
  if (typeof carried === "object") return carried;
  if (fxp !== "only") return relay(order, carried, signal);
  const sides = `${ends.source.side.name} → ${ends.target.side.name}`;
  throw new RefusedError(`${sides}: third-party transfer not possible (--fxp only): ${carried}`);
}

/** @returns why octets have to pass through us, where they have */
async function withoutUs(order: Order, signal: AbortSignal): Promise<MoveResult | string> {
  const { ends, from, fxp } = order;
  const { source, target } = { source: ends.source.side, target: ends.target.side };
  if (fxp === "never") return "third-party transfers are turned off (--fxp never)";
  if (!isServer(source) || !isServer(target)) return "one side is this machine";
  if (from === 0 && areOneAccount(ends) && (await isCopiedOnServer(order, signal))) {
    order.onPath(ON_SERVER);
    return ON_SERVER;
  }
  return thirdParty(order, source, target, signal);
}

const ON_SERVER: MoveResult = {
  by: "server-side",
  method: null,
  protected: null,
  because: "source and target are on the same server, which copies the file itself",
};

/** A server that will not copy by itself may move the file all the same. */
async function isCopiedOnServer(order: Order, signal: AbortSignal): Promise<boolean> {
  try {
    return await copyOnServer(order.ends, order.sizeBytes, () => beginning(order), signal);
  } catch (error) {
    if (error instanceof ReplyError) return false;
    throw error;
  }
}

/** @returns why no method is left, where none is */
async function thirdParty(
  order: Order,
  source: ServerSide,
  target: ServerSide,
  signal: AbortSignal,
): Promise<MoveResult | string> {
  const there = source.connected ?? (await source.client(signal));
  const here = target.connected ?? (await target.client(signal));
  const { methods, obstacle } = order.turn.choice.between(there, here);
  const { route } = order;
  for (const side of [source, target]) side.follow(route);
  if (obstacle !== undefined) return obstacle;
  const moved = await route.one((moves) => byMethods({ ...order, moves }, methods, signal));
  return moved ?? route.refusals(methods);
}

/** Every method in turn; undefined when none is left. */
async function byMethods(
  order: Exploration,
  methods: readonly Method[],
  signal: AbortSignal,
): Promise<MoveResult | undefined> {
  const { route } = order;
  let lost: Method | undefined;
  for (let [method] = route.order(methods); method !== undefined; [method] = route.order(methods)) {
    const isAhead = lost === undefined && writesAhead(order, method);
    const outcome = await byMethod({ ...order, isAhead }, method, signal).catch((error: unknown) =>
      unserved(error, order, method),
    );
    if (outcome.kind === "moved") {
      route.worked(method);
      if (lost === method) route.doubtAhead();
      return { ...pathOf(method), because: "both servers allow it" };
    }
    if (endedWith426(outcome) && (await isStored(order, signal))) {
      route.worked(method);
      return {
        ...pathOf(method),
        because: "both servers allow it; the data connection was closed badly, after the last byte",
      };
    }
    if (isAhead && !isFull(outcome)) {
      // Was it that commands were written ahead? With a reply to each it is seen.
      lost = method;
      await resync(order.ends, signal);
      continue;
    }
    if (outcome.kind === "failed" && !speaksAgainst(method, outcome, route))
      throw failureOf(order.ends, method, outcome);
    await resync(order.ends, signal);
    // What has worked before is asked once more: any one data connection may fail.
    if (route.hasWorked(method) && route.doubt(method) === 1) continue;
    const refused = outcome.kind === "impossible" ? outcome.refused : "protected-roles";
    const by = outcome.causes.some(({ end }) => isOfSettings(end)) ? "settings" : "unknown";
    for (const one of alike(method, refused, methods))
      route.refused(one, `${method.name}: ${outcome.because}`, by);
  }
  return undefined;
}

function pathOf({ name, tlsClient }: Method): DataPath {
  return { by: "third-party", method: name, protected: tlsClient !== undefined };
}

/** Two servers that agree and between which no byte moves cannot reach each other, as far as can be told. */
function unserved(error: unknown, { route, fxp }: Order, method: Method): AttemptOutcome {
  const isHopeless = fxp !== "only" && error instanceof StallError && !error.hasMoved;
  if (!isHopeless || route.hasWorked(method)) throw error;
  return { kind: "impossible", because: error.message, refused: "roles", causes: [] };
}

/** REST wants its reply before what follows it: only whole files are written ahead. */
function writesAhead({ from, route, ends }: Order, method: Method): boolean {
  const takesAhead = [ends.source.side, ends.target.side].every(
    (side) => isServer(side) && side.pipelining === "commands",
  );
  return takesAhead && from === 0 && route.hasWorked(method);
}

/** One method, with the parties as they can be asked now. @throws NoRestartError */
async function byMethod(order: Try, method: Method, signal: AbortSignal): Promise<AttemptOutcome> {
  if (order.from === 0) return watched(order, await partiesOf(order, "STOR", signal), method, signal);
  // Behind what is there: REST and STOR, or APPE, which needs no REST.
  let refusal = "";
  for (const verb of ["STOR", "APPE"] as const) {
    const parties = await partiesOf(order, verb, signal);
    const outcome = await watched(order, parties, method, signal);
    const refused = restartRefused(outcome);
    if (refused === undefined) return outcome;
    const party = parties[refused.role];
    refusal = `${party.client.name}: ${party.verb} from ${order.from}: ${formatReply(refused.reply)}`;
    if (refused.role === "source") break;
  }
  throw new NoRestartError(refusal);
}

/** The move, and beside it a look at how the target grows; a target that has stopped growing ends the move. */
async function watched(
  order: Try,
  parties: Parties,
  method: Method,
  signal: AbortSignal,
): Promise<AttemptOutcome> {
  const { ends, from, sizeBytes, route, look, clock, progress } = order;
  order.onPath(pathOf(method));
  const moving = moveThirdParty(parties, method, aheadOf(order, method), signal);
  moving.whenBegun(order.moves);
  const { stallMs, minimumBytesPerSecond = 0 } = parties.target.client.host.timeouts;
  const limits = { from, sizeBytes, stallMs, minimumBytesPerSecond, hidesGrowth: route.hidesGrowth };
  const { outcome, hidGrowth } = await whileWatched(
    { ...limits, look, path: ends.target.path, progress, clock },
    moving,
  );
  if (hidGrowth) route.hidGrowth();
  return outcome;
}

function aheadOf(order: Try, method: Method): Ahead {
  const { isAhead, route, hasNext, ask, forget } = order;
  forget();
  return {
    isProven: route.hasWorked(method),
    isAhead,
    hasNext: hasNext(),
    begin: () => beginning(order),
    ask,
  };
}

/** Where a file takes longer than a turn-around, those before it get their names first. */
function beginning({ turn, sizeBytes, from }: Order): Promise<void> {
  return turn.begin((sizeBytes ?? WORTH_RESUMING) - from >= WORTH_RESUMING);
}

/** Connections in good order: the attempt before may have cost one. */
async function partiesOf(
  { ends, from }: Order,
  verb: "STOR" | "APPE",
  signal: AbortSignal,
): Promise<Parties> {
  const { source, target } = ends;
  if (!isServer(source.side) || !isServer(target.side)) throw new TypeError("expected two FTP servers");
  const there = source.side.connected ?? (await source.side.client(signal));
  const here = target.side.connected ?? (await target.side.client(signal));
  return {
    source: { client: there, path: source.path, verb: "RETR", restartAt: from },
    target: { client: here, path: target.path, verb, restartAt: verb === "APPE" ? 0 : from },
  };
}

async function relay(order: Order, because: string, signal: AbortSignal): Promise<MoveResult> {
  const { ends, from, sizeBytes, progress, onPath, isVerified } = order;
  const measure = await measureFor(order, signal);
  await beginning(order);
  const isPrivate = (side: Side) => !isServer(side) || side.isProtected;
  // Asked while both connections are there: afterwards one of them may have been lost.
  let path: DataPath = { by: "relay", method: null, protected: null };
  const onOpen = () => {
    path = { ...path, protected: isPrivate(ends.source.side) && isPrivate(ends.target.side) };
    onPath(path);
  };
  const passing = { from, sizeBytes, measure: measure?.measure, progress, isVerified, onOpen };
  await moveThroughUs(ends, passing, signal);
  const passed = measure && { algorithm: measure.algorithm, value: measure.measure.value() };
  return {
    ...path,
    because,
    ...(passed === undefined ? {} : { passed }),
  };
}

/** Octets that passed in an earlier try are not in the digest of those that pass now. */
async function measureFor(
  { ends, from, wantsDigest }: Order,
  signal: AbortSignal,
): Promise<{ readonly algorithm: Digest["algorithm"]; readonly measure: Measure } | undefined> {
  if (wantsDigest === "no") return undefined;
  const offered = await ends.target.side.digests(signal);
  if (from > 0) {
    const isKnown = commonDigest(await ends.source.side.digests(signal), offered) !== undefined;
    if (isKnown || wantsDigest === "if-possible") return undefined;
    throw new NoRestartError(
      "a digest is required, and it can only be computed from bytes that pass through this machine",
    );
  }
  const algorithm = commonDigest(offered, offered);
  return algorithm && { algorithm, measure: measureOf(algorithm) };
}
