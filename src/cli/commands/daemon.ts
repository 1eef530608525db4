import { once } from "node:events";
import { messageOf } from "../../shared/errors.ts";
import { Scope } from "../../shared/scope.ts";
import { type CommonOptions, directoriesOf } from "../command-line.ts";
import { daemonLogger } from "../daemon-output.ts";
import { EXIT, statusOfError } from "../exit.ts";

/** What of the daemon runs in this process. */
export type DaemonPart = "scheduler" | "worker" | "api";

/**
 * `fxpd daemon`, `fxpd scheduler`, `fxpd worker`, `fxpd api`: runs until it is told to end. SIGTERM lets files in
 * flight end; a second signal ends it at once; SIGHUP reads the configuration anew.
 */
export async function daemonCommand(
  parts: readonly DaemonPart[],
  given: CommonOptions,
  version: string,
): Promise<number> {
  const log = daemonLogger(given.verbose ?? 0);
  const ending = new AbortController();
  const end = () => {
    if (ending.signal.aborted) process.exit(EXIT.interrupted);
    ending.abort();
  };
  process.on("SIGTERM", end).on("SIGINT", end);
  const scope = new Scope();
  try {
    const { openInstallation } = await import("../../orchestrator/installation.ts");
    const { startScheduler, startWorker } = await import("../../orchestrator/fleet.ts");
    const directories = directoriesOf(given);
    const tell = (sentence: string) => log.info({}, sentence);
    const onBadRow = (row: string, because: string) => log.warn({ row, because }, "left out: a row of Redis");
    const installation = scope.use(
      await openInstallation(directories, { whenAway: "wait", tell, onBadRow, starts: true }),
    );
    const running = new Map<DaemonPart, { readonly isRunning: boolean }>();
    if (parts.includes("scheduler")) {
      const scheduler = await startScheduler(installation, directories, log);
      scope.defer(() => scheduler.close());
      running.set("scheduler", scheduler);
      process.on("SIGHUP", () => void scheduler.reload());
    } else process.on("SIGHUP", () => {});
    if (parts.includes("worker")) {
      const worker = await startWorker(installation, directories, log);
      scope.defer(() => worker.close());
      running.set("worker", worker);
    }
    if (parts.includes("api")) {
      const { startApi } = await import("../../api/server.ts");
      const api = await startApi({ directories, log, parts: running, version });
      scope.defer(() => api.close());
    }
    log.info({ parts }, "fxpd is ready");
    if (!ending.signal.aborted) await once(ending.signal, "abort");
    log.info({}, "fxpd ends");
    return EXIT.done;
  } catch (error) {
    log.error({ because: messageOf(error) }, "fxpd cannot run");
    return statusOfError(error);
  } finally {
    await scope[Symbol.asyncDispose]();
  }
}
