import { codecOf, type NameCodec } from "../../ftp/charset/name-codec.ts";
import type { Client } from "../../ftp/session/client.ts";
import { listDirectory } from "../../ftp/session/directory.ts";
import { makeDirectories } from "../../ftp/session/make-directories.ts";
import { fetchFacts, sizeOf } from "../../ftp/session/names/facts.ts";
import { listsFacts } from "../../ftp/features.ts";
import { type Algorithm, type DigestOffer, digestOf, digestsIn } from "../../ftp/session/digest.ts";
import { ReplyError } from "../../ftp/errors.ts";
import type { ListingEntry } from "../../ftp/listing/entry.ts";
import type { ServerSession } from "../../ftp/session/login.ts";
import type { Pipelining } from "../../ftp/session/pipelining.ts";
import { type NameQuery, type Presence, presenceOf } from "../../ftp/session/names/presence.ts";
import type { Family } from "../../ftp/quirks.ts";
import { SEVERAL, tryAhead } from "../../ftp/probe/ahead.ts";
import { canSetModified, setModified } from "../../ftp/session/names/set-modified.ts";
import { accountKey, type HostSettings } from "../../ftp/settings.ts";
import { type SymbolicLinks, linksIn, unlinkDirectory } from "../../ftp/session/names/unlink.ts";
import * as verbs from "../../ftp/session/verbs.ts";
import type { Clock } from "../../shared/clock.ts";
import type {
  DigestRange,
  FileFacts,
  Published,
  Publishing,
  ByteSource,
  ServerSide,
  Writing,
} from "./side.ts";
import type { PipeliningKnowledge, RoutePipelining } from "../pipelining.ts";
import { directoryFault } from "./file-in-path.ts";
import { FtpConnection, type FtpDeps } from "./ftp-connection.ts";
import { openReading, openWriting, openWritingInto } from "./ftp-streams.ts";
import { mergesNames, refusalOfPath, requireKeptDirectory } from "./kept-names.ts";
import { makeLink } from "./make-link.ts";
import { publishFile, renameFile, replaceFile } from "./naming.ts";

/** A server as a side: one connection, made when it is first needed and again when it is lost. */
export class FtpSide implements ServerSide {
  readonly kind = "server";
  readonly host: HostSettings;
  readonly #clock: Clock;
  readonly #connection: FtpConnection;

  /** @param session of a connection that is logged in already */
  constructor(host: HostSettings, deps: FtpDeps, session?: ServerSession) {
    this.host = host;
    this.#clock = deps.clock;
    this.#connection = new FtpConnection(host, deps, session);
  }

  get name(): string {
    return this.host.name;
  }

  get names(): NameCodec {
    return codecOf(this.host.charset);
  }

  locate(path: string): string {
    return `ftp://${accountKey(this.host)}/${this.#connection.last?.absolute(path) ?? path}`;
  }

  get family(): Family | undefined {
    return this.#connection.last?.session.family;
  }

  /** What may be written ahead of replies on the connection that there is. */
  get pipelining(): Pipelining {
    return this.#connection.last?.pipelining ?? "nothing";
  }

  /** Files go by this route from now on, and what it knows of writing ahead of replies counts. */
  follow(route: RoutePipelining): void {
    this.#connection.evidence.follow(route);
  }

  /** Whether it is known whether the server takes questions ahead of replies, as far as {@link acquaint} can find out. */
  get isAcquainted(): boolean {
    const client = this.connected;
    return client !== undefined && this.#isKnown(client);
  }

  /** Finds out whether a server of an unknown kind takes questions ahead of replies, where that is not known. */
  async acquaint(server: PipeliningKnowledge, signal: AbortSignal): Promise<void> {
    const client = await this.client(signal);
    if (this.#isKnown(client)) return;
    const attempt = async () => (await tryAhead(client, SEVERAL, signal)).finding;
    await this.#connection.evidence.learn(server, attempt, signal);
  }

  #isKnown({ session }: Client): boolean {
    return session.family !== undefined || !this.host.commandsAhead;
  }

  /** Whether bytes that pass between the server and us are private. */
  get isProtected(): boolean {
    return this.#connection.last?.isProtected === true;
  }

  /** From now on it is for somebody else, who hears what is said, and where it stands is asked anew. @returns itself */
  serving(deps: FtpDeps): this {
    this.#connection.serve(deps);
    return this;
  }

  /** As {@link FtpConnection.client}. */
  client(signal: AbortSignal): Promise<Client> {
    return this.#connection.client(signal);
  }

  /** As {@link FtpConnection.connected}. */
  get connected(): Client | undefined {
    return this.#connection.connected;
  }

  resync(signal: AbortSignal): Promise<void> {
    return this.#connection.resync(signal);
  }

  async ready(signal: AbortSignal): Promise<void> {
    await this.client(signal);
  }

  async facts(path: string, signal: AbortSignal): Promise<FileFacts | undefined> {
    return fetchFacts(await this.client(signal), path, this.#clock.now(), signal);
  }

  async presence(asked: readonly NameQuery[], signal: AbortSignal): Promise<readonly Presence[]> {
    return presenceOf(await this.client(signal), asked, signal);
  }

  glance(
    path: string,
    isTimed: boolean,
    written: () => void,
    signal: AbortSignal,
  ): Promise<FileFacts | undefined> {
    const { connected } = this;
    const ask = (client: Client) => this.#glance(client, path, isTimed, written, signal);
    return connected === undefined ? this.client(signal).then(ask) : ask(connected);
  }

  #glance(
    client: Client,
    path: string,
    isTimed: boolean,
    written: () => void,
    signal: AbortSignal,
  ): Promise<FileFacts | undefined> {
    // In one command instead of two, where they are not written in one anyway.
    const isAhead = client.pipelining !== "nothing";
    if (!isAhead && listsFacts(client.session.features)) return this.facts(path, signal);
    const asked = sizeOf(client, path, isTimed, signal);
    if (isAhead) written();
    return asked;
  }

  list(
    directory: string,
    signal: AbortSignal,
    isStrict = false,
    ended?: (isWhole: boolean) => void,
  ): AsyncGenerator<ListingEntry> {
    const nowMs = this.#clock.now();
    return listDirectory(() => this.client(signal), directory, nowMs, signal, isStrict, ended);
  }

  async makeDirectory(path: string, signal: AbortSignal): Promise<void> {
    const client = await this.client(signal);
    await requireKeptDirectory(client, path, this.#clock.now(), signal);
    try {
      await makeDirectories(client, path, this.#clock.now(), signal);
    } catch (error) {
      throw await directoryFault(this, path, error, signal);
    }
  }

  async replace(path: string, by: string, signal: AbortSignal): Promise<void> {
    await replaceFile(this, path, by, signal);
  }

  async move(from: string, to: string, signal: AbortSignal): Promise<void> {
    await renameFile(this, from, to, signal);
    this.connected?.hasRemoved(from);
  }

  publish(file: Publishing, written: () => void, signal: AbortSignal): Promise<Published> {
    return publishFile(this, file, written, signal);
  }

  async remove(path: string, signal: AbortSignal): Promise<Error | undefined> {
    const client = await this.client(signal);
    try {
      await client.ask(verbs.remove(client.absolute(path)), signal);
      // It may have been a link to a directory.
      client.hasRemoved(path);
      return undefined;
    } catch (error) {
      if (!(error instanceof ReplyError) || (await this.facts(path, signal)) !== undefined) throw error;
      return error;
    }
  }

  async removeDirectory(path: string, signal: AbortSignal): Promise<Error | undefined> {
    const client = await this.client(signal);
    try {
      await client.ask(verbs.removeDirectory(client.absolute(path)), signal);
      client.hasRemoved(path);
      return undefined;
    } catch (error) {
      if (!(error instanceof ReplyError) || (await this.facts(path, signal)) !== undefined) throw error;
      return error;
    }
  }

  async unlink(path: string, signal: AbortSignal): Promise<boolean> {
    return unlinkDirectory(await this.client(signal), path, this.#clock.now(), signal);
  }

  async linksIn(directory: string, signal: AbortSignal): Promise<SymbolicLinks | undefined> {
    return linksIn(await this.client(signal), directory, this.#clock.now(), signal);
  }

  async makeLink(path: string, to: string, signal: AbortSignal): Promise<void> {
    await makeLink(await this.client(signal), path, to, this.#clock.now(), signal);
  }

  async setPermissions(path: string, bits: number, signal: AbortSignal): Promise<string | undefined> {
    const client = await this.client(signal);
    const verb = verbs.setPermissions(client.absolute(path), bits);
    const reply = await client.reply(verb, signal);
    return verb.accepts(reply) ? undefined : client.refusal(verb, reply).message;
  }

  async keepsTimes(signal: AbortSignal): Promise<boolean> {
    return canSetModified(await this.client(signal));
  }

  refusalOfTarget(
    path: string,
    alone: () => Promise<void>,
    signal: AbortSignal,
  ): Promise<string | undefined> | string | undefined {
    const ask = (client: Client) => refusalOfPath(client, path, this.#clock.now(), alone, signal);
    const { connected } = this;
    return connected === undefined ? this.client(signal).then(ask) : ask(connected);
  }

  async areOneName(
    directory: string,
    names: readonly [string, string],
    signal: AbortSignal,
  ): Promise<boolean> {
    return mergesNames(await this.client(signal), directory, names, this.#clock.now(), signal);
  }

  async read(path: string, restartAt: number, signal: AbortSignal): Promise<ByteSource> {
    return openReading(await this.client(signal), path, restartAt, signal);
  }

  async write(path: string, restartAt: number, signal: AbortSignal): Promise<Writing> {
    return openWriting(await this.client(signal), path, restartAt, signal);
  }

  async writeInto(path: string, at: number, signal: AbortSignal): Promise<Writing> {
    return openWritingInto(await this.client(signal), path, at, signal);
  }

  async setModified(path: string, atMs: number, signal: AbortSignal): Promise<string | undefined> {
    return setModified(await this.client(signal), path, atMs, signal);
  }

  async digests(signal: AbortSignal): Promise<readonly DigestOffer[]> {
    return digestsIn((await this.client(signal)).session.features);
  }

  async digest(
    path: string,
    algorithm: Algorithm,
    extent: DigestRange,
    signal: AbortSignal,
  ): Promise<string> {
    return digestOf(await this.client(signal), path, algorithm, extent, signal);
  }

  async close(isAwaited = true): Promise<void> {
    await this.#connection.close(isAwaited);
  }
}
