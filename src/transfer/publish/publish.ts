import type { ControlTurn } from "../lane.ts";
import type { Verified } from "../phases.ts";
import type { Moved, TransferPolicy } from "../policy.ts";
import type { Published, Publishing, Side } from "../sides/side.ts";
import { asRenameRefusal, noteRenamed } from "./in-place.ts";
import { timeFault, timeFor, storedAt } from "./times.ts";

/** Gives a verified file its time and its name. */
export async function publish(
  verified: Verified,
  controlTurn: ControlTurn,
  signal: AbortSignal,
): Promise<Moved> {
  const { ends, partial, claim, aside, start, sent, inPlace, oneConnection, policy } = verified;
  const { source, sizeBytes, digest } = verified.verified;
  const time = timeFor(verified);
  const { side, path } = ends.target;
  const file = { temporary: partial.target.path, path, modifiedMs: time.modifiedMs, aside };
  await controlTurn.begin();
  claim.requireHeld?.();
  const published =
    inPlace === undefined
      ? await named(file, sizeBytes, { side, policy, controlTurn }, signal)
      : await dated(file, side, signal);
  controlTurn.yield();
  const timing = timeFault(verified, controlTurn, published, time.modifiedMs, signal);
  const fault = (timing instanceof Promise ? await timing : timing) ?? time.fault;
  const kept = fault === undefined ? time.modified : undefined;
  const storing = storedAt(verified, controlTurn, kept, signal);
  const stored = storing instanceof Promise ? await storing : storing;
  const reasons = [
    sent.because,
    inPlace,
    oneConnection && `on one connection: ${oneConnection}`,
    isKeptFromSegments(verified) ? NOT_IN_SEGMENTS : undefined,
    start.because,
    fault && `modification time not preserved: ${fault}`,
  ];
  return {
    by: sent.by,
    method: sent.method,
    bytes: (sizeBytes ?? start.from) - start.from,
    resumedFrom: start.from,
    protected: sent.protected,
    digest,
    ...(inPlace === undefined ? {} : { inPlace: true as const }),
    because: reasons.filter((one) => one !== undefined).join("; "),
    ...(sent.limitedBy && { limitedBy: sent.limitedBy }),
    sent: source,
    stored,
  };
}

const NOT_IN_SEGMENTS =
  "on one connection: only what passes through this machine, or comes from a server with RANG, is copied in segments";

function isKeptFromSegments({ mayRelayInSegments, isObserved, oneConnection, sent }: Verified): boolean {
  return mayRelayInSegments && !isObserved && oneConnection === undefined && !isRelayed(sent.by);
}

function isRelayed(by: Moved["by"]): boolean {
  return by === "relay" || by === null;
}

/** @throws NoRenameError, or RefusedError, where the server renames nothing */
async function named(
  file: Publishing,
  sizeBytes: number | undefined,
  {
    side,
    policy,
    controlTurn,
  }: { readonly side: Side; readonly policy: TransferPolicy; readonly controlTurn: ControlTurn },
  signal: AbortSignal,
): Promise<Published> {
  try {
    const published = await side.publish(file, () => controlTurn.yield(), signal);
    controlTurn.yield();
    if (!published.isNamed) await controlTurn.speak(() => nameStill(side, file, sizeBytes, signal));
    noteRenamed(side, file.path);
    return published;
  } catch (error) {
    throw await asRenameRefusal(error, side, file.temporary, policy, signal);
  }
}

/** A file that has its name already gets its time alone. */
async function dated({ path, modifiedMs }: Publishing, side: Side, signal: AbortSignal): Promise<Published> {
  const timeFault = modifiedMs && (await side.setModified(path, modifiedMs, signal));
  return { isNamed: true, ...(timeFault ? { timeFault } : {}) };
}

/** A file that has its name after all, when the reply that said so came for another command, is left alone. */
async function nameStill(
  side: Side,
  { temporary, path }: Publishing,
  sizeBytes: number | undefined,
  signal: AbortSignal,
): Promise<void> {
  const isGone = sizeBytes !== undefined && (await side.facts(temporary, signal)) === undefined;
  if (isGone && (await side.facts(path, signal))?.sizeBytes === sizeBytes) return;
  await side.replace(path, temporary, signal);
}
