import type { Client } from "./client.ts";
import { ProtocolError } from "../errors.ts";
import { featureParameters, type Features, hasFeature } from "../features.ts";
import * as verbs from "./verbs.ts";

/** The strongest first. CRC32 finds accidents, not intent. */
export const ALGORITHMS = ["SHA-512", "SHA-256", "SHA-1", "MD5", "CRC32"] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

/** A digest in lower-case hexadecimal digits. */
export interface Digest {
  readonly algorithm: Algorithm;
  readonly value: string;
}

/** What a side can tell the digest of: whole files, and perhaps the first octets of one. */
export interface DigestOffer {
  readonly algorithm: Algorithm;
  readonly ranges: boolean;
}

const HEXADECIMAL_DIGITS: Readonly<Record<Algorithm, number>> = {
  "SHA-512": 128,
  "SHA-256": 64,
  "SHA-1": 40,
  MD5: 32,
  CRC32: 8,
};

/** What GridFTP calls them. */
const CKSM_NAMES: Readonly<Partial<Record<Algorithm, string>>> = {
  "SHA-512": "SHA512",
  "SHA-256": "SHA256",
  "SHA-1": "SHA1",
  MD5: "MD5",
};

/** The commands of each algorithm beside HASH and CKSM; X… ones take a range. */
const COMMANDS: Readonly<Record<Algorithm, readonly verbs.DigestVerb[]>> = {
  "SHA-512": ["XSHA512"],
  "SHA-256": ["XSHA256"],
  "SHA-1": ["XSHA1", "XSHA"],
  MD5: ["XMD5", "MD5"],
  CRC32: ["XCRC"],
};

/** What FEAT offers (draft-bryan-ftpext-hash §3, GridFTP's CKSM, and the older commands). */
export function digestsIn(features: Features): readonly DigestOffer[] {
  return ALGORITHMS.flatMap((algorithm) => {
    const isWhole = hashes(features, algorithm) || command(features, algorithm) !== undefined;
    const ranges = rangeCommand(features, algorithm) !== undefined || cksm(features, algorithm) !== undefined;
    return isWhole || ranges ? [{ algorithm, ranges }] : [];
  });
}

/** The strongest algorithm that both offer, with ranges where these are wanted. */
export function commonDigest(
  one: readonly DigestOffer[],
  two: readonly DigestOffer[],
  needs: { readonly ranges: boolean } = { ranges: false },
): Algorithm | undefined {
  const fits = (offers: readonly DigestOffer[], algorithm: Algorithm) =>
    offers.some((offer) => offer.algorithm === algorithm && (offer.ranges || !needs.ranges));
  return ALGORITHMS.find((algorithm) => fits(one, algorithm) && fits(two, algorithm));
}

/** Octets a server surely digests in a millisecond; its reply is waited for accordingly. */
const OCTETS_PER_MS = 10_000;

/**
 * The digest of a file, or of its first `length` octets, as the server computes it.
 * @throws ReplyError when it will not; ProtocolError for a reply without a digest of this algorithm
 */
export async function digestOf(
  client: Client,
  path: string,
  algorithm: Algorithm,
  extent: { readonly sizeBytes: number; readonly length?: number },
  signal: AbortSignal,
): Promise<string> {
  const { sizeBytes, length } = extent;
  const verb = question(client, client.absolute(path), algorithm, length);
  const patienceMs = client.host.timeouts.replyMs + Math.ceil(sizeBytes / OCTETS_PER_MS);
  const isHash = verb.command.verb === "HASH";
  const before = isHash ? [verbs.option(`HASH ${algorithm}`)] : [];
  const value = await client.askInSequence(before, verb, signal, patienceMs);
  if (value.length === HEXADECIMAL_DIGITS[algorithm]) return value;
  throw new ProtocolError(
    `${client.name}: the reply to ${verb.command.verb} contains no ${algorithm} digest`,
  );
}

/**
 * HASH takes all that follows for the name; X… commands take numbers at its end for a range. They take the name
 * in quotes as well, which only names that need it get.
 */
function question(
  client: Client,
  path: string,
  algorithm: Algorithm,
  length: number | undefined,
): verbs.Verb<string> {
  const { features } = client.session;
  const name = cksm(features, algorithm);
  const isOnlyCksm = !hashes(features, algorithm) && command(features, algorithm) === undefined;
  if (name !== undefined && (isOnlyCksm || (length !== undefined && !rangeCommand(features, algorithm))))
    return verbs.cksm(name, 0, length ?? -1, path);
  if (length !== undefined) {
    return verbs.digest(
      rangeCommand(features, algorithm) ?? unoffered(client, algorithm),
      `${/\s/.test(path) ? quoted(path) : path} 0 ${length}`,
    );
  }
  if (!hashes(features, algorithm)) {
    const verb = command(features, algorithm) ?? unoffered(client, algorithm);
    const looksLikeRange = verb.startsWith("X") && /\s\d+$/.test(path);
    return verbs.digest(verb, looksLikeRange ? quoted(path) : path);
  }
  return verbs.digest("HASH", path);
}

/** As ProFTPD reads it: a backslash goes before a quote and before a backslash. */
function quoted(path: string): string {
  return `"${path.replace(/["\\]/g, "\\$&")}"`;
}

function hashes(features: Features, algorithm: Algorithm): boolean {
  return featureParameters(features, "HASH").some((one) => one.replace("*", "").toUpperCase() === algorithm);
}

/** The name under which CKSM computes an algorithm. */
function cksm(features: Features, algorithm: Algorithm): string | undefined {
  const name = CKSM_NAMES[algorithm];
  return name !== undefined && cksmAlgorithms(features).includes(name) ? name : undefined;
}

/** What CKSM computes, by the names that it takes; a server that lists none has MD5, as GFD.47 asks. */
export function cksmAlgorithms(features: Features): readonly string[] {
  if (!hasFeature(features, "CKSM")) return [];
  const listed = featureParameters(features, "CKSM").map((one) => one.replace(/[*:].*$/, "").toUpperCase());
  return listed.length === 0 ? ["MD5"] : listed;
}

function command(features: Features, algorithm: Algorithm): verbs.DigestVerb | undefined {
  return COMMANDS[algorithm].find((one) => hasFeature(features, one));
}

function rangeCommand(features: Features, algorithm: Algorithm): verbs.DigestVerb | undefined {
  return COMMANDS[algorithm].find((one) => one.startsWith("X") && hasFeature(features, one));
}

function unoffered(client: Client, algorithm: Algorithm): never {
  throw new ProtocolError(`${client.name}: does not offer ${algorithm}`);
}
