import { z } from "zod";
import type { Begun } from "../../transfer/ledger.ts";
import { asBegun, Begins } from "../record.ts";
import { parseRow } from "../json-row.ts";

/**
 * The lines of a run's log. Its first line is the record of the process that writes it; the others follow in the order
 * in which things happened, each ended by a line feed, so that a crash leaves whole lines and at most a part of one.
 */
export const line = {
  /** From now on the run may write below this directory. */
  tree: (tree: string) => `tree ${JSON.stringify(tree)}\n`,
  /** The run holds nothing, and writes nothing until it names a tree again. */
  idle: () => "idle\n",
  /** The run has this target; a partial file of this source may be there from now on. */
  begin: (key: string, begun: Begun) => `begin ${key} ${JSON.stringify(begun)}\n`,
  /** The run has this target no longer, and left nothing there but what is recorded elsewhere. */
  end: (key: string) => `end ${key}\n`,
  /** A file that a copy has finished, as its journal writes it. */
  finished: (journal: string, text: string) => `finished ${journal} ${text}\n`,
  /** What the lines before this one say of that journal counts no longer. */
  closed: (journal: string) => `closed ${journal}\n`,
};

/** What a key or a journal's name has to look like to be part of a line and the name of a file. */
export function isPlainName(name: string): boolean {
  return /^[\w-]+$/.test(name);
}

const Tree = z.string();
const LINE_FEED = 0x0a;

/** What the log of a run says, as far as it was read. */
export class RecordedRun {
  /** The first line. */
  record: string | undefined;
  readonly trees = new Set<string>();
  /** What the run has now, by key. */
  readonly begun = new Map<string, Begun>();
  /** Lines of journals that are not closed, by the journal's name. */
  readonly finished = new Map<string, string[]>();
  readonly #keepsFinished: boolean;
  /** What was read of a line whose end was not. */
  #tail: Buffer = Buffer.alloc(0);

  /** @param keepsFinished whether {@link finished} is wanted, which is as long as the run has files */
  constructor(keepsFinished = true) {
    this.#keepsFinished = keepsFinished;
  }

  /** @param bytes what follows on those before it; of a line that is no line of a log, nothing is believed */
  push(bytes: Buffer): void {
    const all = this.#tail.length === 0 ? bytes : Buffer.concat([this.#tail, bytes]);
    const end = all.lastIndexOf(LINE_FEED) + 1;
    this.#tail = all.subarray(end);
    if (end === 0) return;
    for (const one of all.toString("utf8", 0, end - 1).split("\n")) {
      if (this.record === undefined) this.record = one;
      else this.#apply(one);
    }
  }

  #apply(text: string): void {
    const [, verb = "", name = "", rest = ""] = /^(\w+)(?: (\S+))?(?: (.*))?$/s.exec(text) ?? [];
    if (verb === "idle" && text === "idle") this.trees.clear();
    if (verb === "tree") ifRead(Tree, text.slice("tree ".length), (tree) => this.trees.add(tree));
    if (!isPlainName(name)) return;
    if (verb === "begin") ifRead(Begins, rest, (begun) => this.begun.set(name, asBegun(begun)));
    if (verb === "end") this.begun.delete(name);
    if (verb === "finished" && this.#keepsFinished) this.#linesOf(name).push(rest);
    if (verb === "closed") this.finished.delete(name);
  }

  #linesOf(journal: string): string[] {
    const lines = this.finished.get(journal) ?? [];
    this.finished.set(journal, lines);
    return lines;
  }
}

/** All that a state says, as lines below the first one. */
export function recordLines({ trees, begun, finished }: RecordedRun): string {
  return [
    ...[...trees].map(line.tree),
    ...[...begun].map(([key, one]) => line.begin(key, one)),
    ...[...finished].flatMap(([journal, texts]) => texts.map((text) => line.finished(journal, text))),
  ].join("");
}

function ifRead<T>(schema: z.ZodType<T>, text: string, act: (value: T) => void): void {
  // One that was cut off may have another one written behind it.
  const value = parseRow(schema, text);
  if (value !== undefined) act(value);
}
