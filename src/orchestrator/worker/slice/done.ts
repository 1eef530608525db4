import { z } from "zod";

/** What is remembered of a file of a slice that is done, in case the rest is done by somebody else. */
export const Done = z.object({
  what: z.enum(["copied", "kept", "skipped"]),
  by: z.enum(["third-party", "relay", "server-side"]).nullish(),
  bytes: z.number().int().nonnegative(),
  resumed: z.number().int().nonnegative(),
});
export type Done = z.infer<typeof Done>;

/** Those, by their places in the slice, whose files were left as they were. */
export function untouchedOf(done: ReadonlyMap<number, Done>): readonly number[] {
  return [...done].flatMap(([index, { what }]) => (what === "copied" ? [] : [index]));
}

/** What it counts for. */
export function countsOf({ what, by, bytes, resumed }: Done) {
  return {
    copied: what === "copied" ? 1 : 0,
    kept: what === "kept" ? 1 : 0,
    skipped: what === "skipped" ? 1 : 0,
    failed: 0,
    thirdParty: by === "third-party" ? bytes : 0,
    relayed: by === "relay" ? bytes : 0,
    serverSide: by === "server-side" ? bytes : 0,
    resumed,
  };
}
