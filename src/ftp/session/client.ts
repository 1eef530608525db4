import { type HostPort, usableHostPort } from "../address.ts";
import type { Command } from "../command.ts";
import { Capabilities } from "./capabilities.ts";
import type { ControlConnection, Transcript } from "../connection/control-connection.ts";
import { openControl } from "../connection/open-control.ts";
import { plainAddress } from "../connection/data-connection.ts";
import { beforeAbort } from "../connection/dial.ts";
import { ConnectionError, ProtectionError, ReplyError } from "../errors.ts";
import type { Exchange } from "../connection/exchange.ts";
import { hasFeature } from "../features.ts";
import { answer, ask, askAll, logIn, type Session } from "./login.ts";
import { openData, passiveForms } from "./open-data.ts";
import { joinPath } from "../pathname.ts";
import type { Reply } from "../reply.ts";
import type { HostSettings } from "./settings.ts";
import { Transfer } from "../connection/transfer.ts";
import * as verbs from "./verbs.ts";

/** What says where the next data connection will be, in place of what was said before (RFC 959 §3.2). */
const PLACES: ReadonlySet<string> = new Set(["PORT", "EPRT", "PASV", "EPSV", "CPSV"]);

/** How long a last reply is waited for. */
const MOMENT_MS = 1_000;

/** How a server is made to listen for a data connection. */
export type PassiveForm = "PASV" | "EPSV" | "CPSV";

/** A logged-in connection to one server: typed verbs, data connections, and what is known of its state. */
export class Client implements AsyncDisposable {
  readonly session: Session;
  /** What this connection has found out about its server. */
  readonly capabilities = new Capabilities();
  /** Whether each reply is waited for, whatever the server is known to take. */
  isCautious = false;
  /** Whether this server, of no family that we know, was seen to take questions ahead of replies. */
  hasShownQuestions = false;
  readonly #control: ControlConnection;
  #protection: "clear" | "private";
  /** Whether the server takes the TLS client's part on data connections (SSCN). */
  #isTlsClient = false;
  /** Whether the server wants to hear of the transfer before PASV (PRET). */
  #wantsPret: boolean;
  /** A data connection that the server was told to listen for before its turn. */
  #ahead:
    | { readonly form: PassiveForm; readonly at: Promise<HostPort>; readonly isForUs: boolean }
    | undefined;
  /** Where CWD has brought us; undefined where that is not certain. */
  #directory: string | undefined;

  private constructor(session: Session) {
    this.session = session;
    this.#control = session.control;
    this.#protection = session.protection;
    this.#directory = session.home;
    this.#wantsPret = session.quirks.wantsPret;
  }

  /** Connects and logs in. @throws ConnectionError, LoginError, ProtectionError */
  static async connect(
    host: HostSettings,
    transcript: Transcript | undefined,
    signal: AbortSignal,
  ): Promise<Client> {
    const { control, greeting } = await openControl(host, transcript, signal);
    try {
      return new Client(await logIn(control, greeting, signal));
    } catch (error) {
      control.destroy(new ConnectionError("login failed"));
      throw error;
    }
  }

  /** A client on a connection on which somebody has logged in by commands of their own. */
  static of(session: Session): Client {
    return new Client(session);
  }

  /** Where somebody else's CWD has brought us; undefined where that is not certain. */
  movedTo(directory: string | undefined): void {
    this.#directory = directory;
  }

  get host(): HostSettings {
    return this.#control.host;
  }

  get name(): string {
    return this.host.name;
  }

  /** Whether another command may be sent; it may have to wait for those that are in flight. */
  get isUsable(): boolean {
    return this.#control.isUsable;
  }

  /** Whether commands may be written ahead of replies. */
  get takesAhead(): boolean {
    return this.host.commandsAhead && !this.isCautious && this.session.quirks.takesAhead;
  }

  /** Whether questions may be written ahead of replies: what changes nothing, and is about no data connection. */
  get takesQuestions(): boolean {
    return this.takesAhead || (this.host.commandsAhead && !this.isCautious && this.hasShownQuestions);
  }

  /** Whether the connection has ended as it does where what was written ahead was lost. */
  get hasLostReplies(): boolean {
    return this.#control.hasLostReplies;
  }

  /** Whether commands may be written behind this one, to be answered after the transfer. */
  takesBehind({ verb }: Command): boolean {
    const where = this.session.quirks.takesBehind[verb];
    const takes = where === "anywhere" || (where === "in-clear" && !this.#control.isProtected);
    return takes && this.takesAhead && !this.#control.answersInside;
  }

  /** Whether the connection is in order and waits for nothing. */
  get isReady(): boolean {
    return this.#control.isUsable && this.#control.isIdle;
  }

  /** Whether octets on our data connections would be private. */
  get isProtected(): boolean {
    return this.#protection === "private";
  }

  /** The TLS version of the control connection, such as `TLSv1.3`; undefined in clear. */
  get tlsVersion(): string | undefined {
    return this.#control.tlsVersion;
  }

  /** Who is to be told when the server turns a data connection away before it was asked for a transfer. */
  set onTurnedAway(tell: ((reply: Reply) => void) | undefined) {
    this.#control.onTurnedAway = tell;
  }

  /** The server's address as we reached it. */
  get peerAddress(): string {
    return plainAddress(this.#control.peerAddress);
  }

  /** Our own address as the server sees it, network translation aside. */
  get localAddress(): string {
    return this.#control.localAddress;
  }

  /** The newest TLS session of the control connection. */
  get tlsSession(): Buffer | undefined {
    return this.#control.tlsSession;
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
    // From then on it listens no more where it was told to before.
    if (PLACES.has(verb.command.verb)) this.#ahead = undefined;
    return ask(this.#control, verb, signal, replyMs);
  }

  /** The reply to a verb, whatever it says; {@link answer} reads it. */
  reply(verb: verbs.Verb<unknown>, signal: AbortSignal): Promise<Reply> {
    return this.ask({ command: verb.command, accepts: always, read: asItIs }, signal);
  }

  /** Several questions, in one write where the server takes that. The first refusal is thrown. */
  askAll<T extends readonly unknown[]>(
    wanted: { readonly [K in keyof T]: verbs.Verb<T[K]> },
    signal: AbortSignal,
  ): Promise<T> {
    return askAll(this.#control, wanted, this.takesQuestions, signal);
  }

  /** Sends a command whose replies the caller follows. */
  send(command: Command): Exchange {
    return this.#control.send(command);
  }

  /** The meaning of a reply to a command that was sent with {@link send}. */
  answer<T>(verb: verbs.Verb<T>, reply: Reply): T {
    return answer(this.#control, verb, reply);
  }

  /** A text that the server has said, our secrets masked. */
  masked(text: string): string {
    return this.#control.masked(text);
  }

  /** The error for a reply that is none to this verb, our secrets masked. */
  refusal(verb: verbs.Verb<unknown>, reply: Reply): ReplyError {
    return this.#control.refusal(verb.command, reply);
  }

  /** CWD, unless we stand there. Names in commands are then single names, which no server globs. */
  async enter(directory: string, signal: AbortSignal): Promise<void> {
    const target = this.absolute(directory);
    if (target === "" || this.standsIn(target)) return;
    this.#directory = undefined;
    await this.ask(verbs.changeDirectory(target), signal);
    this.#directory = target;
  }

  /** The reply to CWD, whatever it says. Where we stand is not known afterwards, for several may be under way. */
  async tryToEnter(directory: string, signal: AbortSignal): Promise<Reply> {
    this.#directory = undefined;
    const reply = await this.reply(verbs.changeDirectory(this.absolute(directory)), signal);
    this.#directory = undefined;
    return reply;
  }

  /** Whether CWD has brought us there. */
  standsIn(directory: string): boolean {
    return this.#directory === this.absolute(directory);
  }

  /** The same for a listing that follows at once: where the server takes that, it is told to listen as well. */
  async enterToList(directory: string, signal: AbortSignal): Promise<void> {
    const entering = this.enter(directory, signal);
    const form = this.#formForUs;
    if (this.takesAhead && form !== undefined && this.#ahead?.isForUs !== true)
      this.listenAhead(form, signal, true);
    await entering;
  }

  /** Whether data connections are protected in this way already, so that {@link protectData} has nothing to say. */
  protects(level: "clear" | "private", isTlsClient: boolean): boolean {
    return this.#protection === level && this.#isTlsClient === isTlsClient;
  }

  /**
   * Whether it is known where the server listens for us, so that a listing may be asked for in one write with CWD. One
   * that would not listen before its turn is told so in its turn.
   */
  async listensForUs(): Promise<boolean> {
    const ahead = this.#ahead;
    if (ahead?.isForUs !== true || !this.#listsAhead) return false;
    const at = await this.#heardAhead(ahead.form);
    if (at !== undefined) this.#ahead = ahead;
    return at !== undefined;
  }

  /** Whether the server may be told to listen before it has said how a listing ended: it reads nothing while it sends. */
  get #listsAhead(): boolean {
    const form = this.#formForUs;
    return (
      form !== undefined && this.capabilities.has(`listing by ${form}`) && this.takesBehind({ verb: "RETR" })
    );
  }

  /** To be called when all of a listing has come; who lists the second one will want a third. */
  hasListed(signal: AbortSignal): void {
    const form = this.#formForUs;
    if (form === undefined) return;
    if (this.#listsAhead) this.listenAhead(form, signal, true);
    else this.capabilities.works(`listing by ${form}`, "a listing has come");
  }

  /** How the server is made to listen for us, where nothing else has to be said before. */
  get #formForUs(): "EPSV" | "PASV" | undefined {
    const isReady = this.#protection === this.session.protection && !this.#isTlsClient;
    return isReady && this.host.dataOpening !== "active" ? passiveForms(this)[0] : undefined;
  }

  /**
   * How data connections are protected from now on: PROT (RFC 4217 §9), and who begins the TLS handshake
   * (SSCN). A server that is TLS client begins it for RETR, STOR and APPE, whoever connects; any other waits
   * for the other side to begin.
   * @throws ReplyError when it refuses; ProtectionError when it should be TLS client and has no SSCN
   */
  async protectData(level: "clear" | "private", isTlsClient: boolean, signal: AbortSignal): Promise<void> {
    // Some servers take SSCN only while PROT is P.
    if (!isTlsClient) await this.#setTlsClient(false, signal);
    if (this.#protection !== level) {
      this.#ahead = undefined;
      await this.ask(verbs.protectionLevel(level), signal);
      this.#protection = level;
    }
    if (isTlsClient) await this.#setTlsClient(true, signal);
  }

  /**
   * Starts a command that moves octets between the server and us. With `restartAt` the server is asked to
   * begin there (REST, RFC 3659 §5); nothing comes between that and the command.
   */
  async open(command: Command, restartAt: number, signal: AbortSignal): Promise<Transfer> {
    // A third-party transfer may have left it clear; what passes between the server and us need not be.
    await this.protectData(this.session.protection, false, signal);
    if (this.#ahead?.isForUs !== true) this.#ahead = undefined;
    const data = await openData(this, command, signal);
    const restart = restartAt > 0 ? verbs.restartAt(restartAt) : undefined;
    try {
      if (restart !== undefined) await this.ask(restart, signal);
      return new Transfer(this.#control, data, this.send(command));
    } catch (error) {
      data.close();
      throw error;
    }
  }

  /**
   * Makes the server listen for a data connection, and says where (RFC 959 §4.1.2; RFC 2428 §3). A server that
   * chooses the data host by the file is told first which it will be (PRET).
   * @throws AddressError for a host-port that nobody should connect to
   */
  async listen(form: PassiveForm, about: Command, signal: AbortSignal): Promise<HostPort> {
    try {
      const ahead = this.#ahead && (await this.#heardAhead(form));
      if (ahead !== undefined) return ahead;
      if (this.#wantsPret) await this.ask(verbs.preTransfer(about), signal);
      return await this.#listen(form, signal);
    } catch (error) {
      const isAsked = error instanceof ReplyError && /\bPRET\b/.test(error.reply.lines.join(" "));
      if (!isAsked || this.#wantsPret) throw error;
      this.#wantsPret = true;
      return this.listen(form, about, signal);
    }
  }

  /**
   * Makes the server listen for the transfer after the one that runs; {@link listen} then has the answer. To be
   * called only where {@link takesBehind}.
   */
  listenAhead(form: PassiveForm, signal: AbortSignal, isForUs = false): void {
    if (this.#wantsPret || this.capabilities.lacks(`${form} ahead`)) return;
    const at = this.#listen(form, signal);
    at.catch(() => {});
    this.#ahead = { form, at, isForUs };
  }

  /** A server that would not hear of it before its turn is asked in its turn from now on. */
  async #heardAhead(form: PassiveForm): Promise<HostPort | undefined> {
    const ahead = this.#ahead;
    this.#ahead = undefined;
    if (ahead?.form !== form) return undefined;
    try {
      return await ahead.at;
    } catch (error) {
      if (!(error instanceof ReplyError)) throw error;
      this.capabilities.refused(`${form} ahead`, error.reply);
      return undefined;
    }
  }

  async #listen(form: PassiveForm, signal: AbortSignal): Promise<HostPort> {
    const policy = { peer: this.peerAddress, allowed: this.host.dataAddresses };
    if (form === "PASV") return usableHostPort(await this.ask(verbs.passive(), signal), policy);
    if (form === "CPSV") return usableHostPort(await this.ask(verbs.passiveTlsClient(), signal), policy);
    const { address = this.peerAddress, port } = await this.ask(verbs.extendedPassive(), signal);
    return usableHostPort({ address, port }, policy);
  }

  /** Closes in good order (QUIT). */
  async close(): Promise<void> {
    // Who waits for a reply is not let go in good order; one that does not come soon is not waited for.
    const heard = this.#ahead?.at;
    if (heard !== undefined) await beforeAbort(heard, AbortSignal.timeout(MOMENT_MS)).catch(() => {});
    await this.#control.close();
  }

  /** Closes at once. */
  destroy(reason: Error): void {
    this.#control.destroy(reason);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #setTlsClient(isOn: boolean, signal: AbortSignal): Promise<void> {
    if (this.#isTlsClient === isOn) return;
    if (!this.has("SSCN"))
      throw new ProtectionError(`${this.name}: has no SSCN, so it cannot act as TLS client`);
    await this.ask(verbs.secureClient(isOn), signal);
    this.#isTlsClient = isOn;
  }
}

const always = () => true;
const asItIs = (reply: Reply) => reply;
