import { once } from "node:events";
import { messageOf } from "../../../shared/errors.ts";
import type { Logger } from "../../../shared/logger.ts";
import type { Installation } from "../../../orchestrator/installation.ts";
import { redisWords } from "../../../orchestrator/kv/faults.ts";
import type { Part } from "../../../orchestrator/shutdown.ts";
import { type CommonOptions, directoriesOf } from "../../command-line.ts";
import { daemonLogger, keepInLog } from "../../output/daemon-output.ts";
import { EXIT, statusOfError } from "../../process/exit.ts";
import { localUser } from "../../process/local-user.ts";
import { survive } from "../../process/survive.ts";

/** What of the daemon runs in this process. */
type DaemonPart = "scheduler" | "worker" | "api";

/** What may keep the process after all has ended has no more to say. */
const LEFTOVER_MS = 200;

/** What this process has begun, as far as it has come. */
interface Begun {
  readonly parts: Map<DaemonPart, Part>;
  installation?: Installation;
  /** Reads the configuration again. */
  reload?: () => Promise<void>;
}

/**
 * `fxpd daemon`, `fxpd scheduler`, `fxpd worker`, `fxpd api`: runs until it is asked to end. SIGTERM lets files in
 * flight end within `shutdown.grace`, and ends all else within two seconds more; a second signal ends it at once;
 * SIGHUP reads the configuration again.
 */
export async function daemonCommand(
  parts: readonly DaemonPart[],
  given: CommonOptions,
  version: string,
): Promise<number> {
  const log = daemonLogger(given.verbose ?? 0);
  keepInLog(log);
  const ending = new AbortController();
  const end = () => {
    if (ending.signal.aborted) process.exit(EXIT.interrupted);
    ending.abort();
  };
  const begun: Begun = { parts: new Map() };
  process.on("SIGTERM", end).on("SIGINT", end);
  // Whatever there is to be read, reloading never fails.
  process.on("SIGHUP", () => void begun.reload?.());
  let status: number = EXIT.done;
  survive(log, () => {
    status = EXIT.someFailed;
    ending.abort();
  });
  const ended = once(ending.signal, "abort");
  try {
    const beginning = begin(parts, begun, { given, version, log });
    await Promise.race([beginning, ended]);
    if (!ending.signal.aborted) {
      log.info({ parts }, "fxpd is ready");
      await ended;
    }
    // It may still wait for a Redis that does not answer; what comes of that is of no use any more.
    beginning.catch(() => {});
    log.info({}, "fxpd is shutting down");
    return status;
  } catch (error) {
    for (const because of (redisWords(error) ?? messageOf(error)).split("\n"))
      log.error({ because }, "fxpd cannot start");
    return statusOfError(error);
  } finally {
    await endAll(begun, log);
    setTimeout(() => process.exit(), LEFTOVER_MS).unref();
  }
}

interface Beginning {
  readonly given: CommonOptions;
  readonly version: string;
  readonly log: Logger;
}

async function begin(
  parts: readonly DaemonPart[],
  begun: Begun,
  { given, version, log }: Beginning,
): Promise<void> {
  const { openInstallation } = await import("../../../orchestrator/installation.ts");
  const { startScheduler, startWorker } = await import("../../../orchestrator/parts.ts");
  const directories = directoriesOf(given);
  const tell = (sentence: string) => log.info({}, sentence);
  const onBadRow = (row: string, because: string) =>
    log.warn({ row, because }, "ignored an invalid row in Redis");
  const how = { whenAway: "wait", tell, onBadRow, starts: true } as const;
  const installation = await openInstallation(directories, how);
  begun.installation = installation;
  if (parts.includes("scheduler")) {
    const scheduler = await startScheduler(installation, directories, log);
    begun.parts.set("scheduler", scheduler);
    begun.reload = () => scheduler.reload("SIGHUP", localUser());
  }
  if (parts.includes("worker"))
    begun.parts.set("worker", await startWorker(installation, directories, log, version));
  if (parts.includes("api")) {
    const { startApi } = await import("../../../api/server.ts");
    const others = new Map(begun.parts);
    begun.parts.set("api", await startApi({ directories, log, parts: others, version }));
  }
}

async function endAll({ parts, installation }: Begun, log: Logger): Promise<void> {
  if (installation === undefined) return;
  const { endTogether } = await import("../../../orchestrator/shutdown.ts");
  await endTogether(parts, installation, installation.daemon.value.shutdown.grace, log);
}
