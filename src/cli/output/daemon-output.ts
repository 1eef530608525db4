import { format } from "node:util";
import { pino } from "pino";
import { safeJson } from "../../shared/printable.ts";
import type { Logger } from "../../shared/logger.ts";

/** Structured lines on standard error; whoever keeps them also turns them over. */
export function daemonLogger(verbose: number): Logger {
  const level = verbose > 0 ? "debug" : "info";
  const options = { level, base: { pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime };
  const out = pino.destination({ fd: 2, sync: true });
  return pino(options, { write: (line: string) => void out.write(safeJson(line)) });
}

/** What libraries print on their own, and the warnings of Node, become lines of the log, so that all of it is JSON. */
export function keepInLog(log: Logger): void {
  const { console: printing } = globalThis;
  for (const name of ["log", "info", "debug", "warn", "error", "trace"] as const)
    printing[name] = (...words: unknown[]) => log.warn({ by: `console.${name}` }, format(...words));
  process.removeAllListeners("warning");
  process.on("warning", ({ name, message }) => log.warn({ by: name }, message));
}
