import { areTimesKept, clear, differenceOf, growList } from "./files.ts";
import type { Counted } from "./transcript.ts";

/** What lies at both servers before each run, and has to lie there after it; directories on disk. */
export interface Scene {
  /** Of a mirror: what it is, for people. */
  readonly name?: string;
  /** Once, before the first run. */
  grow(source: string, target: string): Promise<void>;
  /** Before and after each run. */
  reset(target: string): Promise<void>;
  /**
   * What is not as it should be after a run, by what is there and, where that was listened to, by what was said; undefined
   * for nothing.
   */
  differenceOf(source: string, target: string, counted: Counted | undefined): Promise<string | undefined>;
  /** Undefined where nothing was to be kept. */
  areTimesKept(source: string, target: string): Promise<boolean | undefined>;
}

/** A list of files at the source, and the same at the target in the end. */
export function listScene(row: { readonly files: number; readonly octetsPerFile: number }): Scene {
  return {
    grow: (source) => growList(source, row.files, row.octetsPerFile),
    reset: clear,
    differenceOf,
    areTimesKept,
  };
}
