import type { CopyEvent } from "../../../batch/events.ts";
import type { TranscriptLine } from "../../../ftp/connection/transcript.ts";
import type { Clock } from "../../../shared/clock.ts";
import { BoundedTranscript, type FileTranscript } from "../../runs/transcript.ts";

/** What the two control connections of one lane say, sorted by the files that it is about. */
export class LaneTranscript {
  readonly #clock: Clock;
  readonly #keepsAll: boolean;
  /** By target. The names of a few files are set while the next one moves: a line is then in several. */
  readonly #open = new Map<string, BoundedTranscript>();
  /** Lines while no file is being copied, such as a login's: they belong to the next one. */
  #before = new BoundedTranscript();
  #replies = new Map<number, number>();

  /** @param keepsAll whether also conversations of files that went well are kept */
  constructor(clock: Clock, keepsAll: boolean) {
    this.#clock = clock;
    this.#keepsAll = keepsAll;
  }

  readonly add = (line: TranscriptLine): void => {
    if (line.reply !== undefined) this.#count(line.reply.code);
    const atMs = this.#clock.now();
    if (this.#open.size === 0) this.#before.add(line, atMs);
    for (const conversation of this.#open.values()) conversation.add(line, atMs);
  };

  /** How many replies of each code came since this was last asked. */
  replies(): ReadonlyMap<number, number> {
    const counts = this.#replies;
    this.#replies = new Map();
    return counts;
  }

  #count(code: number): void {
    this.#replies.set(code, (this.#replies.get(code) ?? 0) + 1);
  }

  /** The lines since the last file ended, where no other one could begin. */
  rest(source: string, target: string): FileTranscript | undefined {
    const { lines } = this.#before;
    this.#before = new BoundedTranscript();
    if (lines.length === 0) return undefined;
    return { during: "connecting", source, target, outcome: "failed", lines: [...lines] };
  }

  /** @returns what is to be kept, where that is something */
  note(event: CopyEvent): FileTranscript | undefined {
    if (event.event === "start" && !this.#open.has(event.target)) {
      this.#open.set(event.target, this.#before);
      this.#before = new BoundedTranscript();
    }
    if (event.event !== "transfer") return undefined;
    const { source, target, outcome } = event;
    const conversation = this.#open.get(target) ?? this.#before;
    this.#open.delete(target);
    if (conversation === this.#before) this.#before = new BoundedTranscript();
    if (outcome !== "failed" && !this.#keepsAll) return undefined;
    const { lines } = conversation;
    return lines.length === 0 ? undefined : { source, target, outcome, lines: [...lines] };
  }
}
