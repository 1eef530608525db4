import { ConnectionError, ReplyError } from "../../../ftp/errors.ts";
import { isMeasured } from "../../../ftp/quirks.ts";
import { formatReply } from "../../../ftp/reply.ts";
import { blame, hostOf } from "../../../shared/errors.ts";
import { NoRestartError, StallError, TransferError } from "../../errors.ts";
import { isServer, type Side } from "../../sides/side.ts";
import type { DataPath } from "../data-path.ts";
import { endedWith426, isStored } from "../late-close.ts";
import { beginning, type MoveResult, type Order } from "../order.ts";
import { type Ends, hasArrived } from "../relay.ts";
import { resync } from "../resync.ts";
import type { AttemptOutcome } from "./attempt/attempt-state.ts";
import { type MethodJudgement, judgeAttempt } from "./judgement.ts";
import type { Method } from "./methods.ts";
import { transferErrorOf, isFull, restartRefused } from "./outcome.ts";
import type { Route } from "./route.ts";
import type { Ahead, Parties } from "./parties.ts";
import { ThirdParty } from "./third-party.ts";
import { whileWatched } from "./watch.ts";

/** An order of which others may wait to see how it goes. */
interface Exploration extends Order {
  /** To be called when bytes move. */
  readonly moves: () => void;
}

/** One attempt at an order. */
interface Try extends Exploration {
  /** Whether commands are written ahead of replies. */
  readonly isAhead: boolean;
  /**
   * How the target is asked to store. Behind what is there that is REST and STOR, then APPE, which needs no REST, and
   * writes nowhere else than at the end.
   */
  readonly verb: "STOR" | "APPE";
}

/** Every method in turn. @returns what may have been the file's fault, when none is left */
export async function byMethods(
  order: Exploration,
  methods: readonly Method[],
  signal: AbortSignal,
): Promise<MoveResult | readonly Doubt[]> {
  const { route, fxp } = order;
  const doubts: Doubt[] = [];
  const next = () =>
    route
      .order(methods, fxp === "only")
      .find(({ name }) => doubts.every(({ method }) => method.name !== name));
  const worked = (method: Method) => {
    route.worked(method);
    route.settle(methodsIn(doubts), true);
  };
  let lost: Method | undefined;
  try {
    for (let method = next(); method !== undefined; method = next()) {
      const isAhead = lost === undefined && writesAhead(order, method);
      const attempt = { ...order, isAhead, verb: "STOR" as const };
      const outcome = await byMethod(attempt, method, signal).catch((error: unknown) =>
        unserved(error, order, method),
      );
      if (outcome.kind === "moved") {
        worked(method);
        if (lost === method) route.doubtAhead();
        return { ...pathOf(method), because: "both servers allow it" };
      }
      if (endedWith426(outcome) && (await isStored(order, signal))) {
        worked(method);
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
      const judgement = await judged(order, method, outcome, methods, signal);
      if (judgement.fault === "file") throw transferErrorOf(order.ends, method, outcome);
      await resync(order.ends, signal);
      if (judgement.fault === "unknown") {
        doubts.push({ method, outcome });
        route.suspect(method, `${method.name}: ${outcome.because}`);
        continue;
      }
      // What has worked before is asked once more: any one data connection may fail.
      if (route.hasWorked(method) && route.doubt(method) === 1) continue;
      for (const one of judgement.refused)
        route.refused(one, `${method.name}: ${outcome.because}`, judgement.by);
    }
  } catch (error) {
    route.settle(methodsIn(doubts), false);
    throw error;
  }
  return doubts;
}

/** What happened as a whole: whether bytes have arrived is asked for only where a side had begun. */
async function judged(
  { ends, from, route }: Order,
  method: Method,
  outcome: Exclude<AttemptOutcome, { kind: "moved" }>,
  methods: readonly Method[],
  signal: AbortSignal,
): Promise<MethodJudgement> {
  const hasWorked = route.hasWorked(method);
  const mayHaveMoved =
    !hasWorked && outcome.kind === "failed" && outcome.causes.some(({ hadBegun }) => hadBegun);
  if (mayHaveMoved) await resync(ends, signal);
  const hasMoved = mayHaveMoved && (await hasArrived(ends.target, from, signal));
  const isMeasured = { source: isMeasuredSide(ends.source.side), target: isMeasuredSide(ends.target.side) };
  return judgeAttempt(method, outcome, { hasWorked, hasMoved, isMeasured }, methods);
}

function isMeasuredSide(side: Side): boolean {
  return isServer(side) && isMeasured(side.family);
}

function pathOf({ name, tlsClient }: Method): DataPath {
  return { by: "third-party", method: name, protected: tlsClient !== undefined };
}

/** Two servers that agree and between which no byte moves cannot reach each other, as far as can be known. */
function unserved(error: unknown, { route }: Order, method: Method): AttemptOutcome {
  const isHopeless = error instanceof StallError && !error.hasMoved;
  if (!isHopeless || route.hasWorked(method)) throw error;
  return { kind: "impossible", because: error.message, refused: "roles", causes: [] };
}

/** REST wants its reply before what follows it: only whole files are written ahead. */
function writesAhead({ from, end, route, ends }: Order, method: Method): boolean {
  const takesAhead = [ends.source.side, ends.target.side].every(
    (side) => isServer(side) && side.pipelining === "commands",
  );
  return takesAhead && from === 0 && end === undefined && route.hasWorked(method);
}

/**
 * One method, and beside it a look at how the target grows; a target that has stopped growing ends the move.
 * @throws NoRestartError
 */
async function byMethod(order: Try, method: Method, signal: AbortSignal): Promise<AttemptOutcome> {
  const { ends, from, end, sizeBytes, route, look, clock, progress } = order;
  const parties = await partiesOf(order, signal);
  order.onPath(pathOf(method));
  order.onMethod({ by: "third-party", method: method.name });
  const moving = new ThirdParty(parties, method, aheadOf(order, method), signal);
  // Nobody waits to see whether what has worked before works.
  if (!route.hasWorked(method) || order.onBegun !== undefined)
    moving.whenBegun(() => {
      order.moves();
      order.onBegun?.();
    });
  const { stallMs, minimumBytesPerSecond = 0 } = parties.target.client.host.timeouts;
  // A range within a file that is there already shows nothing.
  const hidesGrowth = route.hidesGrowth || end !== undefined;
  const limits = { from, sizeBytes, stallMs, minimumBytesPerSecond, hidesGrowth };
  const { outcome, hidGrowth } = await whileWatched(
    { ...limits, look, path: ends.target.path, progress, clock },
    moving,
  );
  if (hidGrowth) route.hidGrowth();
  const isWhole = from === 0 && end === undefined;
  const refused = isWhole ? undefined : restartRefused(outcome);
  if (refused === undefined) return outcome;
  if (order.verb === "STOR" && end === undefined && refused.role === "target")
    return byMethod({ ...order, verb: "APPE" }, method, signal);
  const { client, command } = parties[refused.role];
  throw new NoRestartError(`${client.name}: ${command.verb} from ${from}: ${formatReply(refused.reply)}`);
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

/** What both servers are asked, on connections in good order: the attempt before may have cost one. */
async function partiesOf(
  { ends: { source, target }, from, end, verb }: Try,
  signal: AbortSignal,
): Promise<Parties> {
  if (!isServer(source.side) || !isServer(target.side)) throw new TypeError("expected two FTP servers");
  const there = source.side.connected ?? (await source.side.client(signal));
  const here = target.side.connected ?? (await target.side.client(signal));
  const retrieve = { verb: "RETR", argument: there.absolute(source.path) } as const;
  const store = { verb, argument: here.absolute(target.path) };
  return {
    source: { client: there, command: retrieve, restartAt: from, ...(end && { end }) },
    target: { client: here, command: store, restartAt: verb === "APPE" ? 0 : from },
  };
}

/** Why bytes did not go by these methods, so that it may be the file's fault. */
export interface Doubt {
  readonly method: Method;
  readonly outcome: Exclude<AttemptOutcome, { kind: "moved" }>;
}

const methodsIn = (doubts: readonly Doubt[]) => doubts.map(({ method }) => method);

/**
 * To be called when something else has moved the file, or has failed as well: the first says that it was the methods' fault.
 */
export function settleDoubts(route: Route, doubts: readonly Doubt[], isMethods: boolean): void {
  route.settle(methodsIn(doubts), isMethods);
}

/** What a person may do where servers refuse each other. */
export const ASK_DOCTOR = "; fxpd doctor shows what to change on which server";

/** What both servers said by each method, in one error; the last one decides what trying again can do. */
export function failureOfAll(ends: Ends, doubts: readonly Doubt[], others: string): TransferError {
  const failures = doubts.map(({ method, outcome }) => transferErrorOf(ends, method, outcome));
  const last = failures.at(-1);
  const attempts = [others, ...doubts.map(({ method, outcome }) => `${method.name}: ${outcome.because}`)];
  const sides = `${ends.source.side.name} → ${ends.target.side.name}`;
  const words = attempts.filter((one) => one !== "").join("; ");
  const message = `${sides}: third-party transfer not possible (--fxp only): ${words}${ASK_DOCTOR}`;
  const error = new TransferError(message, last?.retry ?? "never", last);
  const host = hostOf(last);
  return host === undefined ? error : blame(error, host);
}

/** The failure of what was tried at last, with what was said before; what it means stays as it is. */
export function withDoubts(error: unknown, doubts: readonly Doubt[]): unknown {
  const isPlain = error instanceof ReplyError || error instanceof ConnectionError;
  if (!isPlain || doubts.length === 0) return error;
  const attempts = doubts.map(({ method, outcome }) => `${method.name}: ${outcome.because}`).join("; ");
  const message = `${error.message}; third-party transfer was tried before: ${attempts}`;
  const whole = new TransferError(message, error.retry, error);
  const host = hostOf(error);
  return host === undefined ? whole : blame(whole, host);
}
