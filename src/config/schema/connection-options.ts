import { choice, Duration, wholeNumber } from "./fields.ts";

/** Options of every command that talks to a server; in a file of their own, so that `fxpd ls` loads no more. */
export const connectionOptions = {
  tls: choice("required", "prefer", "off")
    .optional()
    .describe("TLS for both sides, instead of the host files' settings; never weaker than those"),
  timeout: Duration.optional().describe(
    "Maximum wait for a greeting, a reply or data, for both sides, instead of the host files' settings: 30s, 5m; at most 1d",
  ),
  retries: wholeNumber(0, 100)
    .default(3)
    .describe("Retries per file after temporary failures, 0 to 100 (default: 3)"),
} as const;
