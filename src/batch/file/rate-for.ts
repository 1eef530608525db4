import { allOf, type RateLimit, type RateLimits } from "../../transfer/rate-limit.ts";
import type { BatchOptions } from "../contract.ts";
import type { Place } from "../pool.ts";

/** The limits that hold for a file: the run's, those of the hosts that it comes from and goes to, and that of the link. */
export function rateFor(
  { bwlimit, target }: BatchOptions,
  rates: RateLimits,
  source: Place,
): RateLimit | undefined {
  const places = source.key === target.place.key ? [source] : [source, target.place];
  const ofHosts = places.flatMap(({ key, rate }) =>
    rate === undefined ? [] : [rates.of(`host ${key}`, rate)],
  );
  // Both ends may limit the same link.
  const link = `${source.key} ${target.place.key}`;
  const to = source.rateTo?.[target.place.name];
  const from = target.place.rateFrom?.[source.name];
  return allOf([
    ...(bwlimit === undefined ? [] : [rates.of("run", bwlimit)]),
    ...ofHosts,
    ...(to === undefined ? [] : [rates.of(`link ${link}`, to)]),
    ...(from === undefined ? [] : [rates.of(`link from ${link}`, from)]),
  ]);
}
