import type { TranscriptLine } from "../connection/transcript.ts";
import type { Client } from "../session/client.ts";
import { Bench, type Connect } from "./bench.ts";
import { featureLines, judgeFeature, limitHints } from "./judge.ts";
import { tryListings } from "./listings.ts";
import { type Finding, no, notTried, type ProbeResult, yes } from "./result.ts";
import { isPlainPath } from "../status/listing.ts";
import { tryStatus } from "../status/trial.ts";
import { Trial } from "./trial.ts";
import { formatReply } from "../reply.ts";
import * as verbs from "../session/verbs.ts";

export type { Connect } from "./bench.ts";
export type {
  ClockFinding,
  DigestFinding,
  Finding,
  LimitHint,
  ProbeResult,
  ZoneFinding,
} from "./result.ts";

/**
 * What a server is and can do, found by trying it out in a directory. Files called `.fxpd-<nonce>.…` are
 * stored there and removed again, whatever happens. A try that costs the connection costs no more than itself.
 * @param connect gets the listener for the transcript; without one the server's words are not known
 * @param directory from the login directory on
 * @throws ConnectionError, LoginError, ProtectionError where there is no way in
 */
export function probe(
  connect: Connect,
  directory: string,
  nowMs: () => number,
  nonce: string,
  signal: AbortSignal,
): Promise<ProbeResult> {
  return examine(connect, directory, { nowMs, nonce, isReadOnly: false }, signal);
}

/** The same as {@link probe}, as far as it goes without a file being stored. */
export function probeReadOnly(
  connect: Connect,
  directory: string,
  nowMs: () => number,
  nonce: string,
  signal: AbortSignal,
): Promise<ProbeResult> {
  return examine(connect, directory, { nowMs, nonce, isReadOnly: true }, signal);
}

interface Manner {
  readonly nowMs: () => number;
  readonly nonce: string;
  readonly isReadOnly: boolean;
}

async function examine(
  connect: Connect,
  directory: string,
  { nowMs, nonce, isReadOnly }: Manner,
  signal: AbortSignal,
): Promise<ProbeResult> {
  const bench = new Bench(connect, directory, signal);
  const trial = new Trial(bench, nonce, isReadOnly);
  const collected = new Words();
  try {
    const client = await bench.open((line) => collected.push(line));
    const about = { ...identity(client), ...(await words(bench, collected)) };
    const entered = await enter(bench, directory);
    const several = await trial.severalAhead();
    const { store, clock } = await trial.store(nowMs);
    const { listings, beyondAscii, zone } = await tryListings(trial, nowMs());
    const statusListings = await tryStatusListings(bench, client, directory, nowMs);
    const digests = await trial.digests(client);
    const files = await trial.files();
    const times = await trial.times();
    const left = await bench.clear();
    await bench.close();
    const beyond4096 = await trial.manyAhead();
    const { features } = client.session;
    return {
      ...about,
      directory: entered,
      ahead: { several, beyond4096, listings: statusListings },
      listings,
      names: { featureUtf8: judgeFeature(features, "UTF8"), beyondAscii },
      files: { store, ...files, sameServerCopy: judgeFeature(features, "SITE", "COPY") },
      digests,
      times,
      clock,
      zone,
      thirdPartyTls: {
        SSCN: judgeFeature(features, "SSCN"),
        CPSV: judgeFeature(features, "CPSV"),
        PRET: judgeFeature(features, "PRET"),
        CEPR: judgeFeature(features, "CEPR"),
      },
      lost: bench.lost,
      left,
    };
  } finally {
    await bench.clear();
    await bench.close();
  }
}

/** The bench enters the directory before each try; a refusal of that is the answer here. */
async function enter(bench: Bench, directory: string): Promise<Finding> {
  const place = directory === "" ? "the login directory" : directory;
  const finding = await bench.find("CWD", () => Promise.resolve(yes(place)));
  if (bench.unentered !== undefined)
    return no(`${bench.unentered}; a listing shows it, so files were tried by their full names`);
  return finding.works === true ? finding : no(finding.because);
}

/** Directories that are asked for by name on the control connection, as scans of trees do where there is no MLSD. */
async function tryStatusListings(
  bench: Bench,
  client: Client,
  directory: string,
  nowMs: () => number,
): Promise<Finding> {
  if (!isPlainPath(client.absolute(directory)))
    return notTried("only tried for a directory whose absolute pathname has no special characters");
  return bench.find("STAT ahead", async (tried, signal) => {
    const { works, because } = await tryStatus(tried, [directory], nowMs(), signal);
    return { works, because };
  });
}

/** What is known from the login. */
function identity(client: Client) {
  const { family, features } = client.session;
  return {
    host: client.name,
    address: client.data.peerAddress,
    port: client.host.port,
    family: family ?? ("unknown" as const),
    tls: {
      control: client.tlsVersion ?? "clear",
      data: client.isProtected ? ("private" as const) : ("clear" as const),
    },
    features: featureLines(features),
  };
}

async function words(bench: Bench, collected: Words): Promise<Pick<ProbeResult, "words" | "limits">> {
  const system = await bench.attempt("SYST", async (client, signal) =>
    client.masked(formatReply(await client.reply(verbs.systemType(), signal))),
  );
  const { greeting, login } = collected;
  return {
    words: {
      ...(greeting === undefined ? {} : { greeting }),
      ...(login.length === 0 ? {} : { login: login.join(" / ") }),
      ...(system.kind === "answered" ? { system: system.value } : {}),
    },
    limits: limitHints([...(greeting === undefined ? [] : [greeting]), ...login]),
  };
}

/** What a server says of itself until the login is done. */
class Words {
  greeting: string | undefined;
  readonly login: string[] = [];
  #asked = "";

  push({ from, text }: TranscriptLine): void {
    if (from === "us") this.#asked = text;
    if (from !== "server") return;
    if (this.#asked === "") this.greeting ??= text;
    else if (/^(PASS|ACCT) /.test(this.#asked) || /^USER /.test(this.#asked)) this.login.push(text);
  }
}
