import { systemClock } from "../../shared/clock.ts";
import { LocalRates } from "../../transfer/rate-limit.ts";

/** The limits of this process, which carries out one run, to however many targets. */
export const RATES = new LocalRates(systemClock);
