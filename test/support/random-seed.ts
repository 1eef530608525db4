import { randomInt } from "node:crypto";

/** `FXPD_SEED=random`: draws one seed for all files of this run, and prints it, so that the run can be done again. */
export default function drawSeed(): void {
  if (process.env["FXPD_SEED"] !== "random") return;
  const seed = String(randomInt(2 ** 31));
  process.env["FXPD_SEED"] = seed;
  process.stdout.write(`random seed ${seed}; FXPD_SEED=${seed} tries the same values again\n`);
}
