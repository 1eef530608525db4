import { EXIT } from "../process/exit.ts";

/**
 * Ends the process once what it says is not read (`fxpd ls … | head`, as others end by SIGPIPE) or cannot be written
 * (a disk that is full). What is in flight ends in good order, as after SIGTERM.
 */
export function endWhenUnread(): void {
  let status: number | undefined;
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
