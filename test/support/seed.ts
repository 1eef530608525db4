import fc from "fast-check";

/**
 * Property tests try the same values each time, so that they say something about a change and not about luck.
 * `FXPD_SEED` (an integer, or `random`) tries others; a failure tells the seed that it had.
 */
const { FXPD_SEED: wish = "20261121" } = process.env;
if (wish !== "random") fc.configureGlobal({ seed: Number(wish) });
