import { pino } from "pino";
import type { Logger } from "../shared/logger.ts";

/** Structured lines on standard error; whoever keeps them also turns them over. */
export function daemonLogger(verbose: number): Logger {
  const level = verbose > 0 ? "debug" : "info";
  const options = { level, base: { pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime };
  return pino(options, pino.destination({ fd: 2, sync: true }));
}
