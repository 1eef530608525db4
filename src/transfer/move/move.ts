import * as verbs from "../../ftp/session/verbs.ts";
import { NoRestartError } from "../errors.ts";
import type { Sent, Started } from "../phases.ts";
import { lostBefore } from "../prove/resume.ts";
import { beginAnew } from "../prove/start.ts";
import { isServer } from "../sides/side.ts";
import { moveBytes } from "./choose.ts";
import type { MoveResult, Order } from "./order.ts";
import type { Ends } from "./relay.ts";
import { moveObserved } from "./segments/move-observed.ts";
import { moveInSegments } from "./segments/move-segments.ts";
import { asText, TEXT } from "./text.ts";

/** What was moved, and where that began. */
type Move = Pick<Sent, "start" | "sent">;

/** Moves what is missing at the target; all of it where a side will not go on behind what is there. */
export async function move(started: Started, signal: AbortSignal): Promise<Move> {
  const { partial, record, start, paths } = started;
  if (start.from > 0 && start.from === record.sizeBytes) return { start, sent: nothingToSend(started) };
  if (started.segments !== undefined) {
    const sent = await moveInSegments(started, started.segments, signal);
    return { start, sent: { ...sent, protected: paths.ofFile.protected } };
  }
  const order = orderOf(started);
  if (order.isText) return moveText(started, order, signal);
  try {
    const sent = await (started.isObserved ? moveObserved(started, order, signal) : moveBytes(order, signal));
    const lost = await lostBefore(partial, start.from, signal);
    if (lost !== undefined) throw new NoRestartError(lost);
    return { start, sent: { ...sent, protected: paths.ofFile.protected } };
  } catch (error) {
    if (!(error instanceof NoRestartError)) throw error;
    order.forget();
    await beginAnew(started, signal);
    await forgetRestart(partial, signal);
    const again = { from: 0, because: `from the start: ${error.message}` };
    return { start: again, sent: await moveBytes(orderOf({ ...started, start: again }), signal) };
  }
}

/** Nothing else is said to the servers while they are in TYPE A. */
async function moveText({ start, paths }: Started, order: Order, signal: AbortSignal): Promise<Move> {
  await order.turn.begin(true);
  const sent = await asText(order.ends, () => moveBytes(order, signal), signal);
  const { protected: isPrivate } = paths.ofFile;
  const because = sent.by === "server-side" ? sent.because : `${sent.because}; ${TEXT}`;
  return { start, sent: { ...sent, because, protected: isPrivate } };
}

/** Everything had arrived when the try before was cut off. */
function nothingToSend({ partial: { source, target }, paths }: Started): MoveResult {
  const { by, ...path } = paths.ofFile;
  // To and from this machine there is one way.
  const only = isServer(source.side) && isServer(target.side) ? null : "relay";
  return { ...path, by: by ?? only, because: "all bytes were already at the target" };
}

function orderOf(started: Started): Order {
  const { partial, record, start, policy, early, paths } = started;
  const { route, clock, turn, hasNext, progress, onMethod, look } = started;
  return {
    ends: partial,
    from: start.from,
    // As text a file may have more or fewer bytes.
    sizeBytes: policy.isText === true ? undefined : record.sizeBytes,
    isText: policy.isText === true,
    fxp: policy.fxp,
    wantsDigest:
      started.sourceStep !== undefined && policy.verify === "size"
        ? "if-possible"
        : WANTS_DIGEST[policy.verify],
    isVerified: policy.verify !== "off",
    route,
    turn,
    hasNext: hasNext ?? (() => false),
    ask: (role) => early.ask(role),
    forget: () => early.forget(),
    clock,
    progress: (bytes) => progress?.(bytes, start.from),
    onPath: (path) => paths.note(path),
    onMethod: (method) => onMethod?.(method),
    look,
    isRelayPrepared: !started.mayRelayInSegments,
    rate: started.rate,
  };
}

const WANTS_DIGEST = { digest: "if-possible", "require-digest": "yes", size: "no", off: "no" } as const;

/** Some servers keep the offset of a REST whose transfer they refused (RFC 3659 §5.3). */
async function forgetRestart({ source, target }: Ends, signal: AbortSignal): Promise<void> {
  for (const { side } of [source, target]) {
    if (isServer(side)) await (await side.client(signal)).reply(verbs.restartAt(0), signal);
  }
}
