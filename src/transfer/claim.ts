import { commonDigest } from "../ftp/session/digest.ts";
import { AppError, isCancellation, messageOf } from "../shared/errors.ts";
import { DIRECTORY_THERE, RefusedError, TransferError } from "./errors.ts";
import type { Begun, TargetClaim, Ledger, RunScope, RequestedTarget } from "./ledger.ts";
import { DataPaths, UNKNOWN_PATH } from "./move/data-path.ts";
import type { Ends } from "./move/relay.ts";
import { chooseSegments, segmentOffer } from "./move/segments/choice.ts";
import type { Claimed, Requested } from "./phases.ts";
import type { TransferPolicy } from "./policy.ts";
import { EarlyFacts } from "./prove/early-facts.ts";
import { WORTH_RESUMING } from "./prove/resume.ts";
import { reasonInPlace } from "./publish/in-place.ts";
import { segmentedPath, temporaryPath, transferKey } from "./publish/temporary-name.ts";
import { type FileFacts, isServer } from "./sides/side.ts";
import { isWithin } from "./tree.ts";

/**
 * The right to write the target, and what is recorded of the source until it is there.
 * @throws TransferError for a name that cannot be written, and where nothing can be recorded; RefusedError for a
 * digest that cannot be had; BusyError where somebody else has the right
 */
export async function claim(requested: Requested, signal: AbortSignal): Promise<Claimed> {
  const { ends, policy, ledger } = requested;
  const { source, target } = ends;
  const refusing = target.side.refusalOfTarget(target.path, () => requested.turn.begin(false), signal);
  const refusal = refusing instanceof Promise ? await refusing : refusing;
  if (refusal !== undefined) throw new TransferError(`${target.side.name}: ${refusal}`, "never");
  if (policy.verify === "require-digest") await requireDigest(ends, policy, signal);
  const inPlace = requested.inPlace ?? reasonInPlace(target.side, policy);
  const listed = recordListed(source, requested.listed);
  // The time of a source shows whether it has changed; without one it is left where it is.
  const isEnough = requested.sourceStep === undefined || listed?.modifiedMs !== undefined;
  const described = (isEnough ? listed : undefined) ?? (await recordAsked(ends, signal));
  const record =
    inPlace === undefined ? described : { ...described, over: await standingAt(requested, signal) };
  const key = transferKey(target.side.locate(target.path));
  const offering = segmentOffer(requested, record, inPlace !== undefined, signal);
  const offer = offering instanceof Promise ? await offering : offering;
  const taken = await take(ledger, { key, fresh: record }, scopeOf(requested));
  const choice = chooseSegments(requested, offer, taken.begun, record);
  const whole = temporaryPath(target.path, key, ledger.owner);
  const [temporary, other] =
    choice.segments === undefined ? [whole, segmentedPath(whole)] : [segmentedPath(whole), whole];
  const wasSegmented = taken.begun?.written !== undefined;
  const hasOther = taken.begun !== undefined && wasSegmented !== (choice.segments !== undefined);
  const path = inPlace === undefined ? temporary : target.path;
  const partial: Ends = { source, target: { side: target.side, path } };
  const paths = new DataPaths(taken.mayHaveLeft ? (taken.arrivedBy ?? UNKNOWN_PATH) : undefined);
  return {
    ...requested,
    ...(inPlace === undefined ? {} : { inPlace }),
    claim: taken,
    record,
    partial,
    temporary,
    ...choice,
    ...(hasOther ? { leftBefore: other } : {}),
    paths,
    early: new EarlyFacts(partial, policy, signal),
  };
}

/** @throws RefusedError where the sides have no digest in common */
async function requireDigest(
  { source, target }: Ends,
  { fxp }: TransferPolicy,
  signal: AbortSignal,
): Promise<void> {
  const offered = await target.side.digests(signal);
  const passes = fxp === "never" || !isServer(source.side) || !isServer(target.side);
  const has = passes
    ? commonDigest(offered, offered)
    : commonDigest(await source.side.digests(signal), offered);
  if (has !== undefined) return;
  const sides = `${source.side.name} → ${target.side.name}`;
  throw new RefusedError(
    passes
      ? `${sides}: a digest is required, but ${target.side.name} offers none`
      : `${sides}: a digest is required, but the servers have none in common`,
  );
}

/** What is recorded of the source, where a listing says it exactly enough. */
function recordListed(source: Ends["source"], listed: FileFacts | undefined): Begun | undefined {
  const isExact = listed?.modified?.precision === "second" && listed.modified.zone === "utc";
  // A small file is over before anybody writes to it; asking would cost more than the file.
  const isSmall = (listed?.sizeBytes ?? WORTH_RESUMING) < WORTH_RESUMING;
  if (!isExact && !isSmall) return undefined;
  return recordOf(source, listed?.sizeBytes, isExact ? listed.modified?.atMs : undefined);
}

async function recordAsked({ source }: Ends, signal: AbortSignal): Promise<Begun> {
  const facts = await source.side.facts(source.path, signal);
  return recordOf(source, facts?.sizeBytes, facts?.modified?.atMs);
}

function recordOf(
  { side, path }: Ends["source"],
  sizeBytes: number | undefined,
  modifiedMs: number | undefined,
): Begun {
  return {
    source: side.locate(path),
    ...(sizeBytes === undefined ? {} : { sizeBytes }),
    ...(modifiedMs === undefined ? {} : { modifiedMs }),
  };
}

/**
 * How long the file is that is written over. What is to be kept goes out of the way now.
 * @throws TransferError for what is no file
 */
async function standingAt(
  { ends: { target }, aside, turn }: Requested,
  signal: AbortSignal,
): Promise<NonNullable<Begun["over"]>> {
  const { side, path } = target;
  await turn.begin(false);
  const existing = await side.facts(path, signal);
  if (existing === undefined) return "nothing";
  if (existing.kind === "directory")
    throw new TransferError(`${side.name}: ${path}: ${DIRECTORY_THERE}`, "never");
  if (existing.kind === "other")
    throw new TransferError(`${side.name}: ${path}: is not a file, and cannot be replaced by one`, "never");
  if (aside === undefined) return existing.sizeBytes ?? "unknown";
  await side.move(path, aside, signal);
  return "nothing";
}

/** What the run writes, as a ledger sees it. */
function scopeOf({ ends: { source, target }, run }: Requested): RunScope | undefined {
  // What lies elsewhere, by a link, is a target by itself.
  if (run === undefined || !isWithin(target.side.locate(target.path), run.tree)) return undefined;
  return {
    tree: run.tree,
    *upcoming() {
      for (const file of run.upcoming()) {
        const fresh = recordListed({ side: source.side, path: file.source }, file.listed);
        const located = target.side.locate(file.target);
        if (fresh !== undefined && isWithin(located, run.tree)) yield { key: transferKey(located), fresh };
      }
    },
  };
}

/** A disk of ours that is full is not the target's. */
async function take(
  ledger: Ledger,
  { key, fresh }: RequestedTarget,
  scope: RunScope | undefined,
): Promise<TargetClaim> {
  try {
    return await ledger.claim(key, fresh, scope);
  } catch (error) {
    if (error instanceof AppError || isCancellation(error)) throw error;
    throw new TransferError(`the transfer's state cannot be saved: ${messageOf(error)}`, "later");
  }
}
