import { whenOverdue } from "../../../shared/waiting/overdue.ts";
import { WAITS } from "../../../shared/waits.ts";
import type { Duplex } from "node:stream";
import { messageOf } from "../../../shared/errors.ts";
import { formatDuration } from "../../../shared/units.ts";
import { redact } from "../../command.ts";
import type { ControlConnection } from "../control/control-connection.ts";
import type { DataConnection } from "./data-connection.ts";
import { beforeAbort } from "../dial.ts";
import type { ReplyError } from "../../errors.ts";
import { ConnectionError } from "../../errors.ts";
import type { Exchange } from "../control/exchange.ts";
import { endWhenQuiet, requireRate } from "./progress.ts";
import { ProtocolError } from "../../protocol-error.ts";
import { isCompletion, isNegative, type Reply } from "../../reply.ts";
import { waysOf } from "../../ways.ts";
import { pause } from "../pause.ts";

/** How long a transfer that we gave up may take to end before its control connection is given up too. */
const ABANDON_MS = WAITS.abandoned.ms;
/** How long a reply that explains a failed data connection is waited for. */
const REASON_MS = 1_000;

/** How long an open data connection waits for the 1yz reply before TLS starts without it. */
const TLS_PATIENCE_MS = 1_000;

/**
 * How long an open data connection of an upload waits for the 1yz reply before the file is sent without it. A second
 * writer of a file has been given up by then.
 */
const SEND_PATIENCE_MS = WAITS.goAhead.ms;

/** Commands whose data we send. */
const SENDS = /^(STOR|STOU|APPE)$/i;

/** What may begin before the server has said 1yz. */
export interface Early {
  /** TLS on the data connection. */
  readonly tls: boolean;
  /** The file itself, if we send it. */
  readonly data: boolean;
}

/** A transfer between a server and us: a data connection, and the replies that say how it went. */
export class Transfer implements AsyncDisposable {
  readonly #control: ControlConnection;
  readonly #data: DataConnection;
  readonly #exchange: Exchange;
  readonly #early: Early;
  readonly #sends: boolean;
  readonly #isLastIfGivenUp: boolean;
  #isOver = false;
  /** Why a 2yz reply proves nothing. */
  #unproven: ProtocolError | undefined;

  /** @param isLastIfGivenUp whether the control connection is of no use once this was given up before its end */
  constructor(
    control: ControlConnection,
    data: DataConnection,
    exchange: Exchange,
    early: Early = { tls: false, data: false },
    isLastIfGivenUp = false,
  ) {
    this.#control = control;
    this.#isLastIfGivenUp = isLastIfGivenUp;
    this.#early = early;
    this.#sends = SENDS.test(exchange.command.verb);
    this.#data = data;
    this.#exchange = exchange;
    exchange.final.then(
      () => (this.#isOver = true),
      () => (this.#isOver = true),
    );
  }

  /**
   * The octets, once the server has agreed and the connection is open.
   * @param hasSentAll whether the server may have received the end of the file; absent: when the stream has been ended
   * @throws ReplyError when the server refuses; ProtocolError when it says that it has the file before it is sent
   */
  async stream(signal: AbortSignal, hasSentAll?: () => boolean): Promise<Duplex> {
    const agreed = this.#exchange.first.then((reply) => {
      if (isNegative(reply)) throw this.#failure(reply);
      if (this.#sends && isCompletion(reply)) throw this.#premature(reply);
      return this.#begin();
    });
    if (this.#early.tls) void this.#beginEarly();
    const ways = [agreed, this.#unopened()];
    if (this.#early.data && this.#sends) ways.push(this.#unanswered());
    const stream = await beforeAbort(Promise.race(ways), signal);
    return this.#guarded(stream, hasSentAll ?? (() => stream.writableEnded));
  }

  /** Some servers say nothing until they have the whole file, and then 226 alone. */
  async #unanswered(): Promise<Duplex> {
    const isSilent = await this.#data.opened.then(
      () => this.#isSilentFor(Math.min(SEND_PATIENCE_MS, this.#exchange.replyMs * 0.75)),
      () => false,
    );
    return isSilent ? this.#begin() : new Promise<never>(() => {});
  }

  #isSilentFor(ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(true), ms);
      const finish = () => {
        clearTimeout(timer);
        resolve(false);
      };
      this.#exchange.first.then(finish, finish);
    });
  }

  /** RFC 4217 §7 does not say whether 1yz precedes the handshake: if it does not arrive, TLS starts, and the next time at once. */
  async #beginEarly(): Promise<void> {
    let hasReply = false;
    const replied = this.#exchange.first.then(
      () => (hasReply = true),
      () => (hasReply = true),
    );
    const ways = waysOf(this.#control.host);
    try {
      await this.#data.opened;
      if (!ways.has("tls-first")) await Promise.race([replied, pause(TLS_PATIENCE_MS)]);
      if (hasReply) return;
      await this.#data.begin();
      if (!hasReply) ways.learn("tls-first", "the handshake succeeded before it had sent 150");
    } catch {
      // The caller that waits for the reply gets the error.
    }
  }

  /** What the server sends has to come at a rate; and where it has ended the transfer badly, nothing is waited for. */
  #guarded(stream: Duplex, hasSentAll: () => boolean): Duplex {
    if (!this.#sends) requireRate(stream, this.#control.host);
    this.#exchange.whenOver(
      (reply) => {
        if (isNegative(reply)) endWhenQuiet(stream, this.#failure(reply));
        else if (this.#sends && !hasSentAll()) {
          this.#unproven = this.#premature(reply);
          endWhenQuiet(stream, this.#unproven);
        }
      },
      (error) => endWhenQuiet(stream, error),
    );
    return stream;
  }

  /** A server that will not go on with TLS says so in the final reply (RFC 4217 §10.2); that is the better reason. */
  async #begin(): Promise<Duplex> {
    try {
      return await this.#data.begin();
    } catch (error) {
      const reply = await Promise.race([this.#exchange.final.catch(() => undefined), pause(REASON_MS)]);
      throw reply !== undefined && isNegative(reply) ? this.#failure(reply) : error;
    }
  }

  /**
   * Waits for the final reply, after the last octet.
   * @returns it
   * @throws ReplyError when it is negative; ProtocolError when it came before the last octet of a file that we send;
   * ConnectionError when it does not come within `timeoutMs`
   */
  async finish(timeoutMs: number, signal: AbortSignal): Promise<Reply> {
    const stop = whenOverdue(timeoutMs, () =>
      this.#control.destroy(
        new ConnectionError(`no final reply within ${formatDuration(timeoutMs)} of the last byte`),
      ),
    );
    try {
      const reply = await beforeAbort(this.#exchange.final, signal);
      if (!isCompletion(reply)) throw this.#failure(reply);
      if (this.#unproven !== undefined) throw this.#unproven;
      return reply;
    } finally {
      stop();
    }
  }

  /** Takes to its end what nobody wants, so that the server has sent all of it. */
  async drain(stream: AsyncIterable<unknown>, signal: AbortSignal): Promise<void> {
    for await (const _ of stream) signal.throwIfAborted();
    await this.finish(this.#control.host.timeouts.replyMs, signal);
  }

  /** Closes the data connection; a server that does not end its side soon loses the control connection. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#data.close();
    if (this.#isOver) return;
    if (this.#isLastIfGivenUp)
      return this.#control.destroy(new ConnectionError("the listing was given up before its end"));
    const ms = Math.min(ABANDON_MS, this.#control.host.timeouts.replyMs);
    const stop = whenOverdue(ms, () =>
      this.#control.destroy(
        new ConnectionError(`transfer aborted, and no reply within ${formatDuration(ms)}`),
      ),
    );
    await this.#exchange.final.catch(() => {});
    stop();
  }

  /**
   * A connection that fails ends the wait early: the server would keep us waiting for its own time-out. A
   * server that refuses the command closes its port too; its reply is then the better reason.
   */
  async #unopened(): Promise<never> {
    const failure = await this.#data.opened.then(
      () => undefined,
      (error: unknown) => error,
    );
    if (failure === undefined) return new Promise<never>(() => {});
    const reply = await Promise.race([this.#exchange.first, pause(REASON_MS)]);
    if (reply !== undefined && isNegative(reply)) throw this.#failure(reply);
    const command = this.#control.masked(redact(this.#exchange.command));
    throw new ConnectionError(
      `${this.#control.host.name}: ${command}: no data connection: ${messageOf(failure)}`,
      failure,
    );
  }

  #premature(reply: Reply): ProtocolError {
    const { message } = this.#failure(reply);
    return new ProtocolError(
      `${message}: the server said this before the file had been sent; what it has stored is not known`,
    );
  }

  #failure(reply: Reply): ReplyError {
    return this.#control.refusal(this.#exchange.command, reply);
  }
}
