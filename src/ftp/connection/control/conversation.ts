import { type Command, redact } from "../../command.ts";
import { ReplyError } from "../../errors.ts";
import { formatReply, type Reply } from "../../reply.ts";
import { Secrets } from "../../secrets.ts";
import type { HostSettings } from "../../settings.ts";
import type { Transcript, TranscriptLine } from "../transcript.ts";

/** What is said on a connection as people may read it: in a transcript and in errors, our secrets masked. */
export class MaskedTranscript {
  readonly #host: string;
  readonly #secrets: Secrets;
  readonly #transcript: Transcript | undefined;

  constructor(host: HostSettings, transcript: Transcript | undefined) {
    this.#host = host.name;
    this.#secrets = new Secrets(host.credentials.user);
    this.#transcript = transcript;
  }

  /** Notes a command that is about to be sent; from now on, a secret in it is masked. */
  sent(command: Command): void {
    this.#secrets.note(command);
    this.#transcript?.(new SpokenLine(this.#host, "us", () => this.shown(command)));
  }

  /** Notes a reply that has come, our secrets masked. @param asked the command that waits longest for one */
  received(reply: Reply, asked: Command | undefined): void {
    if (this.#transcript === undefined) return;
    const quotable = this.quotable(reply, asked);
    this.#transcript(new SpokenLine(this.#host, "server", () => formatReply(quotable), quotable));
  }

  /** A reply as it may be quoted: our secrets masked. @param asked the command that waits longest for one */
  quotable(reply: Reply, asked: Command | undefined): Reply {
    return this.#secrets.quotable(reply, asked);
  }

  /** A remark about the connection itself. */
  note(text: string): void {
    this.#transcript?.(new SpokenLine(this.#host, "note", () => text));
  }

  /** A command as people may read it. */
  shown(command: Command): string {
    return this.masked(redact(command));
  }

  /**
   * The error for a reply to a command, our secrets masked in both.
   * @param advice what a person may do about it
   */
  refusal(command: Command, reply: Reply, advice: string | undefined): ReplyError {
    const argument = command.argument === undefined ? {} : { argument: this.masked(command.argument) };
    const quotable = this.quotable(reply, command);
    return new ReplyError(this.#host, { ...command, ...argument }, quotable, undefined, advice);
  }

  /** A text without our secrets, also as JSON writes them. */
  masked(text: string): string {
    return this.#secrets.masked(text);
  }
}

/** Put into words when somebody reads it: of thousands of small files few lines ever are. */
class SpokenLine implements TranscriptLine {
  readonly host: string;
  readonly from: TranscriptLine["from"];
  readonly reply: Reply | undefined;
  readonly #words: () => string;

  constructor(host: string, from: TranscriptLine["from"], words: () => string, reply?: Reply) {
    this.host = host;
    this.from = from;
    this.#words = words;
    this.reply = reply;
  }

  get text(): string {
    return this.#words();
  }
}
