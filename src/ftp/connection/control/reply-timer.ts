import { usesDataConnection } from "../../command.ts";
import type { Exchange } from "./exchange.ts";

/**
 * Bounds what a control connection waits for: the final reply to the oldest command in flight, or, where there is
 * none, the next command. A preliminary reply (1yz) does not extend the wait (RFC 959 §6), except to a command that
 * uses a data connection: from then on the progress of the data is what bounds it.
 */
export class ReplyTimer {
  readonly #idleMs: number;
  readonly #expired: (waited: Exchange | undefined) => void;
  #waited: Exchange | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** When what is waited for should have come, and when the timer looks next. Milliseconds of the process's time. */
  #dueMs = Number.POSITIVE_INFINITY;
  #wakesMs = Number.POSITIVE_INFINITY;

  /**
   * @param idleMs how long a connection may wait for its next command
   * @param expired is called with the command that had no reply; undefined: there was no command for too long
   */
  constructor(idleMs: number, expired: (waited: Exchange | undefined) => void) {
    this.#idleMs = idleMs;
    this.#expired = expired;
  }

  /** To be called whenever another command has become the oldest one in flight, or none is in flight any more. */
  watch(oldest: Exchange | undefined): void {
    this.#waited = oldest;
    const ms = oldest?.replyMs ?? this.#idleMs;
    this.#dueMs = performance.now() + ms;
    if (oldest?.hasBegun === true) this.begun();
    if (this.#dueMs < this.#wakesMs) this.#wakeIn(ms);
  }

  /** To be called when the oldest command in flight has had a preliminary reply. */
  begun(): void {
    const command = this.#waited?.command;
    if (command !== undefined && usesDataConnection(command)) this.#dueMs = Number.POSITIVE_INFINITY;
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#dueMs = Number.POSITIVE_INFINITY;
    this.#wakesMs = Number.NEGATIVE_INFINITY;
  }

  /** One timer for all that is waited for: nearly always what it was set for is over when it wakes. */
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
    // A process that was stopped for a while reads what has come meanwhile before it blames the server.
    const dueMs = this.#dueMs;
    setImmediate(() => {
      if (this.#dueMs === dueMs) this.#expired(this.#waited);
    });
  }
}
