import { NoReplyError, ProtocolError } from "../ftp/errors.ts";
import { ALMOST_DONE_MS, lingering } from "../shared/waiting/lingering.ts";
import { claim } from "./claim.ts";
import {
  AddConnectionsError,
  NoRenameError,
  OneConnectionError,
  RelayInSegmentsError,
  VerificationError,
} from "./errors.ts";
import { type ControlTurn, Lane } from "./lane.ts";
import { move } from "./move/move.ts";
import type { Ends } from "./move/relay.ts";
import type { Claimed, Sent, Started, TransferContext, Verified } from "./phases.ts";
import type { Moved } from "./policy.ts";
import { start } from "./prove/start.ts";
import { verify } from "./prove/verify.ts";
import { keepOrDiscard } from "./publish/partial-file.ts";
import { asNameRefusal, LACKS } from "./publish/in-place.ts";
import { publish } from "./publish/publish.ts";
import { withFinalName } from "./publish/temporary-name.ts";

/**
 * Moves one file: to a temporary name beside the target, verified there, then given its name. Until then
 * whatever is at the target stays unchanged. After a failure nothing new is left behind, except a partial
 * file that a later try can prove to be the beginning of this source. Where the target refuses to rename, and the policy
 * allows it, the file is written once more, under its final name.
 * @throws TransferError, VerificationError, RefusedError, BusyError, or what a side said
 */
export async function transferFile(
  ends: Ends,
  context: TransferContext,
  signal: AbortSignal,
): Promise<Moved> {
  const lane = context.lane ?? new Lane();
  const turn = await lane.take();
  let otherwise: TransferContext | undefined;
  try {
    const claimed = await claim({ ...context, ends, lane, turn }, signal);
    const moved = await transferClaimed(claimed, signal);
    context.relayed?.settle(true);
    return moved;
  } catch (error) {
    otherwise = otherwiseAfter(error, context);
    if (otherwise === undefined) {
      context.relayed?.settle(false);
      throw error;
    }
  } finally {
    turn.end();
  }
  return transferFile(ends, otherwise, signal);
}

/** How the file is moved after all, each once; undefined where that is not to be had. */
function otherwiseAfter(error: unknown, context: TransferContext): TransferContext | undefined {
  if (error instanceof NoRenameError && context.inPlace === undefined) {
    const left = error.left === undefined ? "" : `; ${error.left} could not be deleted and is left behind`;
    const inPlace = `written in place, because the server ${LACKS[error.lacks]} (${error.message})${left}`;
    return { ...context, inPlace };
  }
  if (error instanceof OneConnectionError && context.oneConnection === undefined)
    return { ...context, oneConnection: error.message };
  if (error instanceof AddConnectionsError && context.observed === undefined)
    return { ...context, observed: error.observed };
  if (error instanceof RelayInSegmentsError && context.relayed === undefined)
    return { ...context, relayed: { because: error.message, settle: error.settle } };
  return undefined;
}

async function transferClaimed(claimed: Claimed, signal: AbortSignal): Promise<Moved> {
  const { lane, turn, route } = claimed;
  let controlTurn: ControlTurn | undefined;
  let isKept = false;
  let method: string | null = null;
  try {
    const started: Started = { ...claimed, start: await start(claimed, signal) };
    const sent: Sent = { ...started, ...(await move(started, signal)) };
    method = sent.sent.method;
    controlTurn = lane.controlTurn();
    turn.end();
    claimed.onLaneFree?.();
    // It gets its name where it can, so that it counts as what it is.
    const { almostDone } = claimed;
    const isShared = almostDone !== undefined && !signal.aborted;
    using own = isShared ? undefined : lingering(signal, ALMOST_DONE_MS);
    const almost = own?.signal ?? almostDone ?? signal;
    const verified: Verified = { ...sent, verified: await verify(sent, controlTurn, almost) };
    if (method !== null) route.proved(method);
    await claimed.sourceStep?.prepare(verified, controlTurn, almost);
    const moved = await publish(verified, controlTurn, almost);
    const sourceAfter = await claimed.sourceStep?.settle(verified, moved, controlTurn, almost);
    return sourceAfter === undefined ? moved : { ...moved, sourceAfter };
  } catch (caught) {
    const fault = asNameFault(caught, claimed);
    const error = withFinalName(fault, claimed.temporary, claimed.ends.target.path);
    controlTurn?.end();
    turn.end();
    if (isGarbled(error)) route.doubtAhead();
    if (error instanceof VerificationError && method !== null) route.disproved(method, error.message);
    isKept = await keepOrDiscard(claimed, error, signal);
    throw error;
  } finally {
    controlTurn?.end();
    await claimed.claim.release(isKept, claimed.paths.ofPartial);
  }
}

/** Whether a reply did not come, or came for another command. */
function isGarbled(error: unknown): boolean {
  return error instanceof NoReplyError || error instanceof ProtocolError;
}

/** Under the final name there is nothing to be said of a temporary one. */
function asNameFault(error: unknown, { inPlace, partial: { target }, policy }: Claimed): unknown {
  return inPlace === undefined ? asNameRefusal(error, target.side, target.path, policy) : error;
}
