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
  const link = source.rateTo?.[target.place.name];
  const ofLink = link === undefined ? [] : [rates.of(`link ${source.key} ${target.place.key}`, link)];
  return allOf([...(bwlimit === undefined ? [] : [rates.of("run", bwlimit)]), ...ofHosts, ...ofLink]);
}
