import { z } from "zod";
import type { TranscriptLine } from "../../ftp/connection/transcript.ts";
import { counted } from "../../shared/units.ts";

/** Letters of one line that are kept; replies of many lines are longer. */
const MOST_OF_LINE = 1_000;
/** Letters of one conversation that are kept from its beginning, and from its end. */
const HEAD = 2_000;
const TAIL = 6_000;

const Line = z.object({
  /** Milliseconds since 1970. */
  at: z.number(),
  host: z.string(),
  from: z.enum(["us", "server", "note"]),
  text: z.string(),
});

/** A line of a control connection; secrets are masked by whoever reports it. */
type SpokenLine = z.infer<typeof Line>;

/** The transcript of both control connections while one file was copied, the run was planned, or no login succeeded. */
export const FileTranscript = z.object({
  /** Absent: while a file was copied. */
  during: z.enum(["planning", "connecting"]).optional(),
  /** What could not be planned; absent: the whole run, or it is about a file. */
  path: z.string().optional(),
  source: z.string(),
  target: z.string(),
  outcome: z.enum(["succeeded", "partial", "failed", "cancelled"]),
  /** The earliest first. */
  lines: z.array(Line),
});
export type FileTranscript = z.infer<typeof FileTranscript>;

/** Lines that are kept as they came until there are so many, or somebody reads them: of most files nobody does. */
const MOST_UNREAD = 64;

/** A transcript of which the beginning and the end are kept. */
export class BoundedTranscript {
  #unread: (readonly [line: TranscriptLine, atMs: number])[] = [];
  readonly #head: SpokenLine[] = [];
  readonly #tail: SpokenLine[] = [];
  #headLetters = 0;
  #tailLetters = 0;
  #leftOut = 0;

  add(line: TranscriptLine, atMs: number): void {
    this.#unread.push([line, atMs]);
    if (this.#unread.length >= MOST_UNREAD || isLong(line)) this.#read();
  }

  /** Keeps what is unread as it will be shown, and lets go of the replies. */
  #read(): void {
    const unread = this.#unread;
    this.#unread = [];
    for (const [line, atMs] of unread) this.#keep(line, atMs);
  }

  #keep({ host, from, text }: TranscriptLine, atMs: number): void {
    const cut = text.length > MOST_OF_LINE ? `${text.slice(0, MOST_OF_LINE)} …` : text;
    const line: SpokenLine = { at: atMs, host, from, text: cut };
    if (this.#tail.length === 0 && this.#headLetters + lettersOf(line) <= HEAD) {
      this.#head.push(line);
      this.#headLetters += lettersOf(line);
      return;
    }
    this.#tail.push(line);
    this.#tailLetters += lettersOf(line);
    for (let first = this.#tail[0]; this.#tailLetters > TAIL && first !== undefined; first = this.#tail[0]) {
      this.#tail.shift();
      this.#tailLetters -= lettersOf(first);
      this.#leftOut += 1;
    }
  }

  /** Where lines in the middle were not kept, a remark says how many. */
  get lines(): readonly SpokenLine[] {
    this.#read();
    const [next] = this.#tail;
    if (this.#leftOut === 0 || next === undefined) return [...this.#head, ...this.#tail];
    const text = `… ${counted(this.#leftOut, "line")} left out`;
    return [...this.#head, { at: next.at, host: next.host, from: "note", text }, ...this.#tail];
  }
}

/** Whether it is a reply that takes memory, such as a listing, of which only the beginning is kept. */
function isLong({ reply }: TranscriptLine): boolean {
  return reply !== undefined && (reply.lines.length > 1 || (reply.lines[0] ?? "").length > MOST_OF_LINE);
}

/** With what a line costs beside its text. */
function lettersOf({ host, text }: SpokenLine): number {
  return host.length + text.length + 50;
}
