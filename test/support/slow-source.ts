import type { Socket } from "node:net";
import { beforeAbort } from "../../src/ftp/connection/dial.ts";
import type { Clock } from "../../src/shared/clock.ts";
import { latch, type Placing, sendUnlessClosed } from "./placed-files.ts";
import type { Session } from "./scripted-server.ts";

const MIB = 2 ** 20;
/** What is tried out, or read back, is no larger. */
export const BLOCK = 65_536;

/** A range that one connection sends. */
interface Sending {
  readonly data: Socket;
  readonly rest: Buffer;
  readonly done: () => void;
  /** When it has all been sent. */
  readonly endMs: number;
}

/** What the connection sends that has no range, and no end but the file's. */
interface First {
  readonly data: Socket;
  sent: number;
  isOver: boolean;
}

/**
 * What holds for several connections: each moves a MiB a second; the first two do; all do together; or each does, and a range
 * takes as long as all that is behind its beginning (as with ProFTPD's TransferRate).
 */
type Limit = "each" | "two" | "together" | "to-the-end";

/**
 * A source that sends a MiB a second by the clock of the test. No time is waited for: the clock goes on when what was sent has
 * come, and as many connections as are expected have something to send.
 */
export class SlowSource {
  readonly #limit: Limit;
  readonly #whole: Buffer;
  #ranges: Sending[] = [];
  #first: First | undefined;
  #changed = latch();
  #nowMs = 0;
  #connections = 1;
  #isHeld = false;
  #isFree = false;
  #came = 0;

  constructor(limit: Limit, whole: Buffer) {
    [this.#limit, this.#whole] = [limit, whole];
  }

  readonly placing: Placing = {
    ranges: "placed",
    sends: async (session: Session, rest: Buffer, at: number, isRange: boolean) => {
      // Whoever expects several has ranges alone, and reads back what was tried out.
      const isReadBack = this.#first !== undefined || this.#connections > 1;
      if (this.#isFree || (isRange ? rest.length <= BLOCK : isReadBack))
        return sendUnlessClosed(session, rest);
      const data = await session.data();
      session.socket.once("close", () => data.end());
      const over = new Promise<void>((resolve) => data.once("close", () => resolve()));
      const sent = latch();
      if (isRange) {
        const endMs = this.#nowMs + this.#durationMs(rest.length, at);
        const range = { data, rest, done: sent.resolve, endMs };
        this.#ranges.push(range);
        void over.then(() => {
          this.#ranges = this.#ranges.filter((one) => one !== range);
          sent.resolve();
        });
        this.hold(false);
        this.#endTogether();
        await sent.promise;
      } else {
        const first = { data, sent: 0, isOver: false };
        this.#first = first;
        session.socket.once("close", () => (first.isOver = true));
        this.#change();
      }
      return over;
    },
  };

  readonly clock: Clock = {
    now: () => this.#nowMs,
    sleep: async (ms, signal) => {
      await (signal === undefined ? this.#pass(ms) : beforeAbort(this.#pass(ms, signal), signal));
    },
  };

  /** Bytes that the target has of what the first connection sends. */
  received(bytes: number): void {
    this.#came = bytes;
    this.#change();
  }

  get came(): number {
    return this.#came;
  }

  /** Whether the first connection sends nothing for now: until another one has a range, or is given back. */
  hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
    this.#change();
  }

  /** So many connections are to have a range before one ends. */
  expect(connections: number): void {
    this.#connections = connections;
  }

  /** All else comes at once. */
  free(): void {
    this.#isFree = true;
    for (const one of this.#ranges.splice(0)) this.#send(one);
  }

  get #isFirstAtWork(): boolean {
    return this.#first?.isOver === false;
  }

  #durationMs(bytes: number, at: number): number {
    const counted = this.#limit === "to-the-end" ? this.#whole.length - at : bytes;
    return (counted * (this.#limit === "together" ? 2 : 1) * 1_000) / MIB;
  }

  get #mayPass(): boolean {
    if (!this.#isFirstAtWork) return this.#limit === "to-the-end" && this.#ranges.length >= this.#connections;
    // What has all been sent is over at any moment.
    return !this.#isHeld && (this.#first?.sent ?? 0) < this.#whole.length;
  }

  async #pass(ms: number, signal?: AbortSignal): Promise<void> {
    while (!this.#mayPass) await this.#changed.promise;
    if (signal?.aborted === true) return;
    if (this.#first !== undefined && this.#isFirstAtWork) await this.#sendFirst(this.#first, ms);
    this.#nowMs += ms;
    for (const one of this.#ranges.filter(({ endMs }) => endMs <= this.#nowMs)) {
      this.#ranges.splice(this.#ranges.indexOf(one), 1);
      this.#send(one);
      // It is seen now what it was good for.
      this.hold(true);
    }
  }

  async #sendFirst(first: First, ms: number): Promise<void> {
    const share = this.#limit === "together" && this.#ranges.length > 0 ? 2 : 1;
    const bytes = (MIB * ms) / 1_000 / share;
    first.data.write(this.#whole.subarray(first.sent, first.sent + bytes));
    first.sent += bytes;
    if (first.sent >= this.#whole.length) first.data.end();
    while (this.#came < Math.min(this.#whole.length, first.sent)) await this.#changed.promise;
  }

  /** Without the first connection all ranges that have begun end together, the time later that the longest takes. */
  #endTogether(): void {
    if (this.#isFirstAtWork || this.#limit === "to-the-end") return;
    if (this.#ranges.length < this.#connections) return;
    const ending = this.#ranges.splice(0);
    const longest = Math.max(...ending.map(({ rest }) => rest.length));
    const helping = this.#limit === "two" ? 2 : ending.length;
    this.#nowMs += (longest * Math.max(1, ending.length / helping) * 1_000) / MIB;
    for (const one of ending) this.#send(one);
  }

  #send({ data, rest, done }: Sending): void {
    data.end(rest);
    done();
  }

  #change(): void {
    this.#changed.resolve();
    this.#changed = latch();
  }
}
