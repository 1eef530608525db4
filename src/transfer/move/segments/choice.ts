import { commonDigest } from "../../../ftp/session/digest.ts";
import type { Begun } from "../../ledger.ts";
import type { Claimed, Requested } from "../../phases.ts";
import { isServer } from "../../sides/side.ts";
import { SMALLEST } from "./board.ts";

/** Whether several connections may write a file at once. */
type SegmentOffer =
  /** Whatever was asked for: it has one beginning, or is too small. */
  | { readonly kind: "pointless" }
  | { readonly kind: "impossible"; readonly because: string }
  /** `if-relayed`: only if the file passes us, which its servers are asked about first. */
  | { readonly kind: "possible" | "if-relayed" };

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
  const isRemote = isServer(source) && isServer(target);
  const least = isServer(target) ? SMALLEST_STORED : 2 * SMALLEST;
  if (!isServer(source) && !isServer(target)) return { kind: "pointless" };
  if (sizeBytes !== undefined && sizeBytes < least) return { kind: "pointless" };
  const because =
    oneConnection ??
    obstacle(sizeBytes, policy.isText === true, isInPlace) ??
    (isRemote && policy.fxp === "only"
      ? "segments pass through this machine, which --fxp only forbids"
      : undefined);
  if (because !== undefined) return { kind: "impossible", because };
  const isRelayed = !isRemote || policy.fxp === "never" || relayed !== undefined;
  const offer = { kind: isRelayed ? "possible" : "if-relayed" } as const;
  return policy.verify === "require-digest" ? unlessOrdered(ends, offer, signal) : offer;
}

async function unlessOrdered(
  { source, target }: Requested["ends"],
  offer: SegmentOffer,
  signal: AbortSignal,
): Promise<SegmentOffer> {
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
 */
export function chooseSegments(
  { policy }: Pick<Requested, "policy">,
  offer: SegmentOffer,
  begun: Begun | undefined,
): Pick<Claimed, "segments" | "mayRelayInSegments" | "oneConnection"> {
  const wanted = policy.segments === 1 ? undefined : policy.segments;
  const isContinued = begun?.written !== undefined && policy.resume !== "off";
  const mayRelayInSegments = offer.kind === "if-relayed" && wanted !== undefined;
  const isPossible = offer.kind === "possible" || (offer.kind === "if-relayed" && isContinued);
  if (isPossible && (wanted !== undefined || isContinued))
    return { segments: { connections: wanted ?? 1 }, mayRelayInSegments: false };
  const isTold = offer.kind === "impossible" && wanted !== undefined;
  return { mayRelayInSegments, oneConnection: isTold ? offer.because : undefined };
}
