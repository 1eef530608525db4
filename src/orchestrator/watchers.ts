import type { Directories } from "../config/load/directories.ts";
import type { Logger } from "../shared/logger.ts";
import { Scope } from "../shared/scope.ts";
import { Alarms } from "./scheduler/alarms.ts";
import { Staleness } from "./scheduler/staleness.ts";
import { Arrivals } from "./scheduler/arrivals.ts";
import type { Definition } from "./definitions.ts";
import { every } from "./every.ts";
import type { Installation } from "./installation.ts";
import { KeptConnections } from "./slots/kept-connections.ts";
import { channelsOf } from "./notify/channel.ts";
import { PostOffice } from "./notify/post-office.ts";
import { Sweeper } from "./scheduler/sweeper.ts";

const ALARM_MS = 5_000;
const POST_MS = 1_000;
const ARRIVAL_MS = 1_000;
const SWEEP_MS = 5_000;

/** What is watched besides due times: files that arrive, runs that are late, notices to be sent. */
interface Watchers extends AsyncDisposable {
  use(definitions: readonly Definition[]): void;
}

export async function startWatchers(
  installation: Installation,
  directories: Directories,
  log: Logger,
): Promise<Watchers> {
  const { kv, store, queues, clock, daemon } = installation;
  const scope = new Scope();
  const slots = scope.use(await kv.slots());
  const common = { kv, store, clock, log };
  const office = new PostOffice(common, channelsOf(daemon, clock));
  const alarms = new Alarms({ ...common, tell: (notice) => office.tell(notice) });
  const staleness = new Staleness({ ...common, tell: (notice) => office.tell(notice) });
  const { count, age } = daemon.value.retention;
  const retention = kv.retention({ runs: count, ageMs: age });
  const sweeper = new Sweeper({ store, queues, retention, clock });
  const connections = scope.use(new KeptConnections(slots, () => performance.now()));
  const looking = { queues, slots, connections, directories, chance: Math.random };
  const arrivals = scope.use(new Arrivals({ ...common, ...looking }));
  scope.use(every(ALARM_MS, "checking for late runs", () => alarms.look(), common));
  scope.use(every(ALARM_MS, "checking for stale jobs", () => staleness.look(), common));
  scope.use(every(SWEEP_MS, "deleting old runs", (signal) => sweeper.sweep(signal), common));
  scope.use(every(POST_MS, "sending notifications", (signal) => office.work(signal), common));
  scope.use(every(ARRIVAL_MS, "watching directories", async (signal) => arrivals.begin(signal), common));
  return {
    use(definitions) {
      alarms.use(definitions);
      staleness.use(definitions);
      arrivals.use(definitions);
    },
    [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
  };
}
