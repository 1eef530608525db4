import type { ControlTurn } from "../lane.ts";
import type { Verified } from "../phases.ts";
import type { Moved } from "../policy.ts";
import type { Publishing, Side } from "../sides/side.ts";
import { timeFault, timeFor, storedAt } from "./times.ts";

/** Gives a verified file its time and its name. */
export async function publish(
  verified: Verified,
  controlTurn: ControlTurn,
  signal: AbortSignal,
): Promise<Moved> {
  const { ends, partial, claim, aside, start, sent } = verified;
  const { source, sizeBytes, digest } = verified.verified;
  const time = timeFor(verified);
  const { side, path } = ends.target;
  const file = { temporary: partial.target.path, path, modifiedMs: time.modifiedMs, aside };
  await controlTurn.begin();
  claim.requireHeld?.();
  const published = await side.publish(file, () => controlTurn.yield(), signal);
  controlTurn.yield();
  if (!published.isNamed) await controlTurn.speak(() => nameStill(side, file, sizeBytes, signal));
  const timing = timeFault(verified, controlTurn, published, time.modifiedMs, signal);
  const fault = (timing instanceof Promise ? await timing : timing) ?? time.fault;
  const kept = fault === undefined ? time.modified : undefined;
  const storing = storedAt(verified, controlTurn, kept, signal);
  const stored = storing instanceof Promise ? await storing : storing;
  const reasons = [sent.because, start.because, fault && `modification time not preserved: ${fault}`];
  return {
    by: sent.by,
    method: sent.method,
    bytes: (sizeBytes ?? start.from) - start.from,
    resumedFrom: start.from,
    protected: sent.protected,
    digest,
    because: reasons.filter((one) => one !== undefined).join("; "),
    sent: source,
    stored,
  };
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
