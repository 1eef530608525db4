import type { Client } from "../session/client.ts";
import type { Reply } from "../reply.ts";
import { formatTimeVal } from "../time-val.ts";
import * as verbs from "../session/verbs.ts";
import { SEVERAL, tryAhead } from "./ahead.ts";
import type { Bench } from "./bench.ts";
import {
  type DigestOfferMade,
  digestOfOctets,
  digestsOffered,
  judgeClock,
  judgeDigest,
  judgeOctets,
  judgeTime,
  probeOctets,
} from "./judge.ts";
import {
  type ClockFinding,
  type DigestFinding,
  type Finding,
  notTried,
  type ProbeResult,
  unknown,
} from "./result.ts";

/** What some servers read of commands over TLS before they wait for more input. */
const READ_AHEAD = 4_096;
/** The first of the times that are set, 2001-02-03 04:05:06; each way gets a day of its own. */
const FIRST_TIME_MS = 981_173_106_000;
const DAY_MS = 86_400_000;

const WHOLE = { verb: "STOR", restartAt: 0 } as const;

/** The files of one trial in the directory. */
export class Trial {
  readonly bench: Bench;
  readonly octets: Buffer;
  readonly probe: string;
  readonly beyondAscii: string;
  readonly #names: { readonly partial: string; readonly appended: string; readonly replaced: string };
  readonly #nonce: string;
  readonly #isReadOnly: boolean;
  /** Why there is no probe file to try with; undefined when there is one. */
  #missing: string | undefined = "no test file has been stored yet";

  constructor(bench: Bench, nonce: string, isReadOnly: boolean) {
    const name = (ending: string) => `.fxpd-${nonce}.${ending}`;
    this.bench = bench;
    this.octets = probeOctets(nonce);
    this.probe = name("probe");
    this.beyondAscii = name("\u00e4");
    this.#names = { partial: name("partial"), appended: name("appended"), replaced: name("replaced") };
    this.#nonce = nonce;
    this.#isReadOnly = isReadOnly;
  }

  /** The probe file, where it could be stored. */
  get storedProbe(): string | undefined {
    return this.#missing === undefined ? this.probe : undefined;
  }

  isOurs(name: string): boolean {
    return name.startsWith(`.fxpd-${this.#nonce}.`);
  }

  /** Stores the probe file, and learns the server's clock from its modification time. */
  async store(nowMs: () => number): Promise<{ readonly store: Finding; readonly clock: ClockFinding }> {
    if (this.#isReadOnly) {
      this.#missing = "read-only";
      return { store: notTried(this.#missing), clock: notTried(this.#missing) };
    }
    let window: readonly [number, number] | undefined;
    const store = await this.bench.find("STOR", async (client, signal) => {
      const before = nowMs();
      await this.bench.store(client, this.probe, this.octets, WHOLE, signal);
      window = [before, nowMs()];
      this.#missing = undefined;
      return this.#readBack(client, this.probe, 0, signal);
    });
    if (window === undefined) this.#missing = "no test file could be stored";
    return { store, clock: await this.#clock(window) };
  }

  /** A file whose name is not ASCII. */
  async storeBeyondAscii(): Promise<Finding | undefined> {
    let isStored = false;
    const finding = await this.#withFile("STOR", async (client, signal) => {
      await this.bench.store(client, this.beyondAscii, this.octets, WHOLE, signal);
      isStored = true;
      return unknown("no listing shows it");
    });
    return isStored ? undefined : finding;
  }

  async files(): Promise<
    Pick<ProbeResult["files"], "restartRetrieve" | "restartStore" | "append" | "replace">
  > {
    const middle = Math.floor(this.octets.length / 2);
    const { partial, appended, replaced } = this.#names;
    const restartRetrieve = await this.#withFile("REST and RETR", (client, signal) =>
      this.#readBack(client, this.probe, middle, signal),
    );
    const continued = (name: string, how: { readonly verb: "STOR" | "APPE"; readonly restartAt: number }) =>
      this.#withFile(how.verb, async (client, signal) => {
        await this.bench.store(client, name, this.octets.subarray(0, middle), WHOLE, signal);
        await this.bench.store(client, name, this.octets.subarray(middle), how, signal);
        return this.#readBack(client, name, 0, signal);
      });
    const restartStore = await continued(partial, { verb: "STOR", restartAt: middle });
    const append = await continued(appended, { verb: "APPE", restartAt: 0 });
    const replace = await this.#withFile("RNTO", async (client, signal) => {
      await this.bench.store(client, partial, this.octets, WHOLE, signal);
      await this.bench.store(client, replaced, this.octets.subarray(0, middle), WHOLE, signal);
      await client.ask(verbs.renameFrom(this.bench.named(client, partial)), signal);
      await client.ask(verbs.renameTo(this.bench.named(client, replaced)), signal);
      return this.#readBack(client, replaced, 0, signal);
    });
    return { restartRetrieve, restartStore, append, replace };
  }

  /** Each digest that FEAT offers, against the one that the probe file's octets have. */
  async digests(client: Client): Promise<readonly DigestFinding[]> {
    const findings: DigestFinding[] = [];
    for (const offer of digestsOffered(client.session.features)) {
      const whole = await this.#digest(offer, undefined);
      const takesRange = offer.command.startsWith("X") || offer.command === "CKSM";
      const range = takesRange
        ? await this.#digest(offer, [16, 200])
        : notTried(`${offer.command} does not support ranges`);
      findings.push({ ...offer, whole, range });
    }
    return findings;
  }

  /** Every way to set a modification time, read back with MDTM. */
  async times(): Promise<Readonly<Record<string, Finding>>> {
    const findings: Record<string, Finding> = {};
    for (const [index, { name, verb }] of TIME_WAYS.entries()) {
      const atMs = FIRST_TIME_MS + index * DAY_MS;
      findings[name] = await this.#withFile(name, async (client, signal) => {
        const path = this.bench.named(client, this.probe);
        const { code } = await accepted(client, verb(path, atMs), signal);
        return judgeTime(atMs, await client.ask(verbs.modified(path), signal), `answered ${code}`);
      });
    }
    return findings;
  }

  /** Several plain commands in one write. */
  severalAhead(): Promise<Finding> {
    return this.#ahead("several ahead", SEVERAL);
  }

  /** More octets of commands in one write than some servers take; the connection may be lost by that. */
  manyAhead(): Promise<Finding> {
    const question = verbs.size(`.fxpd-${this.#nonce}.${"absent-".repeat(10)}`);
    const length = `SIZE ${question.command.argument}\r\n`.length;
    const count = Math.ceil((READ_AHEAD + 1) / length) + 1;
    return this.#ahead(`over ${READ_AHEAD} bytes`, Array(count).fill(question));
  }

  #ahead(what: string, wanted: readonly verbs.Verb<unknown>[]): Promise<Finding> {
    return this.bench.find(what, async (client, signal) => {
      const { finding, isWhole } = await tryAhead(client, wanted, signal);
      if (!isWhole) this.bench.lost.push(`${what}: abandoned, replies were missing`);
      return finding;
    });
  }

  async #clock(window: readonly [number, number] | undefined): Promise<ClockFinding> {
    if (window === undefined) return notTried(this.#missing ?? "");
    const outcome = await this.bench.attempt("MDTM", (client, signal) =>
      client.ask(verbs.modified(this.bench.named(client, this.probe)), signal),
    );
    return outcome.kind === "failed" ? outcome.finding : judgeClock(outcome.value, ...window);
  }

  #digest({ command, algorithm }: DigestOfferMade, range: readonly [number, number] | undefined) {
    const [start, end] = range ?? [0, this.octets.length];
    return this.#withFile(command, async (client, signal) => {
      const path = this.bench.named(client, this.probe);
      const argument = range === undefined ? path : `${path} ${start} ${end}`;
      if (digestOfOctets(algorithm, this.octets) === undefined)
        return notTried(`${algorithm} cannot be verified here`);
      if (command === "HASH") await client.ask(verbs.option(`HASH ${algorithm}`), signal);
      const verb =
        command === "CKSM"
          ? verbs.cksm(algorithm, start, end - start, path)
          : verbs.digest(command, argument);
      const given = await client.ask(verb, signal);
      return judgeDigest(algorithm, this.octets.subarray(start, end), given);
    });
  }

  async #readBack(client: Client, name: string, restartAt: number, signal: AbortSignal): Promise<Finding> {
    const octets = await this.bench.retrieve(client, name, restartAt, signal);
    return judgeOctets(
      this.octets.subarray(restartAt),
      octets,
      `${octets.length} bytes read back, identical`,
    );
  }

  #withFile(what: string, run: (client: Client, signal: AbortSignal) => Promise<Finding>): Promise<Finding> {
    if (this.#missing !== undefined) return Promise.resolve(notTried(this.#missing));
    return this.bench.find(what, run);
  }
}

/** None of these is in an RFC; MDTM last, as a server may take it for a question about a strange name. */
const TIME_WAYS: readonly {
  readonly name: string;
  readonly verb: (path: string, atMs: number) => verbs.Verb<unknown>;
}[] = [
  { name: "MFMT", verb: verbs.setModified },
  { name: "MFF", verb: (path, atMs) => verbs.setFact(path, "Modify", formatTimeVal(atMs)) },
  { name: "SITE UTIME (long)", verb: (path, atMs) => verbs.site(`UTIME ${path} ${threeTimes(atMs)} UTC`) },
  { name: "SITE UTIME (short)", verb: (path, atMs) => verbs.site(`UTIME ${formatTimeVal(atMs)} ${path}`) },
  { name: "MDTM", verb: verbs.setModifiedByMdtm },
];

/** Access, modification and change. */
function threeTimes(atMs: number): string {
  return Array(3).fill(formatTimeVal(atMs)).join(" ");
}

/** The reply to a verb that was accepted. @throws ReplyError for one that was not */
function accepted(client: Client, verb: verbs.Verb<unknown>, signal: AbortSignal): Promise<Reply> {
  return client.ask({ ...verb, read: (reply) => reply }, signal);
}
