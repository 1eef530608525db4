import type { ShownEntry } from "./entry.ts";

/** A file's state, by its colour in the grid. */
export type FileState = "succeeded" | "failed" | "cancelled" | "retrying" | "flying" | "planned";

export interface FileMark {
  readonly name: string;
  readonly state: FileState;
}

/** Names that a tab remembers; of others only their number is shown. */
const MOST = 100_000;

/** The latest state of each file of a run, in the order of their first events. */
export class FileMarks {
  #list: FileMark[] = [];
  #places = new Map<string, number>();

  get list(): readonly FileMark[] {
    return this.#list;
  }

  take({ event, target, outcome }: Pick<ShownEntry, "event" | "target" | "outcome">): void {
    const state = stateOf(event, outcome);
    if (target === undefined || state === undefined) return;
    const place = this.#places.get(target) ?? this.#list.length;
    this.#places.set(target, place);
    this.#list[place] = { name: target, state };
    if (this.#list.length <= MOST * 1.1) return;
    this.#list = this.#list.slice(-MOST);
    this.#places = new Map(this.#list.map(({ name }, at) => [name, at]));
  }
}

function stateOf(event: string, outcome: string | undefined): FileState | undefined {
  if (event === "retry") return "retrying";
  if (event !== "transfer") return undefined;
  if (outcome === "partial") return "failed";
  return outcome === "succeeded" || outcome === "failed" || outcome === "cancelled" ? outcome : undefined;
}

/** What a grid shows, by rank: where a square stands for several files, it has the colour of the first of these. */
const RANK: Readonly<Record<FileState, number>> = {
  failed: 0,
  retrying: 1,
  cancelled: 2,
  flying: 3,
  planned: 4,
  succeeded: 5,
};

/** Files beside each other in the grid: of one state, or each with its own. */
type Part = { readonly from: number; readonly many: number } & (
  | { readonly marks: readonly FileMark[] }
  | { readonly state: FileState; readonly name: (index: number) => string }
);

interface Files {
  /** Copied before anybody listened, or so many that their names are not kept. */
  readonly earlier: number;
  readonly known: readonly FileMark[];
  /** Names of those that are on their way. */
  readonly flying: readonly string[];
  /** Files that are still to come, as far as is known. */
  readonly toCome: number;
}

export interface Grid {
  readonly squares: readonly FileState[];
  /** Files that one square stands for. */
  readonly each: number;
  readonly sums: ReadonlyMap<FileState, number>;
  /** In words, what a square is about. */
  readonly wordsAt: (square: number) => string;
}

/** @param most squares that there is room for, from 1 */
export function gridOf({ earlier, known, flying, toCome }: Files, most: number): Grid {
  const ahead = new Set(flying);
  // What is tried again is on its way: it has one square.
  const done = ahead.size === 0 ? known : known.filter(({ name }) => !ahead.has(name));
  const parts: readonly Part[] = [
    { from: 0, many: earlier, state: "succeeded", name: () => "a file that was copied before" },
    { from: earlier, many: done.length, marks: done },
    {
      ...{ from: earlier + done.length, many: flying.length, state: "flying" },
      name: (index) => flying[index] ?? "",
    },
    {
      ...{ from: earlier + done.length + flying.length, many: toCome, state: "planned" },
      name: () => "a file to come",
    },
  ];
  const total = earlier + done.length + flying.length + toCome;
  const each = Math.max(1, Math.ceil(total / Math.max(1, most)));
  const squares: FileState[] = [];
  const sums = new Map<FileState, number>();
  const count = (state: FileState, many: number) => sums.set(state, (sums.get(state) ?? 0) + many);
  const paint = (square: number, state: FileState) => {
    const before = squares[square];
    if (before === undefined || RANK[state] < RANK[before]) squares[square] = state;
  };
  for (const { from, many, ...part } of parts) {
    if (many === 0) continue;
    if ("marks" in part)
      for (const [index, { state }] of part.marks.entries()) {
        count(state, 1);
        paint(Math.floor((from + index) / each), state);
      }
    else {
      count(part.state, many);
      const last = Math.floor((from + many - 1) / each);
      for (let square = Math.floor(from / each); square <= last; square += 1) paint(square, part.state);
    }
  }
  const markAt = (file: number) => {
    const part = parts.findLast(({ from, many }) => many > 0 && from <= file);
    if (part === undefined) return undefined;
    const index = file - part.from;
    return "marks" in part ? part.marks[index] : { name: part.name(index), state: part.state };
  };
  const wordsAt = (square: number) => {
    const first = square * each;
    if (square < 0 || first >= total) return "";
    if (each === 1) {
      const mark = markAt(first);
      return mark === undefined ? "" : `${mark.name}: ${WORDS[mark.state]}`;
    }
    const last = Math.min(total, first + each) - 1;
    const worst = squares[square];
    return `files ${first + 1} to ${last + 1}: ${worst === undefined ? "" : WORDS[worst]}`;
  };
  return { squares, each, sums, wordsAt };
}

export const WORDS: Readonly<Record<FileState, string>> = {
  succeeded: "copied",
  failed: "failed",
  cancelled: "cancelled",
  retrying: "to be retried",
  flying: "in flight",
  planned: "to come",
};
