import { format } from "node:util";
import { pino } from "pino";
import { safeJson } from "../../shared/printable.ts";
import type { Logger } from "../../shared/logger.ts";

/** How long lines of which there are thousands wait for more: a system call for each costs as much as a transfer's. */
const GATHER_MS = 100;
const GATHERED_BYTES = 8_192;

/** Structured lines on standard error; whoever keeps them also turns them over. */
export function daemonLogger(verbose: number): Logger {
  const level = verbose > 0 ? "debug" : "info";
  const options = { level, base: { pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime };
  const out = pino.destination({ fd: 2, sync: true, minLength: GATHERED_BYTES });
  const lines = pino(options, { write: (line: string) => void out.write(safeJson(line)) });
  let isDue = false;
  const flush = () => {
    isDue = false;
    out.flushSync();
  };
  process.once("exit", flush);
  const now = (level: "info" | "warn" | "error") => (fields: object, message: string) => {
    lines[level](fields, message);
    flush();
  };
  const batched = (fields: object, message: string) => {
    lines.info(fields, message);
    if (!isDue) setTimeout(flush, GATHER_MS).unref();
    isDue = true;
  };
  return { info: now("info"), warn: now("warn"), error: now("error"), batched };
}

/** What libraries print on their own, and the warnings of Node, become lines of the log, so that all of it is JSON. */
export function keepInLog(log: Logger): void {
  const { console: printing } = globalThis;
  for (const name of ["log", "info", "debug", "warn", "error", "trace"] as const)
    printing[name] = (...words: unknown[]) => log.warn({ by: `console.${name}` }, format(...words));
  process.removeAllListeners("warning");
  process.on("warning", ({ name, message }) => log.warn({ by: name }, message));
}
