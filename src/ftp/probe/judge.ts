import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { featureParameters, type Features, hasFeature } from "../features.ts";
import type { ListingEntry } from "../listing/entry.ts";
import type { Reply } from "../reply.ts";
import { cksmAlgorithms } from "../session/digest.ts";
import type { DigestVerb } from "../session/verbs.ts";
import {
  type ClockFinding,
  type Finding,
  type LimitHint,
  no,
  unknown,
  yes,
  type ZoneFinding,
} from "./result.ts";
import { counted } from "../../shared/units.ts";

/** The octets of the probe file: every octet there is, so that nothing is altered unseen. */
export function probeOctets(nonce: string): Buffer {
  return Buffer.concat([
    Buffer.from(`fxpd probe ${nonce}\r\n`),
    Uint8Array.from({ length: 256 }, (_, octet) => octet),
  ]);
}

/** The lines of FEAT, the features of one code together; undefined where there was no FEAT. */
export function featureLines({ areKnown, lines }: Features): readonly string[] | undefined {
  if (!areKnown) return undefined;
  return [...lines].map(([code, rest]) => (rest === "" ? code : `${code} ${rest}`));
}

/** Whether FEAT has a feature, or a parameter of one. */
export function judgeFeature(features: Features, code: string, parameter?: string): Finding {
  const what = parameter === undefined ? code : `${code} ${parameter}`;
  if (!features.areKnown) return unknown("the server does not support FEAT");
  const isThere =
    parameter === undefined
      ? hasFeature(features, code)
      : featureParameters(features, code).some((one) => one.toUpperCase() === parameter);
  return isThere ? yes(`${what} in FEAT`) : no(`${what} not in FEAT`);
}

/** Whether what came back is what was stored. */
export function judgeOctets(stored: Uint8Array, retrieved: Uint8Array, because: string): Finding {
  if (Buffer.compare(stored, retrieved) === 0) return yes(because);
  const difference = firstDifference(stored, retrieved);
  return no(
    `stored ${stored.length} bytes, read back ${retrieved.length}; they differ from byte ${difference} on`,
  );
}

function firstDifference(one: Uint8Array, two: Uint8Array): number {
  const at = one.findIndex((octet, index) => two[index] !== octet);
  return at === -1 ? one.length : at;
}

/** The replies to commands in one write, against those to the same commands one at a time (RFC 959 §4.2). */
export function judgeAhead(alone: readonly Reply[], ahead: readonly Reply[], octets: number): Finding {
  const what = `${counted(alone.length, "command")}, ${counted(octets, "byte")}, in one write`;
  const odd = ahead.findIndex((reply, index) => reply.code !== alone[index]?.code);
  if (odd !== -1)
    return no(`${what}: reply ${odd + 1} is ${ahead[odd]?.code} instead of ${alone[odd]?.code}`);
  if (ahead.length < alone.length)
    return no(`${what}: ${counted(ahead.length, "reply", "replies")}, then no more`);
  return yes(`${what}: all answered in order`);
}

/** What was listed of a directory. */
export interface ProbedListing {
  readonly command: string;
  readonly count: number;
  /** Whether `.` and `..` were among it. */
  readonly sawDots: boolean;
  /** The entries that are ours. */
  readonly ours: readonly ListingEntry[];
  /** A file whose time is known to the minute, ours where it is listed. */
  readonly timed?: ListingEntry;
}

/** A listing is believed when something is in it that is known to be there. */
export function judgeListed(
  { command, count, ours, sawDots }: ProbedListing,
  file: string | undefined,
): Finding {
  const what = `${command}: ${counted(count, "entry", "entries")}`;
  if (file === undefined)
    return count > 0 || sawDots ? yes(what) : unknown(`${what}; the directory may be empty`);
  if (ours.some(({ name }) => name === file)) return yes(what);
  return count > 0
    ? yes(`${what}; names that begin with a dot are missing`)
    : no(`${what}; at least one was expected`);
}

/** Whether a name beyond ASCII is listed as it was given. */
export function judgeName(
  name: string,
  { command, ours }: ProbedListing,
  others: readonly string[],
): Finding {
  const names = ours.map((entry) => entry.name);
  if (names.includes(name)) return yes(`${command} lists it as it was stored`);
  const strange = names.find((one) => !others.includes(one));
  if (strange === undefined) return unknown(`${command} does not list it`);
  const isDecomposed = strange.normalize("NFC") === name.normalize("NFC");
  return no(`${command} lists it as ${strange}${isDecomposed ? ", in another Unicode normal form" : ""}`);
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const QUARTER_MS = 900_000;

/**
 * The server's clock by the time of a file that was stored between two moments of ours. MDTM tells the whole
 * second before (RFC 3659 §2.3): half a second either way is not known, and rounding costs as much again.
 */
export function judgeClock(modifiedMs: number, beforeMs: number, afterMs: number): ClockFinding {
  const doubtMs = SECOND_MS / 2 + Math.ceil((afterMs - beforeMs) / 2);
  const apartMs = modifiedMs + SECOND_MS / 2 - (beforeMs + afterMs) / 2;
  const skewMs = Math.abs(apartMs) <= doubtMs ? 0 : Math.round(apartMs / SECOND_MS) * SECOND_MS;
  const precisionMs = 2 * doubtMs;
  const within = `±${(precisionMs / SECOND_MS).toFixed(1)} s`;
  if (skewMs === 0) return { ...yes(`same as the local clock, ${within}`), skewMs, precisionMs };
  const distance = `${Math.abs(skewMs) / SECOND_MS} s ${skewMs > 0 ? "ahead of" : "behind"} the local clock, ${within}`;
  const isZone = Math.abs(skewMs) >= QUARTER_MS - MINUTE_MS && offQuarter(skewMs) < MINUTE_MS;
  const because = isZone ? `${distance}; MDTM may report local time` : distance;
  return { ...no(because), skewMs, precisionMs };
}

/** The zone of LIST by one file's time in it and in MDTM. */
export function judgeZone(entry: ListingEntry, modifiedMs: number): ZoneFinding {
  const { modified } = entry;
  if (modified === undefined || modified.precision === "day")
    return unknown("LIST shows no time of day for any file");
  if (modified.zone === "utc") return { ...yes("LIST shows times in UTC"), offsetMinutes: 0 };
  const apartMs = modified.atMs - modifiedMs;
  if (offQuarter(apartMs) > MINUTE_MS || Math.abs(apartMs) > 15 * 3_600_000)
    return unknown(
      `LIST and MDTM are ${Math.round(apartMs / MINUTE_MS)} min apart, which matches no time zone`,
    );
  const offsetMinutes = (Math.round(apartMs / QUARTER_MS) * QUARTER_MS) / MINUTE_MS || 0;
  const because = offsetMinutes === 0 ? "LIST shows UTC" : `LIST shows UTC ${signed(offsetMinutes)} min`;
  return { ...yes(because), offsetMinutes };
}

/** How far from a whole quarter of an hour. */
function offQuarter(ms: number): number {
  return Math.abs(ms - Math.round(ms / QUARTER_MS) * QUARTER_MS);
}

/** What a file's time is after it was set, against what it should be. */
export function judgeTime(wantedMs: number, modifiedMs: number, reason: string): Finding {
  if (Math.floor(modifiedMs / SECOND_MS) === Math.floor(wantedMs / SECOND_MS)) return yes(reason);
  const offSeconds = Math.round((modifiedMs - wantedMs) / SECOND_MS);
  if (Math.abs(offSeconds) <= 15 * 3_600 && offSeconds % 900 === 0)
    return no(`${reason}, but the time is off by ${signed(offSeconds / 60)} min, as if in another time zone`);
  return no(`${reason}, but the time was not set`);
}

function signed(minutes: number): string {
  return minutes > 0 ? `+${minutes}` : `−${Math.abs(minutes)}`;
}

/** Sentences about how many may be logged in, or how long; only what the server itself says. */
export function limitHints(words: readonly string[]): readonly LimitHint[] {
  const sentences = words
    .flatMap((one) => one.split(/ \/ |(?<=[.!]) /))
    .map((one) => one.replace(/^\d{3}[ -]/, "").trim());
  return sentences.filter((one) => SAYS_LIMIT.test(one)).map(hintOf);
}

const SAYS_LIMIT =
  /\b\d+( of | out of |\/)\d+\b|\b(max(imum)?|limit(ed)?|allowed)\b.*\b(users?|clients?|connections?|logins?)\b|\b(users?|clients?|connections?|logins?)\b.*\b(max(imum)?|limit(ed)?|allowed)\b|\binactivity\b/i;

function hintOf(sentence: string): LimitHint {
  const [, present, allowed] = /\b(\d{1,9})(?: of | out of |\/)(\d{1,9})\b/i.exec(sentence) ?? [];
  return present === undefined
    ? { said: sentence }
    : { said: sentence, present: Number(present), allowed: Number(allowed) };
}

/** One way to ask for a digest. */
export interface DigestOfferMade {
  readonly command: DigestVerb | "CKSM";
  readonly algorithm: string;
}

const OWN_COMMANDS: Readonly<Record<Exclude<DigestVerb, "HASH">, string>> = {
  XCRC: "CRC32",
  XMD5: "MD5",
  XSHA: "SHA-1",
  XSHA1: "SHA-1",
  XSHA256: "SHA-256",
  XSHA512: "SHA-512",
  MD5: "MD5",
};

/** Every command and algorithm that FEAT offers (draft-bryan-ftpext-hash §3, and the older commands). */
export function digestsOffered(features: Features): readonly DigestOfferMade[] {
  const hashes = featureParameters(features, "HASH").map((one) => one.replace("*", ""));
  const own = Object.entries(OWN_COMMANDS).filter(([command]) => hasFeature(features, command));
  return [
    ...hashes.map((algorithm) => ({ command: "HASH" as const, algorithm })),
    ...cksmAlgorithms(features).map((algorithm) => ({ command: "CKSM" as const, algorithm })),
    ...own.map(([command, algorithm]) => ({ command: command as DigestVerb, algorithm })),
  ];
}

/** Lower-case hexadecimal digits; undefined for an algorithm that we cannot compute. */
export function digestOfOctets(algorithm: string, octets: Uint8Array): string | undefined {
  if (algorithm.toUpperCase() === "CRC32") return crc32(octets).toString(16).padStart(8, "0");
  const name = HASHES[algorithm.toUpperCase().replace("-", "")];
  return name === undefined ? undefined : createHash(name).update(octets).digest("hex");
}

const HASHES: Readonly<Record<string, string>> = {
  MD5: "md5",
  SHA1: "sha1",
  SHA224: "sha224",
  SHA256: "sha256",
  SHA384: "sha384",
  SHA512: "sha512",
};

/** A digest that the server gave for octets that we know. */
export function judgeDigest(algorithm: string, octets: Uint8Array, given: string): Finding {
  const expected = digestOfOctets(algorithm, octets);
  if (expected === undefined) return unknown(`${given} (cannot be verified here)`);
  return given === expected
    ? yes(shortened(given))
    : no(`${shortened(given)} instead of ${shortened(expected)}`);
}

/** Enough of a digest to recognise it. */
function shortened(digest: string): string {
  return digest.length > 16 ? `${digest.slice(0, 16)}…` : digest;
}
