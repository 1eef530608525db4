import { allOf, type RateLimit, type RateLimits } from "../../transfer/rate-limit.ts";
import type { BatchOptions } from "../contract.ts";
import type { Place } from "../pool.ts";

/** The limits that hold for a file: the run's, and those of the hosts that it comes from and goes to. */
export function rateFor(
  { bwlimit, target }: BatchOptions,
  rates: RateLimits,
  source: Place,
): RateLimit | undefined {
  const places = source.key === target.place.key ? [source] : [source, target.place];
  const ofHosts = places.flatMap(({ key, rate }) =>
    rate === undefined ? [] : [rates.of(`host ${key}`, rate)],
  );
  return allOf([...(bwlimit === undefined ? [] : [rates.of("run", bwlimit)]), ...ofHosts]);
}
