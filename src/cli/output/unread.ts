import { isCancellation } from "../../shared/errors.ts";
import { errnoOf } from "../../shared/system-error.ts";
import { EXIT } from "../process/exit.ts";

let status: number | undefined;

/**
 * Whether something failed only because nobody reads the output: it was cancelled for that, or could not be written.
 * That is not worth a word; all else still is, on standard error and in a log.
 */
export function isBecauseUnread(error: unknown): boolean {
  if (status !== EXIT.unread) return false;
  return isCancellation(error) || errnoOf(error) === "EPIPE";
}

/**
 * Ends the process once what it says is not read (`fxpd ls … | head`, as others end by SIGPIPE) or cannot be written
 * (a disk that is full). What is in flight ends in good order, as after SIGTERM.
 */
export function endWhenUnread(): void {
  const end = (error: NodeJS.ErrnoException) => {
    if (status !== undefined) return;
    status = error.code === "EPIPE" ? EXIT.unread : EXIT.someFailed;
    if (error.code !== "EPIPE") process.stderr.write(`fxpd: cannot write output: ${error.message}\n`);
    if (process.listenerCount("SIGTERM") === 0) process.exit(status);
    process.kill(process.pid, "SIGTERM");
  };
  for (const stream of [process.stdout, process.stderr]) stream.on("error", end);
  process.on("exit", () => {
    if (status !== undefined) process.exitCode = status;
  });
}
