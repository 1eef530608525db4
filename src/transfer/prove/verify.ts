import { type Algorithm, commonDigest, type Digest } from "../../ftp/session/digest.ts";
import { ReplyError } from "../../ftp/errors.ts";
import { UnknownSizeError, VerificationError } from "../errors.ts";
import type { ControlTurn } from "../lane.ts";
import type { Begun } from "../ledger.ts";
import type { Ends } from "../move/relay.ts";
import type { Role } from "../role.ts";
import type { Sent, Verification } from "../phases.ts";
import { type FileFacts, isServer } from "../sides/side.ts";
import { glanceAt } from "./early-facts.ts";
import { visibleFacts } from "./visible-facts.ts";

/**
 * Proves, as far as the policy asks for it, that what is under the temporary name is the source.
 * @throws VerificationError
 */
export async function verify(
  sent: Sent,
  controlTurn: ControlTurn,
  signal: AbortSignal,
): Promise<Verification> {
  const { partial, record, policy } = sent;
  await controlTurn.begin();
  if (policy.isText === true) return verifyText(sent, controlTurn, signal);
  if (policy.verify === "off") return { sizeBytes: record.sizeBytes, digest: null };
  const { source: there, ...rest } = await verifySize(sent, controlTurn, signal);
  const arrived = { ...rest, source: await verifyUnchanged(partial, record, there, controlTurn, signal) };
  const isSize = policy.verify === "size";
  if (isSize && sent.sourceStep === undefined) return { ...arrived, digest: null };
  await controlTurn.begin();
  if (isSize) return { ...arrived, ...(await digestIfKnown(sent, arrived, signal)) };
  return { ...arrived, digest: await digestOf(sent, arrived.sizeBytes, signal) };
}

/** What both sides tell of the file after the last byte. */
interface Arrived {
  readonly source: FileFacts;
  readonly target: FileFacts;
  readonly sizeBytes: number;
}

/**
 * Whether what is at the target is as long as what is at the source, both asked now: a final reply
 * proves nothing, since in stream mode the end of a file is only the close of a connection (RFC 959 §3.4.1).
 * What was asked early is taken where it is good, and asked again where it is not.
 * @throws VerificationError when the sizes differ or one of them cannot be known
 */
async function verifySize(
  { partial, policy, early, clock }: Sent,
  controlTurn: ControlTurn,
  signal: AbortSignal,
): Promise<Arrived> {
  const unasked = new Set(ROLES.filter((role) => early.answer(role) === undefined));
  const ask = (role: Role) => {
    const written = () => void (unasked.delete(role) && unasked.size === 0 && controlTurn.yield());
    return (
      early.answer(role) ?? glanceAt(partial, role, policy.preserveTimes, written, signal).finally(written)
    );
  };
  const [there, here] = await Promise.all([ask("source"), ask("target")]);
  if (there?.sizeBytes !== undefined && there.sizeBytes === here?.sizeBytes) {
    return { source: there, target: here, sizeBytes: there.sizeBytes };
  }
  await controlTurn.begin();
  return verifyNow(partial, signal, () => visibleFacts(partial.target, clock, signal));
}

const ROLES = ["source", "target"] as const;

/** Of a text whose line ends may have changed: that it is there, and that the source is what it was. */
async function verifyText(
  { partial, record, clock }: Sent,
  controlTurn: ControlTurn,
  signal: AbortSignal,
): Promise<Verification> {
  const { source, target } = partial;
  const [there, here] = await Promise.all([
    source.side.facts(source.path, signal),
    visibleFacts(partial.target, clock, signal),
  ]);
  if (there === undefined)
    throw new VerificationError(`${source.side.name}: ${source.path}: disappeared while it was being copied`);
  const to = `${target.side.name}: ${target.path}`;
  if (here === undefined)
    throw new VerificationError(`${to}: nothing was stored, although the server reported success`, "never");
  if (here.sizeBytes === 0 && (record.sizeBytes ?? 0) > 0)
    throw new VerificationError(`${to}: no bytes arrived, but the source has ${record.sizeBytes}`);
  const unchanged = await verifyUnchanged(partial, record, there, controlTurn, signal);
  return { source: unchanged, target: here, sizeBytes: here.sizeBytes, digest: null };
}

/** The same, asked now with all care. */
export async function verifyNow(
  { source, target }: Ends,
  signal: AbortSignal,
  atTarget = () => target.side.facts(target.path, signal),
): Promise<Arrived> {
  const [there, here] = await Promise.all([source.side.facts(source.path, signal), atTarget()]);
  const from = `${source.side.name}: ${source.path}`;
  const to = `${target.side.name}: ${target.path}`;
  if (there === undefined) throw new VerificationError(`${from}: disappeared while it was being copied`);
  if (here === undefined)
    throw new VerificationError(`${to}: nothing was stored, although the server reported success`, "never");
  if (there.sizeBytes === undefined) throw new UnknownSizeError(from);
  if (here.sizeBytes === undefined) throw new UnknownSizeError(to);
  if (there.sizeBytes !== here.sizeBytes) {
    throw new VerificationError(
      `${to}: ${here.sizeBytes} bytes arrived, but the source has ${there.sizeBytes}`,
    );
  }
  return { source: there, target: here, sizeBytes: here.sizeBytes };
}

/**
 * A source that was written to meanwhile may be half the old and half the new. MDTM may tell another time than MLST and
 * listings do, in a zone or with a fraction of its own; so one that seems to have changed is asked for once more, as it
 * was before.
 * @returns what is known of it, with the time that was recorded
 */
async function verifyUnchanged(
  { source: { side, path } }: Ends,
  record: Begun,
  now: FileFacts,
  controlTurn: ControlTurn,
  signal: AbortSignal,
): Promise<FileFacts> {
  if (mayBeUnchanged(record, now)) return now;
  const again = isServer(side) ? await controlTurn.speak(() => side.facts(path, signal)) : undefined;
  if (again?.modified !== undefined && mayBeUnchanged(record, again))
    return { ...now, modified: again.modified };
  throw new VerificationError(`${side.name}: ${path}: changed while it was being copied`);
}

/** By its time, as far as one was recorded and is known now. */
function mayBeUnchanged({ modifiedMs }: Begun, { modified }: FileFacts): boolean {
  return modifiedMs === undefined || modified === undefined || modifiedMs === modified.atMs;
}

/** The digest, where nobody has asked for one but the source's end depends on it. @throws where the digests differ */
async function digestIfKnown(
  sent: Sent,
  { sizeBytes }: Arrived,
  signal: AbortSignal,
): Promise<Pick<Verification, "digest" | "digestFault">> {
  try {
    return { digest: await digestOf(sent, sizeBytes, signal) };
  } catch (error) {
    if (!(error instanceof ReplyError)) throw error;
    return { digest: null, digestFault: error.message };
  }
}

/** Null where the sides have none in common, and none is required. */
async function digestOf(
  { partial, sent: { passed }, policy }: Sent,
  sizeBytes: number,
  signal: AbortSignal,
): Promise<Digest | null> {
  const { source, target } = partial;
  const offered = await target.side.digests(signal);
  const common = commonDigest(await source.side.digests(signal), offered);
  const algorithm = passed?.algorithm ?? common;
  if (algorithm !== undefined) return verifyDigest(partial, algorithm, sizeBytes, passed?.value, signal);
  if (policy.verify !== "require-digest") return null;
  throw new VerificationError(`${target.side.name}: ${target.path}: no digest available`);
}

/**
 * Whether the digests are equal. `passed`: that of the bytes as they passed us, instead of the source's own.
 * @throws VerificationError when they differ
 */
async function verifyDigest(
  { source, target }: Ends,
  algorithm: Algorithm,
  sizeBytes: number,
  passed: string | undefined,
  signal: AbortSignal,
): Promise<Digest> {
  const [there, here] = await Promise.all([
    passed ?? source.side.digest(source.path, algorithm, { sizeBytes }, signal),
    target.side.digest(target.path, algorithm, { sizeBytes }, signal),
  ]);
  if (there === here) return { algorithm, value: here };
  throw new VerificationError(
    `${target.side.name}: ${target.path}: ${algorithm} is ${here}, but the source has ${there}`,
  );
}
