import { setFlagsFromString } from "node:v8";

/** How long a run may take until its code is worth optimising; most are over by then. */
const WARM_UP_MS = 2_000;
/** Octets of bytecode that a function may run before V8 thinks of optimising it: later than usual, and as usual. */
const PATIENT = 1_000_000;
const USUAL = 135_168;

/**
 * Lets V8 optimise later: in the first second its compiler takes as much of the processors as we do, and a run of a
 * thousand small files is over before that pays.
 */
export function optimiseLater(): void {
  setFlagsFromString(`--interrupt-budget=${PATIENT}`);
  setTimeout(() => setFlagsFromString(`--interrupt-budget=${USUAL}`), WARM_UP_MS).unref();
}
