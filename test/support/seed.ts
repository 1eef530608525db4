import fc from "fast-check";

/**
 * Property tests try the same values each time, so that they say something about a change and not about luck.
 * `FXPD_SEED` (an integer, or `random`, which test/support/random-seed.ts makes one) tries others.
 */
const { FXPD_SEED: seed = "20261121" } = process.env;
if (!/^-?\d{1,10}$/.test(seed)) throw new Error(`FXPD_SEED: expected an integer or "random", not "${seed}"`);
fc.configureGlobal({ seed: Number(seed) });
