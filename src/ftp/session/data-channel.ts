import { type HostPort, usableHostPort } from "../address.ts";
import type { Command } from "../command.ts";
import type { ControlConnection } from "../connection/control/control-connection.ts";
import { plainAddress } from "../connection/data/data-connection.ts";
import { beforeAbort } from "../connection/dial.ts";
import { ProtectionError, ReplyError } from "../errors.ts";
import { hasFeature } from "../features.ts";
import type { Capabilities } from "./capabilities.ts";
import type { ServerSession } from "./login.ts";
import { mayFollow, type PipeliningGrounds } from "./pipelining.ts";
import { ask } from "./requests.ts";
import type { HostSettings } from "../settings.ts";
import * as verbs from "./verbs.ts";

/** Commands that set where the next data connection will be, in place of what was set before (RFC 959 §3.2). */
const PLACES: ReadonlySet<string> = new Set(["PORT", "EPRT", "PASV", "EPSV", "CPSV"]);

/** For what nobody gives up; the time limit for replies holds all the same. */
const UNENDING = new AbortController().signal;

/** What lists a directory over a data connection. */
const LISTINGS = ["MLSD", "LIST"];

/** How a server is made to listen for a data connection. */
type PassiveForm = "PASV" | "EPSV" | "CPSV";

/** How a server is made to listen for us. */
type OwnForm = "PASV" | "EPSV";

/** A data connection that the server was asked to listen for ahead of its turn. */
interface ListeningAhead {
  readonly form: PassiveForm;
  readonly at: Promise<HostPort>;
  readonly isForUs: boolean;
}

/** What was set at a server for its data connections: how they are protected, and where the next one will be. */
export class DataChannel {
  readonly session: ServerSession;
  readonly capabilities: Capabilities;
  readonly #grounds: PipeliningGrounds;
  #protection: "clear" | "private";
  /** Whether the server takes the TLS client's part (SSCN). */
  #isTlsClient = false;
  /** Whether the server wants to hear of the transfer before PASV (PRET). */
  #wantsPret: boolean;
  #ahead: ListeningAhead | undefined;

  constructor(session: ServerSession, capabilities: Capabilities, grounds: PipeliningGrounds) {
    this.session = session;
    this.capabilities = capabilities;
    this.#grounds = grounds;
    this.#protection = session.protection;
    this.#wantsPret = session.quirks.wantsPret;
  }

  get control(): ControlConnection {
    return this.session.control;
  }

  get host(): HostSettings {
    return this.control.host;
  }

  /** The server's address as we reached it. */
  get peerAddress(): string {
    return plainAddress(this.control.socket.peerAddress);
  }

  /** Whether octets on data connections are private. */
  get isProtected(): boolean {
    return this.#protection === "private";
  }

  /** To be called with each command: after some of them the server no longer listens where it did. */
  noteCommand({ verb }: Command): void {
    if (PLACES.has(verb)) this.#ahead = undefined;
  }

  ask<T>(verb: verbs.Verb<T>, signal: AbortSignal): Promise<T> {
    this.noteCommand(verb.command);
    return ask(this.control, verb, signal);
  }

  /** Whether data connections are protected in this way already, so that {@link protect} has nothing to say. */
  protects(level: "clear" | "private", isTlsClient: boolean): boolean {
    return this.#protection === level && this.#isTlsClient === isTlsClient;
  }

  /**
   * How data connections are protected from now on: PROT (RFC 4217 §9), and who begins the TLS handshake
   * (SSCN). A server that is TLS client begins it for RETR, STOR and APPE, whoever connects; any other waits
   * for the other side to begin.
   * @throws ReplyError when it refuses; ProtectionError when it should be TLS client and has no SSCN
   */
  async protect(level: "clear" | "private", isTlsClient: boolean, signal: AbortSignal): Promise<void> {
    // Some servers take SSCN only while PROT is P.
    if (!isTlsClient) await this.#setTlsClient(false, signal);
    if (this.#protection !== level) {
      this.#ahead = undefined;
      await this.ask(verbs.protectionLevel(level), signal);
      this.#protection = level;
    }
    if (isTlsClient) await this.#setTlsClient(true, signal);
  }

  /** A third-party transfer may have left it clear, and listening for somebody else; what is next is for us. */
  async becomeOurs(signal: AbortSignal): Promise<void> {
    await this.protect(this.session.protection, false, signal);
    if (this.#ahead?.isForUs !== true) this.#ahead = undefined;
  }

  /**
   * Makes the server listen for a data connection, and says where (RFC 959 §4.1.2; RFC 2428 §3). A server that
   * chooses the data host by the file is told first which it will be (PRET).
   * @throws AddressError for a host-port that nobody should connect to
   */
  async listen(form: PassiveForm, about: Command, signal: AbortSignal): Promise<HostPort> {
    try {
      const ahead = this.#ahead && (await this.#addressAhead(form, signal));
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
   * called only where commands may follow that transfer's command.
   */
  listenAhead(form: PassiveForm, isForUs = false): void {
    if (this.#wantsPret || this.capabilities.lacks(`${form} ahead`)) return;
    // The reply is for whoever comes next, also where those who are here give up.
    const at = this.#listen(form, UNENDING);
    at.catch(() => {});
    this.#ahead = { form, at, isForUs };
  }

  /** Makes the server listen for a listing that follows at once. */
  listenToList(): void {
    const form = this.#formForUs;
    if (form !== undefined && this.#ahead?.isForUs !== true) this.listenAhead(form, true);
  }

  /**
   * Whether it is known where the server listens for us, so that a listing may be asked for in one write with CWD. One
   * that refused to listen ahead of its turn is asked again in its turn.
   */
  async listensForUs(signal: AbortSignal): Promise<boolean> {
    const ahead = this.#ahead;
    if (ahead?.isForUs !== true || !LISTINGS.some((verb) => this.#listsAhead(verb))) return false;
    const at = await this.#addressAhead(ahead.form, signal);
    if (at !== undefined) this.#ahead = ahead;
    return at !== undefined;
  }

  /**
   * To be called directly behind the command of a listing: who lists a second directory will want a third. Where the
   * server takes it, it is asked in the same write to listen for that one.
   */
  isListing({ verb }: Command): void {
    const form = this.#formForUs;
    if (form !== undefined && this.#listsAhead(verb)) this.listenAhead(form, true);
  }

  /** To be called when all of a listing has come. */
  hasListed(): void {
    const form = this.#formForUs;
    if (form !== undefined) this.capabilities.works(`listing by ${form}`, "a listing has come");
  }

  /** The ways to let the server listen for us that it has not refused, the better one first. */
  get ownForms(): readonly OwnForm[] {
    const isIpv6 = this.peerAddress.includes(":");
    const preferred: readonly OwnForm[] = hasFeature(this.session.features, "EPSV")
      ? ["EPSV", "PASV"]
      : ["PASV", "EPSV"];
    const forms: readonly OwnForm[] = isIpv6 ? ["EPSV"] : preferred;
    return forms.filter((form) => !this.capabilities.lacks(form));
  }

  /** Where the server was asked to listen ahead of its turn; undefined: nowhere. */
  get pending(): Promise<unknown> | undefined {
    return this.#ahead?.at;
  }

  /** Whether the server may be asked to listen before its final reply to this listing command. */
  #listsAhead(verb: string): boolean {
    const form = this.#formForUs;
    if (form === undefined || !this.capabilities.has(`listing by ${form}`)) return false;
    return mayFollow(verb, this.#grounds, this.control);
  }

  /** How the server is made to listen for us, where no other command has to come before. */
  get #formForUs(): OwnForm | undefined {
    const isReady = this.protects(this.session.protection, false);
    return isReady && this.host.dataOpening !== "active" ? this.ownForms[0] : undefined;
  }

  /** A server that would not hear of it before its turn is asked in its turn from now on. */
  async #addressAhead(form: PassiveForm, signal: AbortSignal): Promise<HostPort | undefined> {
    const ahead = this.#ahead;
    this.#ahead = undefined;
    if (ahead?.form !== form) return undefined;
    try {
      return await beforeAbort(ahead.at, signal);
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

  async #setTlsClient(isOn: boolean, signal: AbortSignal): Promise<void> {
    if (this.#isTlsClient === isOn) return;
    if (!hasFeature(this.session.features, "SSCN"))
      throw new ProtectionError(`${this.host.name}: has no SSCN, so it cannot act as TLS client`);
    await this.ask(verbs.secureClient(isOn), signal);
    this.#isTlsClient = isOn;
  }
}
