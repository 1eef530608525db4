import { messageOf } from "../../shared/errors.ts";
import type { Client } from "../session/client.ts";
import { beforeAbort } from "../connection/dial.ts";
import type { Transcript } from "../connection/transcript.ts";
import { ConnectionError, ProtocolError, ReplyError } from "../errors.ts";
import { joinPath } from "../pathname.ts";
import { formatReply, isNegative } from "../reply.ts";
import { factsOf } from "../session/names/facts.ts";
import * as verbs from "../session/verbs.ts";
import { type Finding, no, notTried, unknown } from "./result.ts";
import { anySignal } from "../../shared/any-signal.ts";

/** Makes a logged-in connection, with a transcript of everything said on it. */
export type Connect = (transcript: Transcript, signal: AbortSignal) => Promise<Client>;

/** What came of one try: what was asked for, or a finding that says why not. */
export type Outcome<T> =
  | { readonly kind: "answered"; readonly value: T }
  | { readonly kind: "failed"; readonly finding: Finding };

/** How long one try may take, its transfers included. */
const TRY_MS = 60_000;
/** How long putting everything back may take, after a cancellation too. */
const CLEAN_MS = 15_000;
/** Octets of a probe file that are read back at most: ours are shorter. */
const MAX_OCTETS = 65_536;

/**
 * Where a server is tried out: one connection that is in the directory, made again when a try has cost it,
 * and the files that were stored, which are removed in the end.
 */
export class Bench {
  readonly lost: string[] = [];
  readonly #connect: Connect;
  readonly #directory: string;
  readonly #signal: AbortSignal;
  readonly #stored = new Set<string>();
  #client: Client | undefined;
  #entered: Client | undefined;
  /** Why there is nothing to try on any more. */
  #gone: string | undefined;

  constructor(connect: Connect, directory: string, signal: AbortSignal) {
    this.#connect = connect;
    this.#directory = directory;
    this.#signal = signal;
  }

  /** The first connection. @throws ConnectionError, LoginError, ProtectionError */
  async open(transcript: Transcript): Promise<Client> {
    this.#client = await this.#connect(transcript, this.#signal);
    return this.#client;
  }

  /** Tries something; whatever comes of it is a value. @throws only when cancelled */
  async attempt<T>(
    what: string,
    run: (client: Client, signal: AbortSignal) => Promise<T>,
  ): Promise<Outcome<T>> {
    this.#signal.throwIfAborted();
    if (this.#gone !== undefined) return failed(notTried(this.#gone));
    const within = anySignal(this.#signal, AbortSignal.timeout(TRY_MS));
    let client: Client;
    try {
      client = await this.#ready(within);
    } catch (error) {
      this.#signal.throwIfAborted();
      if (error instanceof ReplyError) return failed(notTried(refusalOf(error)));
      this.#gone = `the connection could not be reopened: ${messageOf(error)}`;
      return failed(notTried(this.#gone));
    }
    try {
      return { kind: "answered", value: await beforeAbort(run(client, within), within) };
    } catch (error) {
      this.#signal.throwIfAborted();
      return failed(this.#explained(what, client, error));
    }
  }

  /** A try that is a finding itself. */
  async find(what: string, run: (client: Client, signal: AbortSignal) => Promise<Finding>): Promise<Finding> {
    const outcome = await this.attempt(what, run);
    return outcome.kind === "answered" ? outcome.value : outcome.finding;
  }

  /** Stores a file of ours, or what goes behind its beginning. */
  async store(
    client: Client,
    name: string,
    octets: Uint8Array,
    how: { readonly verb: "STOR" | "APPE"; readonly restartAt: number },
    signal: AbortSignal,
  ): Promise<void> {
    await using transfer = await client.open({ verb: how.verb, argument: name }, how.restartAt, signal);
    const isNew = !this.#stored.has(name);
    // Refused or not: a server may have made it already.
    this.#stored.add(name);
    const stream = await transfer.stream(signal).catch((error: unknown) => {
      if (isNew && isUnknownCommand(error)) this.#stored.delete(name);
      throw error;
    });
    await beforeAbort(
      new Promise<void>((resolve, reject) => stream.once("error", reject).end(octets, resolve)),
      signal,
    );
    await transfer.finish(client.host.timeouts.stallMs, signal);
  }

  /** A file's octets from one on. */
  async retrieve(client: Client, name: string, restartAt: number, signal: AbortSignal): Promise<Buffer> {
    await using transfer = await client.open({ verb: "RETR", argument: name }, restartAt, signal);
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of await transfer.stream(signal)) {
      signal.throwIfAborted();
      chunks.push(chunk as Buffer);
      length += (chunk as Buffer).length;
      if (length > MAX_OCTETS) throw new ProtocolError(`more than ${MAX_OCTETS} bytes of ${name}`);
    }
    await transfer.finish(client.host.timeouts.replyMs, signal);
    return Buffer.concat(chunks);
  }

  /** Removes what was stored, on a new connection where the old one is out of order; gives what is left. */
  async clear(): Promise<readonly string[]> {
    if (this.#stored.size === 0) return [];
    const within = AbortSignal.timeout(CLEAN_MS);
    try {
      const client = await this.#ready(within);
      for (const name of this.#stored) {
        const path = joinPath(this.#directory, name);
        if (await isRemoved(client, name, path, within)) this.#stored.delete(name);
      }
    } catch {
      // Whatever is still in the set is reported.
    }
    return [...this.#stored];
  }

  async close(): Promise<void> {
    await this.#client?.close();
    this.#client = undefined;
  }

  async #ready(signal: AbortSignal): Promise<Client> {
    if (this.#client?.isReady !== true) {
      this.#client?.destroy(new ConnectionError("connection no longer usable"));
      this.#client = undefined;
      this.#client = await this.#connect(() => {}, signal);
    }
    if (this.#entered !== this.#client) {
      await this.#client.enter(this.#directory, signal);
      this.#entered = this.#client;
    }
    return this.#client;
  }

  /** A refusal is an answer; anything that ends the connection leaves the question open. */
  #explained(what: string, client: Client, error: unknown): Finding {
    if (error instanceof ReplyError && error.reply.code !== 421) return no(refusalOf(error));
    const because = bare(client, messageOf(error));
    if (client.isReady) return error instanceof ProtocolError ? no(because) : unknown(because);
    client.destroy(new ConnectionError("abandoned"));
    this.lost.push(`${what}: ${because}`);
    return unknown(`connection lost: ${because}`);
  }
}

function refusalOf({ command, reply }: ReplyError): string {
  return `${command.verb}: ${formatReply(reply)}`;
}

function isUnknownCommand(error: unknown): boolean {
  return error instanceof ReplyError && [500, 502].includes(error.reply.code);
}

/** A message without the host's name: the whole result is about that host. */
function bare(client: Client, message: string): string {
  return message.startsWith(`${client.name}: `) ? message.slice(client.name.length + 2) : message;
}

function failed(finding: Finding): { readonly kind: "failed"; readonly finding: Finding } {
  return { kind: "failed", finding };
}

/** Whether a file is gone: deleted now, or never there. */
async function isRemoved(client: Client, name: string, path: string, signal: AbortSignal): Promise<boolean> {
  if (!isNegative(await client.reply(verbs.remove(name), signal))) return true;
  const size = await client.reply(verbs.size(name), signal);
  if (size.code === 550 || !isNegative(size)) return isNegative(size);
  // A server that refuses SIZE as such tells nothing of the file. In what year it was listed is of no interest.
  return (await factsOf(client, path, 0, signal)) === undefined;
}
