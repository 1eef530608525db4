import { WAITS } from "../../../shared/waits.ts";
import type { Socket } from "node:net";
import { setImmediate as turn, setTimeout as pause } from "node:timers/promises";
import { formatDuration } from "../../../shared/units.ts";
import { codecOf, type NameCodec } from "../../charset/name-codec.ts";
import { type Command, encode } from "../../command.ts";
import { ConnectionError, NoReplyError, ProtocolError, type ReplyError } from "../../errors.ts";
import { ControlSocket } from "./control-socket.ts";
import { MaskedTranscript } from "./conversation.ts";
import { cutShort, unreadable } from "./faults.ts";
import { Exchange } from "./exchange.ts";
import { formatReply, isRead, type Reply } from "../../reply.ts";
import { Outgoing } from "./outgoing.ts";
import { tlsAdvice } from "../../advice/wants-tls.ts";
import type { HostSettings } from "../../settings.ts";
import { ReplyReader } from "./reply-reader.ts";
import { ReplyTimer } from "./reply-timer.ts";
import type { Transcript } from "../transcript.ts";
import { whoseReply } from "./whose.ts";
import { type ServerWays, waysOf } from "../../ways.ts";

export type Sender = Pick<ControlConnection, "send" | "refusal" | "masked" | "host">;

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
  readonly socket: ControlSocket;
  /** How the server writes names, and all other text. */
  readonly names: NameCodec;
  /** Set once the server's family is known: octet 255 is then sent as that server takes it. */
  doubleIac = true;
  /** Called when the server has turned a data connection away before a command for it was sent. */
  onTurnedAway: ((reply: Reply) => void) | undefined;
  /** Whether the server has answered a question in the middle of a transfer. */
  answersInside = false;
  readonly #waiting: Exchange[] = [];
  readonly #conversation: MaskedTranscript;
  readonly #timer: ReplyTimer;
  readonly #ways: ServerWays;
  readonly #replies: ReplyReader;
  readonly #outgoing = new Outgoing((octets) => {
    if (this.#ended === undefined) this.socket.write(octets);
  });
  #farewell: Reply | undefined;
  #ended: Error | undefined;
  #hasLostReplies = false;

  /** @param socket connected, and private where TLS comes before the greeting; see `openControl` */
  constructor(socket: Socket, host: HostSettings, transcript: Transcript | undefined) {
    this.host = host;
    this.names = codecOf(host.charset);
    this.#conversation = new MaskedTranscript(host, transcript);
    this.#ways = waysOf(host);
    this.#timer = new ReplyTimer(host.timeouts.idleMs, (waited) => this.#expired(waited));
    this.#replies = new ReplyReader({
      names: this.names,
      received: this.#receive,
      answer: (octets) => this.#outgoing.push(octets),
      failed: (error) => this.destroy(unreadable(host.name, error, (text) => this.masked(text))),
      replyMs: () => this.#waiting[0]?.replyMs ?? host.timeouts.replyMs,
    });
    this.socket = new ControlSocket(socket, host, {
      received: this.#replies.push,
      lost: (how, cause) => this.#lost(how, cause),
    });
    this.#conversation.note(
      `connected to ${socket.remoteAddress} port ${host.port}${this.isProtected ? ", TLS" : ""}`,
    );
  }

  /** The greeting, on a connection on which nothing was sent. @param withinMs how long it may take */
  greeting(withinMs: number): Promise<Reply> {
    const greeting = new Exchange({ verb: "(connect)" }, withinMs);
    this.#enqueue(greeting);
    return greeting.final;
  }

  get isProtected(): boolean {
    return this.socket.isProtected;
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
    return this.#waiting.length === 0 && !this.#outgoing.hasSequence;
  }

  /**
   * Sends a command behind those that are in flight.
   * @throws CommandError or CharsetError, before anything is sent, for an argument that would end the line or cannot be
   * written in the server's character set
   */
  send(command: Command, replyMs = this.host.timeouts.replyMs): Exchange {
    const octets = encode(command, this.doubleIac, this.names);
    const exchange = new Exchange(command, replyMs);
    this.#outgoing.behind(() => void this.#put(exchange, octets));
    return exchange;
  }

  /**
   * Lets nobody else send until `act` is over, which sends by what it is given alone: RNTO is understood only
   * directly behind its RNFR (RFC 959 §4.1.3).
   */
  inSequence<T>(act: (sender: Sender) => Promise<T>): Promise<T> {
    const sender: Sender = {
      send: (command, replyMs = this.host.timeouts.replyMs) =>
        this.#put(new Exchange(command, replyMs), encode(command, this.doubleIac, this.names)),
      refusal: (command, reply) => this.refusal(command, reply),
      host: this.host,
      masked: (text) => this.masked(text),
    };
    return this.#outgoing.sequence(() => act(sender));
  }

  #put(exchange: Exchange, octets: Buffer): Exchange {
    const { command } = exchange;
    if (this.#ended !== undefined) {
      exchange.fail(cutShort(this.host.name, this.#conversation.shown(command), this.#ended));
      return exchange;
    }
    this.#conversation.sent(command);
    this.#outgoing.push(octets);
    this.#enqueue(exchange);
    return exchange;
  }

  /**
   * Wraps the connection in TLS after a positive reply to AUTH (RFC 4217 §4). What came in clear behind that
   * reply may be anybody's; then the connection ends.
   */
  async startTls(signal: AbortSignal): Promise<void> {
    if (this.#replies.pendingOctets > 0 || this.#farewell !== undefined) {
      this.destroy(
        new ProtocolError(`${this.host.name}: unencrypted bytes between AUTH and the TLS handshake`),
      );
    }
    if (this.#ended !== undefined) throw this.#ended;
    // Before the handshake: what the server sends may be there as soon as that is over.
    this.#replies.startAnew();
    try {
      await this.socket.startTls(signal);
    } catch (error) {
      this.#end(error as Error);
      throw error;
    }
    this.#conversation.note("TLS established");
  }

  /** Sends QUIT and closes, without waiting longer than a moment for the farewell. */
  async close(): Promise<void> {
    if (this.#ended === undefined && this.isIdle && this.#farewell === undefined) {
      const farewell = this.send({ verb: "QUIT" }).final.catch(() => {});
      const enough = new AbortController();
      await Promise.race([
        farewell,
        pause(WAITS.farewell.ms, undefined, { signal: enough.signal }).catch(() => {}),
      ]);
      enough.abort();
    }
    this.destroy(new ConnectionError("control connection closed by us"));
  }

  /**
   * Sends QUIT and the end of all that we send, and waits for nothing: for one whose process ends. The server hears QUIT
   * before the end, and closes the connection when it has answered.
   */
  async part(): Promise<void> {
    if (this.#ended !== undefined || !this.isIdle || this.#farewell !== undefined) return this.close();
    this.send({ verb: "QUIT" }).final.catch(() => {});
    // What is sent in one turn of the event loop is written at its end.
    await turn();
    this.#end(new ConnectionError("control connection closed by us"));
    this.socket.release();
  }

  /** Closes at once; every command in flight fails with this reason. */
  destroy(reason: Error): void {
    this.#end(reason);
    this.socket.destroy();
  }

  // The reader calls it as it is.
  readonly #receive = (received: Reply): void => {
    const asked = this.#waiting[0]?.command;
    this.#conversation.received(received, asked);
    // What is read for what it tells goes on as it came.
    const reply = isRead(received) ? received : this.#conversation.quotable(received, asked);
    const whose = whoseReply(this.#waiting, reply);
    if (reply.code === 421) this.#farewell = reply;
    if (whose.is === "farewell") return;
    if (whose.is === "turned-away") return this.onTurnedAway?.(reply);
    const { is, index } = whose;
    if (is === "inside") this.answersInside = true;
    const verb = this.#waiting[index]?.command.verb;
    if (verb !== undefined) this.#ways.answered(verb);
    if (is === "beginning") {
      this.#waiting[index]?.begin(reply);
      if (index === 0) this.#timer.begun();
      return;
    }
    this.#waiting.splice(index, 1)[0]?.finish(is === "broken" ? { ...reply, code: 426 } : reply);
    if (index === 0) this.#timer.watch(this.#waiting[0]);
  };

  #enqueue(exchange: Exchange): void {
    this.#waiting.push(exchange);
    if (this.#waiting.length === 1) this.#timer.watch(exchange);
  }

  #expired(waited: Exchange | undefined): void {
    if (waited === undefined) void this.close();
    else {
      const because = `no reply within ${formatDuration(waited.replyMs)}`;
      this.#ways.unanswered(waited.command.verb, because);
      this.destroy(new NoReplyError(because));
    }
  }

  #lost(how: string, cause?: unknown): void {
    this.#hasLostReplies ||= this.#waiting.length > 1;
    const farewell = this.#farewell === undefined ? "" : ` after ${this.masked(formatReply(this.#farewell))}`;
    this.#end(new ConnectionError(`control connection ${how}${farewell}`, cause));
    this.socket.destroy();
  }

  #end(reason: Error): void {
    if (this.#ended !== undefined) return;
    this.#ended = reason;
    this.#hasLostReplies ||= reason instanceof NoReplyError || reason instanceof ProtocolError;
    this.#timer.stop();
    this.#replies.stop();
    this.#conversation.note(reason.message);
    for (const exchange of this.#waiting.splice(0))
      exchange.fail(cutShort(this.host.name, this.#conversation.shown(exchange.command), reason));
  }

  /** The error for a reply to a command, our secrets masked in both. */
  refusal(command: Command, reply: Reply): ReplyError {
    const advice = this.isProtected ? undefined : tlsAdvice(this.host, reply);
    return this.#conversation.refusal(command, reply, advice);
  }

  /** A text without our secrets, also as JSON writes them. */
  masked(text: string): string {
    return this.#conversation.masked(text);
  }
}
