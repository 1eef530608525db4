import { type Mutant, mutant } from "./mutant.ts";

const INDEX = ["test/unit/mirror/index", "test/property/mirror/index"] as const;
const decide = mutant("src/mirror/index/decide.ts", ...INDEX);
const entry = mutant("src/mirror/index/entry.ts", ...INDEX);
const table = mutant("src/mirror/index/table.ts", ...INDEX);
const open = mutant("src/mirror/index/open.ts", ...INDEX, "test/unit/mirror/targets");

/** The index of mirrors. */
export const ofMirrors: readonly Mutant[] = [
  decide(
    "a-young-directory-is-unchanged",
    'if (!isSettled(entry)) return { action: "compare"',
    'if (false as boolean) return { action: "compare"',
  ),
  decide("compared-in-the-future", "agoMs < 0 || ", ""),
  decide(
    "since-is-kept-for-another-look",
    "isAsBefore ? before.sinceS",
    "before !== undefined ? before.sinceS",
  ),
  decide("full-check-leaves-the-target-out", "!isDue(key, entry, policy, nowMs) &&", ""),
  entry(
    "a-size-is-not-looked-at",
    "JSON.stringify([name, kind, sizeBytes, time,",
    "JSON.stringify([name, kind, time,",
  ),
  entry(
    "no-time-tells-changes",
    "if (sizeBytes === undefined || modified === undefined) return false;",
    "if (modified === undefined) return true;",
  ),
  entry(
    "clocks-are-right",
    "endsOf(modified, ahead)[1] + CLOCK_MS < nowMs",
    "endsOf(modified, ahead)[1] < nowMs",
  ),
  table(
    "what-is-gone-stays",
    "const isGone = (at: number) => isComplete && this.#seen[at] === 0;",
    "const isGone = (at: number) => isComplete && at < 0;",
  ),
  table(
    "gone-after-an-incomplete-run",
    "const isGone = (at: number) => isComplete && ",
    "const isGone = (at: number) => ",
  ),
  table("index-of-other-options", "return made === options ?", "return made !== undefined ?"),
  open("peers-share-an-index", " || peers !== undefined", ""),
];
