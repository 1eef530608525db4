import type { NameCodec } from "../charset/name-codec.ts";
import { type Command, listsOverData } from "../command.ts";
import { Capabilities } from "./capabilities.ts";
import type { ControlConnection } from "../connection/control/control-connection.ts";
import type { Transcript } from "../connection/transcript.ts";
import { openControl } from "../connection/open-control.ts";
import { askEitherWay, mayGoEitherWay } from "./names/octet-255.ts";
import { beforeAbort } from "../connection/dial.ts";
import { ConnectionError, type ReplyError } from "../errors.ts";
import { hasFeature } from "../features.ts";
import { DataChannel } from "./data-channel.ts";
import { logIn, type ServerSession } from "./login.ts";
import { openData } from "./open-data.ts";
import {
  mayFollow,
  NO_EVIDENCE,
  type Pipelining,
  type PipeliningEvidence,
  type PipeliningGrounds,
  pipeliningOf,
} from "./pipelining.ts";
import { answer, ask, askAll, askInSequence, unjudged } from "./requests.ts";
import { joinPath } from "../pathname.ts";
import { isCompletion, type Reply } from "../reply.ts";
import { type RemovedDirectories, removedDirectoriesOf } from "./removed-directories.ts";
import { accountKey, type HostSettings } from "../settings.ts";
import { Transfer } from "../connection/data/transfer.ts";
import * as verbs from "./verbs.ts";
import { waysOf } from "../ways.ts";

/** How long a last reply is waited for. */
const MOMENT_MS = 1_000;

/** A logged-in connection to one server: typed verbs, and what is known of its state. */
export class Client implements AsyncDisposable {
  readonly session: ServerSession;
  /** What this connection has found out about its server. */
  readonly capabilities = new Capabilities();
  /** What was set at the server for its data connections. */
  readonly data: DataChannel;
  readonly #control: ControlConnection;
  readonly #grounds: PipeliningGrounds;
  readonly #removed: RemovedDirectories;
  /** Where CWD has brought us, and how many directories had been removed by then; undefined where that is not certain. */
  #place: { readonly directory: string; readonly since: number } | undefined;

  private constructor(session: ServerSession, evidence: PipeliningEvidence) {
    this.session = session;
    this.#control = session.control;
    this.#grounds = { isAllowed: session.control.host.commandsAhead, quirks: session.quirks, evidence };
    this.data = new DataChannel(session, this.capabilities, this.#grounds);
    this.#removed = removedDirectoriesOf(accountKey(session.control.host));
    this.movedTo(session.home);
    for (const { verb, because } of waysOf(session.control.host).silent)
      this.capabilities.fails(verb, because);
  }

  /**
   * Connects and logs in.
   * @param evidence read whenever a command is about to be written
   * @throws ConnectionError, LoginError, ProtectionError
   */
  static async connect(
    host: HostSettings,
    transcript: Transcript | undefined,
    signal: AbortSignal,
    evidence = NO_EVIDENCE,
  ): Promise<Client> {
    const { control, greeting } = await openControl(host, transcript, signal);
    try {
      return new Client(await logIn(control, greeting, signal), evidence);
    } catch (error) {
      control.destroy(new ConnectionError("login failed"));
      throw error;
    }
  }

  /** A client on a connection on which somebody has logged in by commands of their own. */
  static of(session: ServerSession, evidence = NO_EVIDENCE): Client {
    return new Client(session, evidence);
  }

  /** Where somebody else's CWD has brought us; undefined where that is not certain. */
  movedTo(directory: string | undefined): void {
    this.#place = directory === undefined ? undefined : { directory, since: this.#removed.count };
  }

  /** A directory has been removed or renamed, or a link to one; it is no longer any connection's current directory. */
  hasRemoved(directory: string): void {
    this.#removed.add(this.absolute(directory));
  }

  get host(): HostSettings {
    return this.#control.host;
  }

  /** How the server writes names. */
  get names(): NameCodec {
    return this.#control.names;
  }

  get name(): string {
    return this.host.name;
  }

  /** Whether another command may be sent; it may have to wait for those that are in flight. */
  get isUsable(): boolean {
    return this.#control.isUsable;
  }

  /** What may be written ahead of replies now. */
  get pipelining(): Pipelining {
    return pipeliningOf(this.#grounds);
  }

  /** Whether the connection has ended as it does where what was written ahead was lost. */
  get hasLostReplies(): boolean {
    return this.#control.hasLostReplies;
  }

  /** Whether commands may be written behind this one, to be answered after the transfer. */
  takesBehind({ verb }: Command): boolean {
    return mayFollow(verb, this.#grounds, this.#control);
  }

  /** Whether the connection is in order and waits for nothing. */
  get isReady(): boolean {
    return this.#control.isUsable && this.#control.isIdle;
  }

  /** Whether octets on our data connections would be private. */
  get isProtected(): boolean {
    return this.data.isProtected;
  }

  /** The TLS version of the control connection, such as `TLSv1.3`; undefined in clear. */
  get tlsVersion(): string | undefined {
    return this.#control.socket.tlsVersion;
  }

  /** Called when the server rejects a data connection before it was asked for a transfer. */
  set onTurnedAway(tell: ((reply: Reply) => void) | undefined) {
    this.#control.onTurnedAway = tell;
  }

  has(feature: string): boolean {
    return hasFeature(this.session.features, feature);
  }

  /** A path from the login directory on, made absolute where the login directory is known. */
  absolute(path: string): string {
    return joinPath(this.session.home ?? "", path);
  }

  /**
   * @param replyMs how long the reply may take, where that is longer than usual
   * @throws ReplyError for a reply the verb does not accept
   */
  ask<T>(verb: verbs.Verb<T>, signal: AbortSignal, replyMs?: number): Promise<T> {
    this.data.noteCommand(verb.command);
    if (mayGoEitherWay(verb, this.session)) return askEitherWay(this.session, verb, signal, replyMs);
    return ask(this.#control, verb, signal, replyMs);
  }

  /** The reply to a verb, whatever it says; {@link answer} reads it. */
  reply(verb: verbs.Verb<unknown>, signal: AbortSignal): Promise<Reply> {
    return this.ask(unjudged(verb), signal);
  }

  /** Several questions, in one write where the server takes that. The first refusal is thrown. */
  askAll<T extends readonly unknown[]>(
    wanted: { readonly [K in keyof T]: verbs.Verb<T[K]> },
    signal: AbortSignal,
  ): Promise<T> {
    const open = wanted.find((verb: verbs.Verb<unknown>) => mayGoEitherWay(verb, this.session));
    if (open === undefined) return this.#askAll(wanted, signal);
    return askEitherWay(this.session, unjudged(open), signal).then(() => this.#askAll(wanted, signal));
  }

  #askAll<T extends readonly unknown[]>(
    wanted: { readonly [K in keyof T]: verbs.Verb<T[K]> },
    signal: AbortSignal,
  ): Promise<T> {
    return askAll(this.#control, wanted, this.pipelining !== "nothing", signal);
  }

  /** As {@link askInSequence}. */
  askInSequence<T>(
    before: readonly verbs.Verb<unknown>[],
    last: verbs.Verb<T>,
    signal: AbortSignal,
    replyMs?: number,
  ): Promise<T> {
    return askInSequence(this.#control, before, last, signal, replyMs);
  }

  /** The meaning of a reply to a command that was sent on the control connection itself. */
  answer<T>(verb: verbs.Verb<T>, reply: Reply): T {
    return answer(this.#control, verb, reply);
  }

  /** A text from the server, our secrets masked. */
  masked(text: string): string {
    return this.#control.masked(text);
  }

  /** The error for a reply that is none to this verb, our secrets masked. */
  refusal(verb: verbs.Verb<unknown>, reply: Reply): ReplyError {
    return this.#control.refusal(verb.command, reply);
  }

  /** CWD, unless it is the current directory. Names in commands are then single names, which no server globs. */
  async enter(directory: string, signal: AbortSignal): Promise<void> {
    const target = this.absolute(directory);
    if (target === "" || this.standsIn(target)) return;
    this.movedTo(undefined);
    const since = this.#removed.count;
    await this.ask(verbs.changeDirectory(target), signal);
    this.capabilities.works("CWD", "a directory was entered");
    this.#place = { directory: target, since };
  }

  /** The reply to CWD, whatever it says. The current directory is not known afterwards, for several may be under way. */
  async tryToEnter(directory: string, signal: AbortSignal): Promise<Reply> {
    this.movedTo(undefined);
    const reply = await this.reply(verbs.changeDirectory(this.absolute(directory)), signal);
    this.movedTo(undefined);
    if (isCompletion(reply)) this.capabilities.works("CWD", "a directory was entered");
    return reply;
  }

  /** Whether CWD has brought us there. */
  standsIn(directory: string): boolean {
    const path = this.absolute(directory);
    return this.#place?.directory === path && this.#removed.isSame(path, this.#place.since);
  }

  /** The same for a listing that follows at once: where the server allows it, it is asked to listen in the same write. */
  async enterToList(directory: string, signal: AbortSignal): Promise<void> {
    const entering = this.enter(directory, signal);
    if (this.pipelining === "commands") this.data.listenToList();
    await entering;
  }

  /**
   * Starts a command that moves octets between the server and us. With `restartAt` the server is asked to
   * begin there (REST, RFC 3659 §5), or to send that range alone (RANG); nothing comes between that and the command.
   */
  async open(
    command: Command,
    restartAt: number | { readonly from: number; readonly to?: number },
    signal: AbortSignal,
  ): Promise<Transfer> {
    await this.data.becomeOurs(signal);
    const data = await openData(this.data, command, signal);
    const { from, to } = typeof restartAt === "number" ? { from: restartAt } : restartAt;
    const restart = verbs.startingAt(from, to);
    try {
      // No server family that we know expects this, and some close a connection on which TLS starts early.
      const mayTlsBegin = this.isProtected && this.session.family === undefined;
      const early = { tls: mayTlsBegin, data: mayTlsBegin || !this.isProtected };
      const exchange =
        restart === undefined
          ? this.#control.send(command)
          : await this.#control.inSequence(async (sender) => {
              await ask(sender, restart, signal);
              return sender.send(command);
            });
      const isLastIfGivenUp = listsOverData(command) && this.session.quirks.keepsUnsentEntries;
      return new Transfer(this.#control, data, exchange, early, isLastIfGivenUp);
    } catch (error) {
      data.close();
      throw error;
    }
  }

  /** Closes in good order (QUIT). @param isAwaited whether the server's reply is */
  async close(isAwaited = true): Promise<void> {
    // Who waits for a reply is not let go in good order; one that does not come soon is not waited for.
    const pending = this.data.pending;
    if (pending !== undefined) await beforeAbort(pending, AbortSignal.timeout(MOMENT_MS)).catch(() => {});
    await (isAwaited ? this.#control.close() : this.#control.part());
  }

  /** Closes at once. */
  destroy(reason: Error): void {
    this.#control.destroy(reason);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
