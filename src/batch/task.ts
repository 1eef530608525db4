import type { FileFacts } from "../transfer/sides/side.ts";
import type { ExistsVerdict } from "./on-exists.ts";
import type { Pair, Place } from "./pool.ts";

/** Where files go. */
export interface Target {
  readonly place: Place;
  readonly path: string;
  readonly shown: string;
}

/** One file to be copied; nothing is known yet of what is at the target. */
export interface FileTask {
  readonly source: { readonly place: Place; readonly path: string; readonly facts: FileFacts };
  /** The final pathname. */
  readonly target: string;
  /** Why it is copied, where that is decided already: what is at the target is not asked for then. */
  readonly because?: string;
  /** Where a file goes that is at the target; absent: it is overwritten. */
  readonly aside?: string;
  /** Looks once more, before the first byte, what is to become of it; where it is not left to the policy. */
  readonly decide?: (sides: Pick<Pair, "source" | "target">, signal: AbortSignal) => Promise<ExistsVerdict>;
}
