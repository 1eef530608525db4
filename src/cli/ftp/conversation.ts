import { closeSync, openSync, writeSync } from "node:fs";
import type { Transcript, TranscriptLine } from "../../ftp/connection/transcript.ts";
import type { Reply } from "../../ftp/reply.ts";
import { replyLines } from "../../console/replies.ts";
import type { ConsoleSession } from "../../console/session.ts";
import { isoTime } from "../../shared/iso-time.ts";
import { encodeText } from "../../shared/octets.ts";
import { printable } from "../../shared/printable.ts";
import { localError } from "../../transfer/sides/local/errors.ts";
import { conversation } from "../output/lines.ts";
import type { ConsoleIo } from "./io.ts";

/** Which replies are a person's business: all, those to transfers, or none. */
export type ShownReplies = "all" | "transfers" | "none";

/** Lines that `transcript` can show. */
const KEPT = 500;

const TRANSFERS = /^(RETR|STOR|STOU|APPE|LIST|NLST|MLSD)\b/i;

/** What servers say, as far as the session shows it: a reply as it came, a command with its secrets masked. */
export class ConsoleTranscript {
  shown: ShownReplies = "none";
  /** Put before each line of a server, where there are two. */
  isNamed = false;
  readonly #io: ConsoleIo;
  #session: ConsoleSession;
  #newest: { readonly command: string; readonly reply: Reply; readonly wasShown: boolean } | undefined;
  readonly #commands = new Map<string, string>();
  readonly #kept: string[] = [];
  #file: number | undefined;

  constructor(io: ConsoleIo, session: ConsoleSession) {
    this.#io = io;
    this.#session = session;
  }

  /** The newest lines, secrets masked. */
  get newest(): readonly string[] {
    return this.#kept;
  }

  /** Writes each line to the end of a file from now on; undefined: no more. @throws LocalFileError */
  writeTo(path: string | undefined): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
    if (path === undefined) return;
    try {
      this.#file = openSync(encodeText(path), "a", 0o600);
    } catch (error) {
      throw localError(path, error);
    }
  }

  #keep(line: string): void {
    this.#kept.push(line);
    if (this.#kept.length > KEPT) this.#kept.shift();
    if (this.#file !== undefined) writeSync(this.#file, `${isoTime(Date.now())} ${line}\n`);
  }

  set session(session: ConsoleSession) {
    this.#session = session;
  }

  /** Whether this reply has been shown to a verbose client. */
  wasShown(reply: Reply): boolean {
    return this.#newest?.wasShown === true && this.#newest.reply.code === reply.code;
  }

  /** For the replies of one server. @param seen is called with each reply to a transfer command */
  transcriptOf(name: string, seen: (reply: Reply) => void = () => {}): Transcript {
    return (line) => this.#note(name, line, seen);
  }

  /** Does something while only some replies are shown. */
  async showing<T>(shown: ShownReplies, act: () => Promise<T>): Promise<T> {
    const before = this.shown;
    this.shown = shown;
    try {
      return await act();
    } finally {
      this.shown = before;
    }
  }

  #note(name: string, line: TranscriptLine, seen: (reply: Reply) => void): void {
    const { from, text, reply } = line;
    const { toggles, debug } = this.#session;
    this.#keep(conversation({ host: name, from, text }));
    const prefix = this.isNamed ? `${name}:` : "";
    if (from === "note") {
      if (toggles.trace) this.#io.err(`${printable(`${prefix}${text}`)}\n`);
      return;
    }
    if (from === "us") {
      this.#commands.set(name, text);
      if (debug > 0 && this.#io.tell === undefined)
        this.#io.out(`${prefix}---> ${this.#safe(shownCommand(text))}\n`);
      return;
    }
    if (reply === undefined) return;
    const command = this.#commands.get(name) ?? "";
    if (TRANSFERS.test(command)) seen(reply);
    const { tell } = this.#io;
    const isMeant = this.shown === "all" || (this.shown === "transfers" && TRANSFERS.test(command));
    const wasShown = debug > 0 || (toggles.verbose && isMeant);
    this.#newest = { command, reply, wasShown };
    if (tell !== undefined) {
      if (debug > 0 || isMeant)
        tell({ event: "reply", server: name, command: shownCommand(command), ...reply });
      return;
    }
    if (!wasShown) return;
    for (const one of replyLines(reply)) this.#io.out(encodeText(`${prefix}${this.#safe(one)}\n`));
  }

  #safe(text: string): string {
    return this.#io.isTerminal ? printable(text) : text;
  }
}

/** A command as it is shown; a secret in it is masked already. */
function shownCommand(text: string): string {
  return text.replace(/ \*\*\*$/, " XXXX");
}
