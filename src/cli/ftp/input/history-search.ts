import type { Interface, Key } from "node:readline";

/** A search through the lines that were typed, newest first. */
export interface HistorySearch {
  readonly wanted: string;
  /** Index of the line that was found; undefined: none yet. */
  readonly at: number | undefined;
  /** Whether nothing more has what is wanted: the line found before is still shown. */
  readonly isFailing: boolean;
}

export const NEW_SEARCH: HistorySearch = { wanted: "", at: undefined, isFailing: false };

/** What a key means during a search: the search that follows, or how it ends. */
export function searchAfter(
  search: HistorySearch,
  text: string | undefined,
  key: Key,
  lines: readonly string[],
): HistorySearch | "accepted" | "cancelled" {
  const { wanted, at } = search;
  if (key.ctrl === true && key.name === "r")
    return found(search, wanted, at === undefined ? 0 : at + 1, 1, lines);
  if (key.ctrl === true && key.name === "s")
    return found(search, wanted, at === undefined ? 0 : at - 1, -1, lines);
  if ((key.ctrl === true && /^[gc]$/.test(key.name ?? "")) || key.name === "escape") return "cancelled";
  if (key.name === "backspace") return found(NEW_SEARCH, wanted.slice(0, -1), 0, 1, lines);
  const isTyped = key.ctrl !== true && key.meta !== true && text !== undefined && /^\P{Cc}+$/u.test(text);
  return isTyped ? found(search, wanted + text, at ?? 0, 1, lines) : "accepted";
}

function found(
  before: HistorySearch,
  wanted: string,
  from: number,
  step: 1 | -1,
  lines: readonly string[],
): HistorySearch {
  if (wanted === "") return NEW_SEARCH;
  for (let at = from; at >= 0 && at < lines.length; at += step)
    if (lines[at]?.includes(wanted) === true) return { wanted, at, isFailing: false };
  return { wanted, at: before.at, isFailing: true };
}

/** What readline calls for each key (its own REPL searches the history by the same method), and the line it edits. */
interface Edited {
  _ttyWrite: (text: string | undefined, key: Key) => void;
  line: string;
  cursor: number;
}

/** Adds a search through the history to a line editor: Ctrl-R for older lines, Ctrl-S for newer ones. */
export function searchable(reader: Interface, lines: readonly string[]): void {
  const edited = reader as unknown as Edited;
  const write = edited._ttyWrite.bind(reader);
  let search: HistorySearch | undefined;
  let before = { line: "", cursor: 0, prompt: "" };
  const show = (line: string, cursor: number, prompt: string) => {
    [edited.line, edited.cursor] = [line, cursor];
    reader.setPrompt(prompt);
    reader.prompt(true);
  };
  edited._ttyWrite = (text, key) => {
    if (search === undefined) {
      if (key.ctrl !== true || key.name !== "r") return write(text, key);
      before = { line: edited.line, cursor: edited.cursor, prompt: reader.getPrompt() };
    }
    const next = search === undefined ? NEW_SEARCH : searchAfter(search, text, key, lines);
    if (typeof next === "string") {
      search = undefined;
      if (next === "cancelled") return show(before.line, before.cursor, before.prompt);
      show(edited.line, edited.line.length, before.prompt);
      return write(text, key);
    }
    search = next;
    const line = next.at === undefined ? before.line : (lines[next.at] ?? "");
    const cursor = next.at === undefined ? before.cursor : Math.max(0, line.indexOf(next.wanted));
    return show(line, cursor, `(${next.isFailing ? "failed " : ""}reverse-i-search)\`${next.wanted}': `);
  };
}
