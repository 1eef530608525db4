import { makeOwnDirectory } from "../state/state-error.ts";
import { join } from "node:path";
import { Reloader, watchDefinitions } from "./reload.ts";
import { allDefinitions, type Definition } from "./definitions.ts";
import type { Directories } from "../config/load/directories.ts";
import { DATA_DIRECTORY_SETTING } from "../config/load/load-daemon.ts";
import { formatFault } from "../config/load/document.ts";
import { ConfigError, messageOf } from "../shared/errors.ts";
import type { Logger } from "../shared/logger.ts";
import { Scope } from "../shared/scope.ts";
import type { Installation } from "./installation.ts";
import { keepWaysIn } from "../transfer/sides/kept-ways.ts";
import { Scheduler } from "./scheduler/scheduler.ts";
import type { Part } from "./shutdown.ts";
import { KeptConnections } from "./slots/kept-connections.ts";
import { startWatchers } from "./watchers.ts";
import { TransferLog } from "./runs/transfer-log.ts";
import { Interruption, RequestedStates } from "./runs/requested-state.ts";
import { Tracing } from "./worker/tracing.ts";
import { FleetWorker } from "./worker/worker.ts";

/** Runs that are planned at once by one worker: planning waits for other workers, most of the time. */
const PLANS = 32;

/** Takes runs and slices and works on them. */
export async function startWorker(
  installation: Installation,
  directories: Directories,
  log: Logger,
  version = "unknown",
): Promise<Part> {
  const { kv, store, queues, clock, daemon, authority } = installation;
  const scope = new Scope();
  const lease = scope.use(await kv.workerLease({ version, sinceMs: clock.now() }));
  const slots = scope.use(await kv.slots());
  const connections = scope.use(new KeptConnections(slots, () => performance.now()));
  // Files of secrets lie elsewhere: a connection is also known by what these say.
  scope.use(watchDefinitions(directories, () => connections.renew()));
  const requested = scope.use(new RequestedStates(store));
  const closing = new AbortController();
  makeOwnDirectory(daemon.dataDirectory, DATA_DIRECTORY_SETTING);
  const transfers = new TransferLog(join(daemon.dataDirectory, "xferlog"), log);
  scope.defer(() => transfers.settled());
  const memory = kv.memory();
  scope.use(keepWaysIn(memory, clock));
  const deps = {
    worker: lease.id,
    kv,
    store,
    queues,
    slots,
    connections,
    requested,
    claims: kv.claims(),
    breaker: kv.breaker,
    ledger: await kv.ledger(lease, closing.signal),
    memory,
    authority,
    directories,
    clock,
    elapsedMs: () => performance.now(),
    chance: Math.random,
    tracing: new Tracing(),
    log,
    xferlog: transfers.add,
  };
  const { concurrency } = daemon.value.worker;
  const worker = new FleetWorker(deps, { runs: PLANS, slices: concurrency });
  lease.tellOf(() => ({ lanes: concurrency, busy: [...worker.busy] }));
  return {
    get isRunning() {
      return worker.isRunning && lease.isSure;
    },
    async close() {
      closing.abort(new Interruption("shutdown"));
      await worker.close(daemon.value.shutdown.grace);
      await scope[Symbol.asyncDispose]();
    },
  };
}

/** Asks for runs as they are due. */
export async function startScheduler(
  installation: Installation,
  directories: Directories,
  log: Logger,
): Promise<Part & { reload(from: string, who?: string): Promise<void> }> {
  const { kv, store, queues, clock } = installation;
  const valid = await validDefinitions(directories);
  const scheduler = new Scheduler({ kv, store, queues, clock, log });
  const watchers = await startWatchers(installation, directories, log);
  const use = (definitions: readonly Definition[]) => {
    scheduler.use(definitions);
    watchers.use(definitions);
  };
  use(valid);
  scheduler.start();
  const reloader = new Reloader(directories, use, log, installation.daemon.value);
  const reload = async (from: string, who?: string) => {
    await reloader.reload();
    const because = reloader.fault;
    const outcome = because === undefined ? "done" : "refused";
    // It is for people who look on.
    await kv.reloads
      .note({ atMs: clock.now(), from, ...(because === undefined ? {} : { because }) })
      .catch(() => {});
    await installation.audit
      .append({ who, from, what: "reload", outcome, because })
      .catch((error: unknown) =>
        log.error(
          { from, because: messageOf(error) },
          "cannot write to the audit trail; the trail lacks this reload",
        ),
      );
  };
  const watching = watchDefinitions(directories, () => void reload("files of config/ or jobs/"));
  const listening = await kv.reloads.listen(() => void reload("Redis"));
  return {
    isRunning: true,
    reload,
    async close() {
      watching[Symbol.dispose]();
      listening[Symbol.dispose]();
      await Promise.all([scheduler.close(), watchers[Symbol.asyncDispose]()]);
    },
  };
}

/** @throws ConfigError with all that is wrong */
async function validDefinitions(directories: Directories): Promise<readonly Definition[]> {
  const { definitions, faults } = await allDefinitions(directories);
  if (faults.length > 0) throw new ConfigError(faults.map(formatFault).join("\n"));
  return definitions;
}
