import type { ExtraSides } from "../../transfer/phases.ts";
import type { Side } from "../../transfer/sides/side.ts";
import { isServer } from "../../transfer/sides/side.ts";
import { isCrowded } from "../connected.ts";
import type { Pair, Place, Pool } from "../pool.ts";

/**
 * One more connection to each server of a pair, logged in, where there may be one now: nobody is kept waiting for it. This
 * machine needs none.
 * @throws what a server said that lets nobody more in
 */
export async function extraSides(
  pool: Pool,
  { source, target }: Pair,
  [from, to]: readonly [source: Place, target: Place],
  signal: AbortSignal,
): Promise<ExtraSides | undefined> {
  const wanted = [
    { side: source, place: from },
    { side: target, place: to },
  ].filter(({ side }) => isServer(side));
  const lent = await pool.extra(
    wanted.map(({ place }) => place),
    signal,
  );
  if (lent === undefined) return undefined;
  const sides = lent.sides.values();
  const sideFor = (side: Side) => (isServer(side) ? (sides.next().value ?? side) : side);
  const extra = { source: sideFor(source), target: sideFor(target) };
  const ends = await Promise.allSettled(lent.sides.map((side) => side.ready(signal)));
  for (const [at, end] of ends.entries()) {
    if (end.status === "fulfilled") continue;
    const place = wanted[at]?.place;
    if (place !== undefined && isCrowded(end.reason)) pool.shrink(place, 1);
    await lent[Symbol.asyncDispose]();
    throw end.reason;
  }
  return { ...extra, [Symbol.asyncDispose]: () => Promise.resolve(lent[Symbol.asyncDispose]()) };
}
