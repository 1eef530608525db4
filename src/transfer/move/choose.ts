import { commonDigest, type Digest } from "../../ftp/session/digest.ts";
import { ReplyError } from "../../ftp/errors.ts";
import { NoRestartError, RefusedError, RelayInSegmentsError } from "../errors.ts";
import type { RateLimit } from "../rate-limit.ts";
import { type Measure, measureOf } from "../sides/measure.ts";
import { isServer } from "../sides/side.ts";
import { type DataPath, protectionBetween } from "./data-path.ts";
import { beginning, type MoveResult, type Order } from "./order.ts";
import { moveThroughUs } from "./relay.ts";
import { textConversion } from "./text.ts";
import { areOneAccount, copyOnServer } from "./same-server.ts";
import {
  ASK_DOCTOR,
  byMethods,
  type Doubt,
  failureOfAll,
  settleDoubts,
  withDoubts,
} from "./third-party/by-methods.ts";

/** Moves what is missing of a file, by the first way that these sides can go together. */
export async function moveBytes(order: Order, signal: AbortSignal): Promise<MoveResult> {
  const { ends, from, sizeBytes = from, fxp, route } = order;
  const [source, target] = [ends.source.side, ends.target.side];
  if (fxp === "never")
    return throughUs(order, "third-party transfers are turned off (--fxp never)", [], signal);
  if (!isServer(source) || !isServer(target)) return throughUs(order, "one side is this machine", [], signal);
  if (from === 0 && areOneAccount(ends) && (await isCopiedOnServer(order, signal))) {
    order.onPath(ON_SERVER);
    return ON_SERVER;
  }
  const there = source.connected ?? (await source.client(signal));
  const here = target.connected ?? (await target.client(signal));
  const { methods, obstacle } = order.turn.choice.between(there, here);
  for (const side of [source, target]) side.follow(route);
  if (obstacle !== undefined) return throughUs(order, obstacle, [], signal);
  const act = () => route.one((moves) => byMethods({ ...order, moves }, methods, signal));
  const end = await admitted(order.rate, sizeBytes - from, act, signal);
  return "by" in end ? end : throughUs(order, route.refusals(methods), end, signal);
}

/** What does not pass us cannot be slowed down; it begins when the limit has room, and is counted as a whole. */
async function admitted(
  rate: RateLimit | undefined,
  bytes: number,
  act: () => Promise<MoveResult | readonly Doubt[]>,
  signal: AbortSignal,
): Promise<MoveResult | readonly Doubt[]> {
  if (rate?.current() === undefined) return act();
  await rate.take(bytes, signal);
  let isMoved = false;
  try {
    const end = await act();
    isMoved = "by" in end;
    return "by" in end ? { ...end, limitedBy: "admission" } : end;
  } finally {
    if (!isMoved) rate.giveBack(bytes);
  }
}

/**
 * @param because why bytes have to pass through us
 * @param doubts what may have been the file's fault
 */
async function throughUs(
  order: Order,
  because: string,
  doubts: readonly Doubt[],
  signal: AbortSignal,
): Promise<MoveResult> {
  const { ends, fxp } = order;
  if (fxp === "only") {
    settleDoubts(order.route, doubts, false);
    if (doubts.length > 0) throw failureOfAll(ends, doubts, because);
    const [source, target] = [ends.source.side, ends.target.side];
    const hint = isServer(source) && isServer(target) ? ASK_DOCTOR : "";
    const sides = `${source.name} → ${target.name}`;
    throw new RefusedError(`${sides}: third-party transfer not possible (--fxp only): ${because}${hint}`);
  }
  if (!order.isRelayPrepared)
    throw new RelayInSegmentsError(because, (isMoved) => settleDoubts(order.route, doubts, isMoved));
  try {
    const result = await relay(order, because, signal);
    settleDoubts(order.route, doubts, true);
    return result;
  } catch (error) {
    settleDoubts(order.route, doubts, false);
    throw withDoubts(error, doubts);
  }
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
    const begin = () => {
      order.onMethod({ by: "server-side", method: null });
      return beginning(order);
    };
    return await copyOnServer(order.ends, order.sizeBytes, begin, signal);
  } catch (error) {
    if (error instanceof ReplyError) return false;
    // Whether it was copied, nobody has said; what is there came from nobody else.
    order.onPath(ON_SERVER);
    throw error;
  }
}

async function relay(order: Order, because: string, signal: AbortSignal): Promise<MoveResult> {
  const { ends, from, sizeBytes, progress, onPath, isVerified, rate } = order;
  const measure = await measureFor(order, signal);
  order.onMethod({ by: "relay", method: null });
  await beginning(order);
  // Asked while both connections are there: afterwards one of them may have been lost.
  let path: DataPath = { by: "relay", method: null, protected: null };
  const onOpen = () => {
    path = { ...path, protected: protectionBetween(ends) };
    onPath(path);
  };
  const conversion = order.isText ? textConversion(ends) : undefined;
  const digesting = { measure: measure?.measure, conversion };
  const passing = { from, sizeBytes, ...digesting, progress, isVerified, onOpen, rate };
  await moveThroughUs(ends, passing, signal);
  const passed = measure && { algorithm: measure.algorithm, value: measure.measure.value() };
  return {
    ...path,
    because,
    ...(rate?.current() === undefined ? {} : { limitedBy: "pacing" as const }),
    ...(passed === undefined ? {} : { passed }),
  };
}

/** Bytes that passed in an earlier try are not in the digest of those that pass now. */
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
