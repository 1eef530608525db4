import type { NoteEvent, RunOutcome, ScanEvent } from "../../batch/events.ts";
import { nounOf } from "./plan.ts";
import type { ScanListener } from "../contract.ts";
import { type FactsJson, factsJson } from "./facts-json.ts";

/** `=` equal, `+` only at the source, `-` only at the target, `*` different, `!` not known. */
type Sign = "=" | "+" | "-" | "*" | "!";

/** What two trees have at one path. */
export interface DifferenceEvent {
  readonly event: "difference";
  readonly sign: Sign;
  /** Below both roots; a directory's ends in `/`. */
  readonly path: string;
  readonly because: string;
  /** What is there, where something does and it was looked at. */
  readonly source: FactsJson | null;
  readonly target: FactsJson | null;
}

/** A path that is not compared. */
interface SkipEvent {
  readonly event: "action";
  readonly action: "skip";
  readonly path: string;
  readonly because: string;
}

/** Paths of each kind. */
export type Differences = Readonly<
  Record<"equal" | "onlySource" | "onlyTarget" | "different" | "unknown" | "skipped", number>
>;

/** The last event of a comparison. */
export interface DiffSummaryEvent {
  readonly event: "summary";
  /** `partial`: something could not be looked at. */
  readonly outcome: RunOutcome;
  readonly paths: Differences;
  readonly seconds: number;
  readonly because?: string;
}

export type DiffEvent = ScanEvent | NoteEvent | DifferenceEvent | SkipEvent | DiffSummaryEvent;

type Found = Parameters<ScanListener>[0];

/** What a scan has found, as a difference; undefined for what need not be reported. */
export function differenceOf(found: Found): DifferenceEvent | SkipEvent | undefined {
  switch (found.step) {
    case "keep":
      return difference("=", found.file.path, found.because, found.file.facts, found.target);
    case "same-link":
      return difference("=", found.path, found.because);
    case "copy": {
      const sign = found.target === undefined ? "+" : "*";
      return difference(sign, found.file.path, found.because, found.file.facts, found.target);
    }
    case "make-directory":
      return difference("+", `${found.path}/`, found.because, DIRECTORY);
    case "link": {
      const { path, to, target } = found;
      const leads = `a symbolic link to ${to}`;
      if (target === undefined) return difference("+", path, leads, LINK);
      const because = `${leads} at the source, ${nounOf(target.kind)} at the target`;
      return difference("*", path, because, LINK, target);
    }
    case "extra": {
      const { path, entry } = found;
      const below = entry.kind === "directory" ? `${path}/` : path;
      return difference("-", below, "not at the source", undefined, entry);
    }
    case "conflict": {
      const { path, source, entry } = found;
      const facts = source === "directory" ? DIRECTORY : source.facts;
      const because = `${nounOf(facts.kind)} at the source, ${nounOf(entry.kind)} at the target`;
      return difference("*", path, because, facts, entry);
    }
    case "dead-leftover":
      return undefined;
    case "leave":
      if (!found.isAtSource) return undefined;
      return { event: "action", action: "skip", path: found.path, because: found.because };
    case "fault":
      return difference("!", `${found.path}/`, found.because);
  }
}

const DIRECTORY = { kind: "directory" } as const;
const LINK = { kind: "link" } as const;

function difference(
  sign: Sign,
  path: string,
  because: string,
  source?: Parameters<typeof factsJson>[0],
  target?: Parameters<typeof factsJson>[0],
): DifferenceEvent {
  return {
    event: "difference",
    sign,
    path,
    because,
    source: source === undefined ? null : factsJson(source),
    target: target === undefined ? null : factsJson(target),
  };
}

/** Under which name a sign is counted. */
export const COUNTED = {
  "=": "equal",
  "+": "onlySource",
  "-": "onlyTarget",
  "*": "different",
  "!": "unknown",
} as const;
