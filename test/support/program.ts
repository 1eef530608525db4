import { fileURLToPath } from "node:url";

/**
 * The program that tests drive: what test/support/packed.ts has installed, when Vitest runs them. What is run by hand (the
 * bench) drives what the last build left.
 */
export const MAIN =
  process.env["FXPD_TEST_PROGRAM"] ?? fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
