import { WAITS } from "../../../shared/waits.ts";
import type { NameCodec } from "../../charset/name-codec.ts";
import { ProtocolError } from "../../errors.ts";
import { type Reply, ReplyParser } from "../../reply.ts";
import { TelnetFilter } from "../telnet.ts";

interface ReplyReaderDeps {
  /** How the server writes text. */
  readonly names: NameCodec;
  readonly received: (reply: Reply) => void;
  /** Sends octets of ours back. */
  readonly answer: (octets: Buffer) => void;
  /** What came is no reply, or none that fits: the connection is of no use any more. */
  readonly failed: (error: unknown) => void;
  /** How long the reply that is being waited for may take, in milliseconds. */
  readonly replyMs: () => number;
}

/** Telnet negotiations on one connection: a few for each of the 256 options are more than any server has. */
const MAX_NEGOTIATIONS = 1_000;
/** How long the next line of a reply is waited for that looks complete, in milliseconds. */
const UNFINISHED_MS = WAITS.unfinished.ms;

/** Octets of a control connection to replies, Telnet taken out. Ends with {@link stop}. */
export class ReplyReader {
  readonly #deps: ReplyReaderDeps;
  #parser: ReplyParser;
  #telnet = new TelnetFilter();
  #negotiations = 0;
  /** Runs while a reply looks complete to a server that ends it wrongly. */
  #unfinished: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(deps: ReplyReaderDeps) {
    this.#deps = deps;
    this.#parser = new ReplyParser(deps.names.decode);
  }

  /** Octets of a reply that is not complete yet. */
  get pendingOctets(): number {
    return this.#parser.pendingOctets;
  }

  /** Takes what a socket has received, which calls it as it is. */
  readonly push = (chunk: Uint8Array): void => {
    clearTimeout(this.#unfinished);
    this.#try(() => {
      const { text, answer } = this.#telnet.push(chunk);
      if (answer.length > 0) this.#refuse(answer);
      for (const reply of this.#parser.push(text)) this.#deps.received(reply);
    });
    if (!this.#isStopped && this.#parser.mayBeComplete) this.#unfinished = this.#finishLater();
  };

  /** What comes from now on comes through TLS: nothing that came before belongs to it. */
  startAnew(): void {
    clearTimeout(this.#unfinished);
    this.#parser = new ReplyParser(this.#deps.names.decode);
    this.#telnet = new TelnetFilter();
    this.#negotiations = 0;
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#unfinished);
  }

  #try(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.stop();
      this.#deps.failed(error);
    }
  }

  /** A server that does not end its reply as RFC 959 §4.2 says, and waits for us, is not waited for. */
  #finishLater(): NodeJS.Timeout {
    const finish = () => this.#try(() => this.#deps.received(this.#parser.finish()));
    return setTimeout(finish, Math.min(UNFINISHED_MS, this.#deps.replyMs() / 4)).unref();
  }

  /** Whoever negotiates without end may read none of our answers, and they would fill the memory. */
  #refuse(answer: Uint8Array): void {
    this.#negotiations += answer.length / 3;
    if (this.#negotiations > MAX_NEGOTIATIONS)
      throw new ProtocolError(
        `more than ${MAX_NEGOTIATIONS} Telnet negotiations; this is not a usable FTP server`,
      );
    this.#deps.answer(Buffer.from(answer));
  }
}
