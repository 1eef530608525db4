import { messageOf } from "../../shared/errors.ts";
import type { Client } from "../session/client.ts";
import { beforeAbort } from "../connection/dial.ts";
import { pause } from "../connection/pause.ts";
import type { Transcript } from "../connection/transcript.ts";
import { ConnectionError, isTransferAborted, ProtocolError, ReplyError } from "../errors.ts";
import { joinPath } from "../pathname.ts";
import { formatReply, isNegative } from "../reply.ts";
import { isCwdUnknown, isListedDirectory } from "../session/directory.ts";
import { fetchFacts } from "../session/names/facts.ts";
import * as verbs from "../session/verbs.ts";
import { type Finding, no, notTried, unknown } from "./result.ts";
import { anySignal } from "../../shared/any-signal.ts";

/** Makes a logged-in connection, with a transcript of all commands and replies. */
export type Connect = (transcript: Transcript, signal: AbortSignal) => Promise<Client>;

/** What came of one try: what was asked for, or a finding that says why not. */
export type ProbeOutcome<T> =
  | { readonly kind: "answered"; readonly value: T }
  | { readonly kind: "failed"; readonly finding: Finding };

/** How long one try may take, its transfers included. */
const TRY_MS = 60_000;
/** How long putting everything back may take, after a cancellation too. */
const CLEAN_MS = 15_000;
/** Storage that is replicated shows a file some time after it has confirmed it. */
const VISIBLE_AFTER_MS = [250, 500, 1_000] as const;
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
  /** Our files, and the bytes of each that the server has confirmed. */
  readonly #stored = new Map<string, number>();
  #client: Client | undefined;
  /** Why the directory is not entered: names are given with their paths then. */
  #unentered: ReplyError | undefined;
  /** A file was waited for in vain: others are not waited for. */
  #hidesFiles = false;
  /** Why there is nothing to try on any more. */
  #gone: string | undefined;

  constructor(connect: Connect, directory: string, signal: AbortSignal) {
    this.#connect = connect;
    this.#directory = directory;
    this.#signal = signal;
  }

  /** Why the server cannot enter the directory, which is there all the same; undefined where it has entered it. */
  get unentered(): string | undefined {
    return this.#unentered && refusalText(this.#unentered);
  }

  /** What a file of the directory is called in commands. */
  named(client: Client, name: string): string {
    return this.#unentered === undefined ? name : client.absolute(joinPath(this.#directory, name));
  }

  /** What the directory itself is called; undefined where we stand in it. */
  place(client: Client): string | undefined {
    return this.#unentered === undefined ? undefined : client.absolute(this.#directory);
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
  ): Promise<ProbeOutcome<T>> {
    this.#signal.throwIfAborted();
    if (this.#gone !== undefined) return failed(notTried(this.#gone));
    const within = anySignal(this.#signal, AbortSignal.timeout(TRY_MS));
    let client: Client;
    try {
      client = await this.#ready(within);
    } catch (error) {
      this.#signal.throwIfAborted();
      if (error instanceof ReplyError) return failed(notTried(refusalText(error)));
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
    const command = { verb: how.verb, argument: this.named(client, name) };
    await using transfer = await client.open(command, how.restartAt, signal);
    const isNew = !this.#stored.has(name);
    const from = how.verb === "APPE" ? (this.#stored.get(name) ?? 0) : how.restartAt;
    // Refused or not: a server may have made it already.
    this.#stored.set(name, from);
    const stream = await transfer.stream(signal).catch((error: unknown) => {
      if (isNew && isUnknownCommand(error)) this.#stored.delete(name);
      throw error;
    });
    await beforeAbort(
      new Promise<void>((resolve, reject) => stream.once("error", reject).end(octets, resolve)),
      signal,
    );
    const length = from + octets.length;
    await transfer.finish(client.host.timeouts.stallMs, signal).catch(async (error: unknown) => {
      if (!isTransferAborted(error) || (await this.#sizeOf(client, name, signal)) !== length) throw error;
    });
    this.#stored.set(name, length);
  }

  /** A file's octets from one on. On a server of no known kind one that was stored a moment ago may be shown later. */
  async retrieve(client: Client, name: string, restartAt: number, signal: AbortSignal): Promise<Buffer> {
    const isPrompt = client.session.family !== undefined || this.#hidesFiles;
    for (const pauseMs of isPrompt ? [] : VISIBLE_AFTER_MS) {
      try {
        return await this.#retrieve(client, name, restartAt, signal);
      } catch (error) {
        if (!(error instanceof ReplyError) || error.reply.code !== 550) throw error;
        await beforeAbort(pause(pauseMs), signal);
      }
    }
    this.#hidesFiles = true;
    return this.#retrieve(client, name, restartAt, signal);
  }

  async #retrieve(client: Client, name: string, restartAt: number, signal: AbortSignal): Promise<Buffer> {
    const command = { verb: "RETR", argument: this.named(client, name) };
    await using transfer = await client.open(command, restartAt, signal);
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of await transfer.stream(signal)) {
      signal.throwIfAborted();
      chunks.push(chunk as Buffer);
      length += (chunk as Buffer).length;
      if (length > MAX_OCTETS) throw new ProtocolError(`more than ${MAX_OCTETS} bytes of ${name}`);
    }
    // What has come is compared with what was stored, whatever the reply says about the connection's end.
    await transfer.finish(client.host.timeouts.replyMs, signal).catch((error: unknown) => {
      if (!isTransferAborted(error)) throw error;
    });
    return Buffer.concat(chunks);
  }

  /** Undefined where the server does not tell. */
  async #sizeOf(client: Client, name: string, signal: AbortSignal): Promise<number | undefined> {
    // In what year it was listed is of no interest.
    const facts = await fetchFacts(client, joinPath(this.#directory, name), 0, signal).catch(() => undefined);
    signal.throwIfAborted();
    if (this.#unentered === undefined) await client.enter(this.#directory, signal);
    return facts?.sizeBytes;
  }

  /** Removes what was stored, on a new connection where the old one is out of order; gives what is left. */
  async clear(): Promise<readonly string[]> {
    if (this.#stored.size === 0) return [];
    const within = AbortSignal.timeout(CLEAN_MS);
    try {
      const client = await this.#ready(within);
      for (const name of this.#stored.keys()) {
        const path = joinPath(this.#directory, name);
        if (await isRemoved(client, this.named(client, name), path, within)) this.#stored.delete(name);
      }
    } catch {
      // Whatever is still in the set is reported.
    }
    return [...this.#stored.keys()];
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
    if (this.#unentered === undefined) await this.#enter(this.#client, signal);
    return this.#client;
  }

  /** A server without CWD may have the directory, and its listings then say so. */
  async #enter(client: Client, signal: AbortSignal): Promise<void> {
    try {
      await client.enter(this.#directory, signal);
    } catch (error) {
      if (!isCwdUnknown(client, error)) throw error;
      // In what year it was listed is of no interest.
      const isThere = await isListedDirectory(client, this.#directory, 0, signal).catch(() => false);
      if (!isThere) throw error;
      this.#unentered = error;
    }
  }

  /** A refusal is an answer; anything that ends the connection leaves the question open. */
  #explained(what: string, client: Client, error: unknown): Finding {
    if (error instanceof ReplyError && error.reply.code !== 421) return no(refusalText(error));
    const because = bare(client, messageOf(error));
    if (client.isReady) return error instanceof ProtocolError ? no(because) : unknown(because);
    client.destroy(new ConnectionError("abandoned"));
    this.lost.push(`${what}: ${because}`);
    return unknown(`connection lost: ${because}`);
  }
}

function refusalText({ command, reply }: ReplyError): string {
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
  const removal = verbs.remove(name);
  if (removal.accepts(await client.reply(removal, signal))) return true;
  const size = await client.reply(verbs.size(name), signal);
  if (size.code === 550 || !isNegative(size)) return isNegative(size);
  // A server that refuses SIZE as such tells nothing of the file. In what year it was listed is of no interest.
  return (await fetchFacts(client, path, 0, signal)) === undefined;
}
