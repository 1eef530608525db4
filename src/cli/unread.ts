import { EXIT } from "./exit.ts";

/**
 * Ends the process once nobody reads what it says, as others end by SIGPIPE: `fxpd ls … | head`. What is in flight
 * ends in good order, as after SIGTERM.
 */
export function endWhenUnread(): void {
  let isUnread = false;
  const end = (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    if (isUnread) return;
    isUnread = true;
    if (process.listenerCount("SIGTERM") === 0) process.exit(EXIT.unread);
    process.kill(process.pid, "SIGTERM");
  };
  for (const stream of [process.stdout, process.stderr]) stream.on("error", end);
  process.on("exit", () => {
    if (isUnread) process.exitCode = EXIT.unread;
  });
}
