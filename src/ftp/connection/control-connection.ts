import type { Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { TLSSocket } from "node:tls";
import { messageOf } from "../../shared/errors.ts";
import { type Command, encode, redact } from "../command.ts";
import { dial } from "./dial.ts";
import { ConnectionError, NoReplyError, ProtocolError } from "../errors.ts";
import { Exchange } from "./exchange.ts";
import { formatReply, type Reply, ReplyParser } from "../reply.ts";
import type { HostSettings } from "../settings.ts";
import { Secrets } from "./secrets.ts";
import { TelnetFilter } from "./telnet.ts";
import { protect } from "./tls.ts";
import { whoseReply } from "./whose.ts";

/** One line of the conversation with a server, secrets masked. */
export interface TranscriptLine {
  readonly host: string;
  readonly from: "us" | "server" | "note";
  readonly text: string;
}

export type Transcript = (line: TranscriptLine) => void;

/**
 * A control connection (RFC 959 §2.3): commands go out, replies come back in the same order. Any number of
 * commands may be in flight; those sent in one turn of the event loop leave in one write.
 *
 * A reply that comes too late, or that nobody asked for, ends the connection: what follows could not be told
 * apart; {@link whoseReply} has the exceptions. After a 421 between commands the connection is no longer
 * {@link isUsable}, and that announcement is quoted when the end comes.
 */
export class ControlConnection {
  readonly host: HostSettings;
  /** Set once the server's family is known: octet 255 is then sent as that server takes it. */
  doubleIac = true;
  /** Called when the server has turned a data connection away before a command for it was sent. */
  onTurnedAway: ((reply: Reply) => void) | undefined;
  /** Whether the server has answered a question in the middle of a transfer. */
  answersInside = false;
  readonly #transcript: Transcript | undefined;
  readonly #waiting: Exchange[] = [];
  readonly #secrets = new Secrets();
  #socket: Socket;
  #parser = new ReplyParser();
  #telnet = new TelnetFilter();
  #outgoing: Buffer[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** When what is waited for now should have come, and when the timer looks. Milliseconds of the process's time. */
  #dueMs = Number.POSITIVE_INFINITY;
  #wakesMs = Number.POSITIVE_INFINITY;
  #farewell: Reply | undefined;
  #ended: Error | undefined;
  #hasLostReplies = false;
  #session: Buffer | undefined;

  private constructor(socket: Socket, host: HostSettings, transcript: Transcript | undefined) {
    this.host = host;
    this.#transcript = transcript;
    this.#socket = socket;
    this.#listen();
  }

  /** Connects, with TLS first where the host wants it implicitly, and waits for the greeting. */
  static async open(
    host: HostSettings,
    transcript: Transcript | undefined,
    signal: AbortSignal,
  ): Promise<{ readonly control: ControlConnection; readonly greeting: Reply }> {
    const { address, port, timeouts, tls, name } = host;
    const socket = await dial(address, port, timeouts.connectMs, signal).catch((error: unknown) => {
      signal.throwIfAborted();
      throw new ConnectionError(`${name}: cannot connect: ${messageOf(error)}`, error);
    });
    const isImplicit = tls.policy !== "off" && tls.start === "implicit";
    const within = AbortSignal.any([signal, AbortSignal.timeout(timeouts.connectMs)]);
    const first = isImplicit ? await protect(socket, host, undefined, within) : socket;
    const control = new ControlConnection(first, host, transcript);
    control.#note(`connected to ${socket.remoteAddress} port ${port}${isImplicit ? ", TLS" : ""}`);
    const greeting = new Exchange({ verb: "(connect)" }, timeouts.connectMs);
    control.#enqueue(greeting);
    const abort = () => control.destroy(signal.reason as Error);
    signal.addEventListener("abort", abort, { once: true });
    try {
      return { control, greeting: await greeting.final };
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  /** The server's address as we reached it. */
  get peerAddress(): string {
    return this.#socket.remoteAddress ?? this.host.address;
  }

  /** Our own address as the server sees it, network translation aside. */
  get localAddress(): string {
    return this.#socket.localAddress ?? "";
  }

  get isProtected(): boolean {
    return this.#socket instanceof TLSSocket;
  }

  get tlsVersion(): string | undefined {
    return this.#socket instanceof TLSSocket ? (this.#socket.getProtocol() ?? undefined) : undefined;
  }

  /** Whether another command may be sent. */
  get isUsable(): boolean {
    return this.#ended === undefined && this.#farewell === undefined;
  }

  /** Whether it ended over a reply that did not come or fitted nothing, or while several were to come. */
  get hasLostReplies(): boolean {
    return this.#hasLostReplies;
  }

  /** Whether every command has had its final reply. */
  get isIdle(): boolean {
    return this.#waiting.length === 0;
  }

  /** The newest TLS session, to be resumed by a data connection. */
  get tlsSession(): Buffer | undefined {
    return this.#session ?? (this.#socket instanceof TLSSocket ? this.#socket.getSession() : undefined);
  }

  /**
   * Sends a command behind those that are in flight.
   * @throws CommandError, before anything is sent, for an argument that would end the line
   */
  send(command: Command, replyMs = this.host.timeouts.replyMs): Exchange {
    const octets = encode(command, this.doubleIac);
    const exchange = new Exchange(command, replyMs);
    if (this.#ended !== undefined) {
      exchange.fail(this.#errorFor(exchange, this.#ended));
      return exchange;
    }
    this.#secrets.note(command);
    if (this.#transcript !== undefined) this.#say("us", redact(command));
    this.#write(octets);
    this.#enqueue(exchange);
    return exchange;
  }

  /**
   * Wraps the connection in TLS after a positive reply to AUTH (RFC 4217 §4). What came in clear behind that
   * reply may be anybody's; then the connection ends.
   */
  async startTls(signal: AbortSignal): Promise<void> {
    if (this.#parser.pendingOctets > 0 || this.#farewell !== undefined) {
      this.destroy(
        new ProtocolError(`${this.host.name}: octets in clear between AUTH and the TLS handshake`),
      );
    }
    if (this.#ended !== undefined) throw this.#ended;
    const clear = this.#socket;
    clear
      .removeAllListeners("data")
      .removeAllListeners("end")
      .removeAllListeners("close")
      .removeAllListeners("error");
    const within = AbortSignal.any([signal, AbortSignal.timeout(this.host.timeouts.connectMs)]);
    try {
      this.#socket = await protect(clear, this.host, undefined, within);
    } catch (error) {
      clear.on("error", () => {}).destroy();
      this.#end(error as Error);
      throw error;
    }
    this.#parser = new ReplyParser();
    this.#telnet = new TelnetFilter();
    this.#listen();
    this.#note("TLS established");
  }

  /** Sends QUIT and closes, without waiting longer than a moment for the farewell. */
  async close(): Promise<void> {
    if (this.#ended === undefined && this.isIdle && this.#farewell === undefined) {
      const farewell = this.send({ verb: "QUIT" }).final.catch(() => {});
      const enough = new AbortController();
      await Promise.race([farewell, pause(1_000, undefined, { signal: enough.signal }).catch(() => {})]);
      enough.abort();
    }
    this.destroy(new ConnectionError("control connection closed by us"));
  }

  /** Closes at once; every command in flight fails with this reason. */
  destroy(reason: Error): void {
    this.#end(reason);
    this.#socket.destroy();
  }

  #listen(): void {
    const socket = this.#socket;
    socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    socket.on("error", (error) => this.#lost(messageOf(error), error));
    socket.on("end", () => this.#lost("closed by the server"));
    socket.on("close", () => this.#lost("closed"));
    if (socket instanceof TLSSocket) socket.on("session", (session: Buffer) => (this.#session = session));
  }

  #receive(chunk: Buffer): void {
    const { text, answer } = this.#telnet.push(chunk);
    if (answer.length > 0) this.#write(Buffer.from(answer));
    try {
      for (const reply of this.#parser.push(text)) {
        if (this.#transcript !== undefined) this.#say("server", this.masked(formatReply(reply)));
        this.#dispatch(READ.has(reply.code) ? reply : this.quotable(reply));
      }
    } catch (error) {
      // Without its cause, which quotes the octets as they came.
      this.destroy(new ProtocolError(`${this.host.name}: ${this.masked(messageOf(error)).slice(0, 200)}`));
    }
  }

  #dispatch(reply: Reply): void {
    const whose = whoseReply(this.#waiting, reply);
    if (reply.code === 421) this.#farewell = reply;
    if (whose.is === "farewell") return;
    if (whose.is === "turned-away") return this.onTurnedAway?.(reply);
    const { is, index } = whose;
    if (is === "inside") this.answersInside = true;
    if (is === "beginning") this.#waiting[index]?.begin(reply);
    else this.#waiting.splice(index, 1)[0]?.finish(is === "broken" ? { ...reply, code: 426 } : reply);
    if (is !== "inside") this.#watch();
  }

  #enqueue(exchange: Exchange): void {
    this.#waiting.push(exchange);
    if (this.#waiting.length === 1) this.#watch();
  }

  /**
   * Only the oldest command is timed, and only until its first reply: what follows is a transfer's own time. A
   * connection that waits for nothing is timed as idle.
   */
  #watch(): void {
    const [exchange] = this.#waiting;
    const ms = exchange === undefined ? this.host.timeouts.idleMs : exchange.replyMs;
    this.#dueMs = exchange?.hasBegun === true ? Number.POSITIVE_INFINITY : performance.now() + ms;
    if (this.#dueMs < this.#wakesMs) this.#wakeIn(ms);
  }

  /** One timer for all that is waited for, which looks when it wakes: nearly always what it was set for is over. */
  #wakeIn(ms: number): void {
    clearTimeout(this.#timer);
    this.#wakesMs = performance.now() + ms;
    this.#timer = setTimeout(() => this.#wake(), ms).unref();
  }

  #wake(): void {
    this.#wakesMs = Number.POSITIVE_INFINITY;
    if (this.#dueMs === Number.POSITIVE_INFINITY) return;
    const leftMs = this.#dueMs - performance.now();
    // A timer may come some part of a millisecond early.
    if (leftMs >= 1) return this.#wakeIn(leftMs);
    const [exchange] = this.#waiting;
    if (exchange === undefined) void this.close();
    else this.destroy(new NoReplyError(`no reply within ${exchange.replyMs} ms`));
  }

  /** Gathers what is sent in one turn of the event loop into one write: each costs the system more than we do. */
  #write(octets: Buffer): void {
    this.#outgoing.push(octets);
    if (this.#outgoing.length > 1) return;
    setImmediate(() => {
      const gathered = Buffer.concat(this.#outgoing);
      this.#outgoing = [];
      if (this.#ended === undefined) this.#socket.write(gathered);
    });
  }

  #lost(how: string, cause?: unknown): void {
    this.#hasLostReplies ||= this.#waiting.length > 1;
    const farewell = this.#farewell === undefined ? "" : ` after ${this.masked(formatReply(this.#farewell))}`;
    this.#end(new ConnectionError(`control connection ${how}${farewell}`, cause));
    this.#socket.destroy();
  }

  #end(reason: Error): void {
    if (this.#ended !== undefined) return;
    this.#ended = reason;
    this.#hasLostReplies ||= reason instanceof NoReplyError || reason instanceof ProtocolError;
    clearTimeout(this.#timer);
    this.#wakesMs = Number.NEGATIVE_INFINITY;
    this.#note(reason.message);
    for (const exchange of this.#waiting.splice(0)) exchange.fail(this.#errorFor(exchange, reason));
  }

  /** Who was asked what when it ended; silence stays apart from a lost connection. */
  #errorFor(exchange: Exchange, reason: Error): Error {
    if (!(reason instanceof ConnectionError)) return reason;
    const message = `${this.host.name}: ${redact(exchange.command)}: ${reason.message}`;
    return reason instanceof NoReplyError
      ? new NoReplyError(message, reason)
      : new ConnectionError(message, reason);
  }

  /** A reply as errors may quote it. */
  quotable(reply: Reply): Reply {
    return this.#secrets.quotable(reply);
  }

  /** A text without our secrets, also as JSON writes them. */
  masked(text: string): string {
    return this.#secrets.masked(text);
  }

  #note(text: string): void {
    this.#say("note", text);
  }

  #say(from: TranscriptLine["from"], text: string): void {
    this.#transcript?.({ host: this.host.name, from, text });
  }
}

/**
 * Replies with something in them: features, facts, sizes, host-ports, digests, pathnames (RFC 1123 §4.1.2.11).
 * They are read as they came; all others are masked where they arrive.
 */
const READ: ReadonlySet<number> = new Set([211, 212, 213, 215, 227, 229, 250, 251, 257]);
