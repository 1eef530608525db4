import { format } from "node:util";
import { pino } from "pino";
import { safeJson } from "../../shared/printable.ts";
import type { Logger } from "../../shared/logger.ts";

/** How long lines of which there are thousands wait for more: a system call for each costs as much as a transfer's. */
const GATHER_MS = 250;
/** Letters that wait at most. */
const MOST_GATHERED = 32_768;

/** Structured lines on standard error; whoever keeps them also turns them over. */
export function daemonLogger(verbose: number): Logger {
  const level = verbose > 0 ? "debug" : "info";
  const options = { level, base: { pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime };
  const out = pino.destination({ fd: 2, sync: true });
  // Nobody reads it any more, or its disk is full: the work goes on.
  out.on("error", () => {});
  let waiting = "";
  let timer: NodeJS.Timeout | undefined;
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    const text = waiting;
    waiting = "";
    if (text !== "") out.write(text);
  };
  process.once("exit", flush);
  const lines = pino(options, { write: (line: string) => void (waiting += safeJson(line)) });
  const now = (level: "info" | "warn" | "error") => (fields: object, message: string) => {
    lines[level](fields, message);
    flush();
  };
  const batched = (fields: object, message: string) => {
    lines.info(fields, message);
    if (waiting.length > MOST_GATHERED) flush();
    else timer ??= setTimeout(flush, GATHER_MS).unref();
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
