import { decodeText } from "../shared/octets.ts";
import { NotAReplyError, ProtocolError } from "./protocol-error.ts";

/** One reply of a server (RFC 959 §4.2). */
export interface Reply {
  /** 100 … 699. */
  readonly code: number;
  /** The text of each line, without the code on the first and the last; never empty. */
  readonly lines: readonly string[];
}

/** What the first digit says (RFC 959 §4.2; `protected` is RFC 2228 §5.2). */
type ReplyClass = "preliminary" | "completion" | "intermediate" | "transient" | "permanent" | "protected";

const CLASSES: readonly ReplyClass[] = [
  "preliminary",
  "completion",
  "intermediate",
  "transient",
  "permanent",
  "protected",
];

export function classOf(reply: Reply): ReplyClass {
  return CLASSES[Math.floor(reply.code / 100) - 1] ?? "permanent";
}

/** Whether the reply ends a command well (2yz). */
export function isCompletion(reply: Reply): boolean {
  return classOf(reply) === "completion";
}

/** Whether the reply is a refusal or failure (4yz or 5yz). */
export function isNegative(reply: Reply): boolean {
  return reply.code >= 400 && reply.code < 600;
}

/** A reply on one line, as people quote it: `550 No such file`. */
export function formatReply(reply: Reply): string {
  return `${reply.code} ${reply.lines.join(" / ").trim()}`.trimEnd();
}

/** Octets in one line; RFC 1123 §4.1.2.11 asks to survive long ones, memory asks for an end. */
export const MAX_REPLY_LINE = 65_536;
/** Lines in one reply: a STAT listing of a large directory is one. */
export const MAX_REPLY_LINES = 250_000;
/** Octets in one reply. */
const MAX_REPLY = 33_554_432;

/**
 * Octets to lines, lines to replies. Any cut of the same octets gives the same replies.
 * @throws ProtocolError for octets that are no reply, or that go on without end
 */
export class ReplyParser {
  readonly #tail: Uint8Array[] = [];
  #tailLength = 0;
  #code = "";
  /** The newest line but the first, as it came. */
  #last = "";
  #lines: string[] = [];
  #size = 0;
  readonly #decode: (octets: Uint8Array) => string;

  /** @param decode a line to text */
  constructor(decode: (octets: Uint8Array) => string = decodeText) {
    this.#decode = decode;
  }

  /** Octets of a reply that is not whole yet. */
  get pendingOctets(): number {
    return this.#size + this.#tailLength;
  }

  *push(chunk: Uint8Array): Generator<Reply> {
    let from = 0;
    for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, from)) {
      const reply = this.#line(chunk.subarray(from, end));
      from = end + 1;
      if (reply !== undefined) yield reply;
    }
    if (from < chunk.length) this.#keepTail(chunk.slice(from));
  }

  #keepTail(rest: Uint8Array): void {
    this.#tail.push(rest);
    this.#tailLength += rest.length;
    if (this.#tailLength > MAX_REPLY_LINE)
      throw new ProtocolError(`reply line longer than ${MAX_REPLY_LINE} bytes`);
  }

  /** @param last octets of a line, behind the tail that was kept. @returns the reply that the line ends */
  #line(last: Uint8Array): Reply | undefined {
    const whole = this.#tailLength === 0 ? last : Buffer.concat([...this.#tail.splice(0), last]);
    this.#tailLength = 0;
    if (whole.length > MAX_REPLY_LINE)
      throw new ProtocolError(`reply line longer than ${MAX_REPLY_LINE} bytes`);
    const octets = whole[whole.length - 1] === CR ? whole.subarray(0, -1) : whole;
    const text = this.#decode(octets);
    if (this.#lines.length > 0) return this.#laterLine(text, octets.length);
    if (!BEGINS.test(text)) throw new NotAReplyError(text);
    const code = text.slice(0, 3);
    const first = text.slice(4);
    // Nearly every reply has one line, and nothing of it is kept.
    if (text[3] !== "-") return { code: Number(code), lines: [first] };
    this.#code = code;
    this.#lines.push(first);
    this.#size = octets.length;
    return undefined;
  }

  /**
   * Only the code of the first line, followed by a space, ends a reply; other digits, and a code with nothing behind
   * it, are text (RFC 959 §4.2) unless nothing follows: {@link finish}. A refusal that goes on to a 1yz is a script's text
   * before the server's own reply (glFTPd); if it was a refusal after all, its last line is the end of the command.
   */
  #laterLine(text: string, length: number): Reply | undefined {
    this.#size += length;
    if (this.#lines.length >= MAX_REPLY_LINES || this.#size > MAX_REPLY)
      throw new ProtocolError(`reply longer than ${MAX_REPLY_LINES} lines or ${MAX_REPLY} bytes`);
    this.#last = text;
    if (/^[45]/.test(this.#code) && PRELIMINARY.test(text)) {
      this.#code = text.slice(0, 3);
      this.#lines.push(text.slice(4));
      return this.#completed();
    }
    const repeatsCode = text.startsWith(this.#code);
    const ends = repeatsCode && text[3] === " ";
    this.#lines.push(ends || (repeatsCode && text[3] === "-") ? text.slice(4) : text);
    return ends ? this.#completed() : undefined;
  }

  /** Whether the last line would end the reply of a server that ends replies wrongly. */
  get mayBeComplete(): boolean {
    return this.#lines.length > 1 && this.#tailLength === 0 && ENDS.test(this.#last);
  }

  /**
   * Ends a reply that {@link mayBeComplete} and behind which nothing came: with the code of the first line alone.
   * @throws ProtocolError where the last line has another code: what the server means cannot be known
   */
  finish(): Reply {
    if (this.#last !== this.#code)
      throw new ProtocolError(
        `a multi-line reply that starts with ${this.#code}- ends with ${JSON.stringify(this.#last)}`,
      );
    this.#lines.splice(-1, 1, "");
    return this.#completed();
  }

  #completed(): Reply {
    const reply = { code: Number(this.#code), lines: this.#lines };
    this.#lines = [];
    this.#size = 0;
    return reply;
  }
}

const BEGINS = /^[1-6][0-9][0-9](?:[ -]|$)/;
const PRELIMINARY = /^1[0-9][0-9] /;
const ENDS = /^[1-6][0-9][0-9](?: |$)/;
const LF = 0x0a;
const CR = 0x0d;

/**
 * Replies with something in them: features, facts, sizes, host-ports, digests, pathnames (RFC 1123 §4.1.2.11).
 * They are read as they came; all others are masked where they arrive.
 */
const READ: ReadonlySet<number> = new Set([211, 212, 213, 215, 227, 229, 250, 251, 257]);

/** Whether a reply is read for what it tells. */
export function isRead({ code }: Reply): boolean {
  return READ.has(code);
}
