import { commonDigest } from "../../../ftp/session/digest.ts";
import type { Begun } from "../../ledger.ts";
import type { Claimed, Requested } from "../../phases.ts";
import type { TransferPolicy } from "../../policy.ts";
import { isServer, type ServerSide } from "../../sides/side.ts";
import { areOneAccount } from "../same-server.ts";
import { SMALLEST } from "./board.ts";
import { isWorthSeveral } from "./gain.ts";

/** Whether several connections may write a file at once. */
type SegmentOffer =
  /** Whatever was asked for: it has one beginning, or is too small. */
  | { readonly kind: "pointless" }
  | { readonly kind: "impossible"; readonly because: string }
  /**
   * `if-relayed`: only if the file passes us, which its servers are asked about first; `direct`: also if it does not, because
   * the source sends ranges.
   */
  | { readonly kind: "possible" | "if-relayed" | "direct" };

/** Where the target is a server, more has to be asked before the second connection: what is too small for that. Bytes. */
const SMALLEST_STORED = 8 * SMALLEST;

/** What the two sides, the file and the policy allow. */
export function segmentOffer(
  { ends, policy, oneConnection, relayed }: Requested,
  { sizeBytes }: Begun,
  isInPlace: boolean,
  signal: AbortSignal,
): Promise<SegmentOffer> | SegmentOffer {
  const { source, target } = { source: ends.source.side, target: ends.target.side };
  const least = isServer(target) ? SMALLEST_STORED : 2 * SMALLEST;
  if (!isServer(source) && !isServer(target)) return { kind: "pointless" };
  if (sizeBytes !== undefined && sizeBytes < least) return { kind: "pointless" };
  const because = oneConnection ?? obstacle(sizeBytes, policy.isText === true, isInPlace);
  if (because !== undefined) return { kind: "impossible", because };
  const isRelayed = !isServer(source) || !isServer(target) || policy.fxp === "never" || relayed !== undefined;
  const offering = isRelayed ? ({ kind: "possible" } as const) : offerBetween(source, ends, policy, signal);
  return policy.verify === "require-digest" ? unlessOrdered(ends, offering, signal) : offering;
}

/** Of a file that need not pass us. */
async function offerBetween(
  source: ServerSide,
  ends: Requested["ends"],
  { fxp }: TransferPolicy,
  signal: AbortSignal,
): Promise<SegmentOffer> {
  const { name, connected } = source;
  const client = connected ?? (await source.client(signal));
  // What is to stay on one server is copied by that, if it can.
  if (client.has("RANG") && !areOneAccount(ends)) return { kind: "direct" };
  if (fxp !== "only") return { kind: "if-relayed" };
  const because = `${name} sends no ranges (RANG), and without them segments pass through this machine, which --fxp only forbids`;
  return { kind: "impossible", because };
}

async function unlessOrdered(
  { source, target }: Requested["ends"],
  offering: SegmentOffer | Promise<SegmentOffer>,
  signal: AbortSignal,
): Promise<SegmentOffer> {
  const offer = await offering;
  if (offer.kind === "impossible") return offer;
  const offers = [await source.side.digests(signal), await target.side.digests(signal)] as const;
  if (commonDigest(...offers) !== undefined) return offer;
  const because = "the required digest can only be computed from bytes that arrive in order";
  return { kind: "impossible", because };
}

function obstacle(sizeBytes: number | undefined, isText: boolean, isInPlace: boolean): string | undefined {
  if (isText) return "text is converted in order";
  if (isInPlace) return "the file is written under its final name";
  return sizeBytes === undefined ? "the source reports no size" : undefined;
}

/**
 * Who writes the file.
 * @param begun what an earlier try has recorded. One that was written in several places goes on so
 * @param record what is known of the source now
 */
export function chooseSegments(
  { policy, observed, rate, route }: Pick<Requested, "policy" | "observed" | "rate" | "route">,
  offer: SegmentOffer,
  begun: Begun | undefined,
  record: Begun,
): Pick<Claimed, "segments" | "mayRelayInSegments" | "isObserved" | "oneConnection"> {
  const wanted = policy.segments === 1 ? undefined : policy.segments;
  const isContinued = begun?.written !== undefined && policy.resume !== "off";
  const isDirect = offer.kind === "direct";
  const isUnseen = isDirect && wanted === "auto" && !isContinued && observed === undefined;
  const unseen = isUnseen ? whyNotObserved(policy, record, rate?.current()) : undefined;
  // One connection begins, and is stopped only where others have been seen to be possible, now or with an earlier file.
  const known = route.helpful.of("direct");
  const helpedBefore = unseen === undefined && isWorthSeveral(known, record.sizeBytes ?? 0);
  const isFirstAlone = isUnseen && !helpedBefore;
  const mayRelayInSegments =
    wanted !== undefined && (offer.kind === "if-relayed" || (isFirstAlone && policy.fxp !== "only"));
  const isAlways = offer.kind === "possible" || (isDirect && !isFirstAlone);
  const isPossible = isAlways || (offer.kind === "if-relayed" && isContinued);
  if (isPossible && (wanted !== undefined || isContinued)) {
    const bytesPerSecond =
      observed?.bytesPerSecond ?? (helpedBefore ? known?.aloneBytesPerSecond : undefined);
    const seen = bytesPerSecond === undefined ? undefined : { bytesPerSecond };
    const segments = { connections: wanted ?? 1, isDirect, ...seen };
    return { segments, mayRelayInSegments: false, isObserved: false };
  }
  const because = offer.kind === "impossible" ? offer.because : undefined;
  return {
    mayRelayInSegments,
    isObserved: isFirstAlone && unseen === undefined,
    oneConnection: wanted === undefined ? undefined : (because ?? unseen),
  };
}

/** Why one connection is not stopped for others; undefined where it may be. */
function whyNotObserved(
  { resume }: Pick<TransferPolicy, "resume">,
  record: Begun,
  limit: number | undefined,
): string | undefined {
  if (limit !== undefined) return "auto adds no connections where a rate limit holds";
  if (resume === "off" || resume === "digest")
    return "auto adds connections to third-party transfers only if the last block is proof enough for resuming (not with --no-resume or resumeCheck: digest)";
  return record.modifiedMs === undefined
    ? "auto adds connections to third-party transfers only where the source reports a modification time"
    : undefined;
}
