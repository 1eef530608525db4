import type { Entry } from "./entry.ts";

/** A file's state, by its colour in the grid. */
export type FileState = "succeeded" | "failed" | "cancelled" | "retrying" | "flying" | "planned";

export interface FileMark {
  readonly name: string;
  readonly state: FileState;
}

/** Names that a tab remembers; of others only their number is shown. */
const MOST = 100_000;

/** The last word on each file of a run, in the order in which they were first heard of. */
export class FileMarks {
  #list: FileMark[] = [];
  #places = new Map<string, number>();

  get list(): readonly FileMark[] {
    return this.#list;
  }

  take({ event, target, outcome }: Pick<Entry, "event" | "target" | "outcome">): void {
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
const WORST_FIRST: readonly FileState[] = [
  "failed",
  "retrying",
  "cancelled",
  "flying",
  "planned",
  "succeeded",
];
const RANK = new Map(WORST_FIRST.map((state, at) => [state, at]));

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
  const done = known.filter(({ name }) => !ahead.has(name));
  const parts: readonly (readonly [from: number, many: number, at: (index: number) => FileMark])[] = [
    [0, earlier, () => ({ name: "a file that was copied before", state: "succeeded" })],
    [earlier, done.length, (index) => done[index] ?? { name: "", state: "succeeded" }],
    [earlier + done.length, flying.length, (index) => ({ name: flying[index] ?? "", state: "flying" })],
    [earlier + done.length + flying.length, toCome, () => ({ name: "a file to come", state: "planned" })],
  ];
  const total = parts.reduce((sum, [, many]) => sum + many, 0);
  const each = Math.max(1, Math.ceil(total / Math.max(1, most)));
  const squares: FileState[] = [];
  const sums = new Map<FileState, number>();
  for (const [from, many, at] of parts) {
    for (let index = 0; index < many; index += 1) {
      const { state } = at(index);
      sums.set(state, (sums.get(state) ?? 0) + 1);
      const square = Math.floor((from + index) / each);
      const before = squares[square];
      if (before === undefined || (RANK.get(state) ?? 0) < (RANK.get(before) ?? 0)) squares[square] = state;
    }
  }
  const markAt = (file: number) => {
    const part = parts.findLast(([from, many]) => many > 0 && from <= file);
    return part?.[2](file - part[0]);
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
