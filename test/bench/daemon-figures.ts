import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { startServers } from "../servers/index.ts";
import { Fleet } from "../support/fleet.ts";
import { growTree, treeOf } from "../support/trees.ts";
import { processorSecondsOf } from "./process.ts";

/**
 * What the daemon costs: `npm run build && node --import ./.config/register.mjs test/bench/daemon-figures.ts --files 100000`.
 * Each figure is one line: what was measured, and the numbers.
 */
const { values } = parseArgs({
  options: {
    files: { type: "string", default: "10000" },
    only: { type: "string", default: "scale,idle" },
  },
});
const FILES = Number(values.files);
const SCHEDULES = 1_000;

function tell(what: string, figures: Readonly<Record<string, number | string>>): void {
  const all = Object.entries(figures).map(([name, value]) => `${name} ${value}`);
  process.stdout.write(`${what}: ${all.join(", ")}\n`);
}

async function pair() {
  const started = await startServers([{ family: "vsftpd" }, { family: "proftpd" }]);
  const [archive, edge] = started.servers;
  if (archive === undefined || edge === undefined) throw new Error("no servers");
  return { archive, edge, [Symbol.asyncDispose]: () => started[Symbol.asyncDispose]() };
}

/** One run of very many files: what of it is in Redis, and how often that is asked. */
async function scale(): Promise<void> {
  await using servers = await pair();
  const { archive, edge } = servers;
  await growTree(join(archive.root, "in"), treeOf({ files: FILES, directories: FILES / 100 }));
  await using fleet = await Fleet.open({ archive, edge });
  await fleet.job("all", "mirror: {from: archive:in, to: edge:out}");
  for (let worker = 0; worker < 4; worker += 1) await fleet.start("worker");
  const [memoryBefore, commandsBefore] = await redisFigures(fleet);
  const id = await fleet.submit("all");
  let most = 0;
  let run = await fleet.show(id);
  while (run.state !== "ended") {
    await sleep(1_000);
    most = Math.max(most, (await redisFigures(fleet))[0]);
    run = await fleet.show(id);
  }
  const [memoryAfter, commandsAfter] = await redisFigures(fleet);
  const seconds = ((run.endedMs ?? 0) - (run.startedMs ?? 0)) / 1_000;
  tell(`one run of ${FILES} files by 4 workers`, {
    outcome: run.outcome ?? "",
    copied: run.counters.copied,
    seconds,
    "files a second": (FILES / seconds).toFixed(0),
    "octets of Redis a file, at most": ((most - memoryBefore) / FILES).toFixed(0),
    afterwards: ((memoryAfter - memoryBefore) / FILES).toFixed(0),
    "commands a file": ((commandsAfter - commandsBefore) / FILES).toFixed(2),
  });
}

/** Bytes used, and commands processed so far. */
function redisFigures(fleet: Fleet): Promise<readonly [number, number]> {
  return fleet.within(async ({ redis }) => {
    const text = await redis.info();
    const number = (name: string) => Number(new RegExp(`^${name}:(\\d+)`, "m").exec(text)?.[1] ?? 0);
    return [number("used_memory"), number("total_commands_processed")];
  });
}

/** What many schedules cost that are not due. */
async function idle(): Promise<void> {
  await using servers = await pair();
  await using fleet = await Fleet.open({ archive: servers.archive, edge: servers.edge });
  for (let job = 0; job < SCHEDULES; job += 1)
    await fleet.job(
      `j${job}`,
      "mirror: {from: archive:in, to: edge:out}",
      `schedule: {cron: '${job % 60} 3 1 1 *'}`,
    );
  const scheduler = await fleet.start("scheduler");
  await sleep(10_000);
  const { pid } = scheduler.child;
  const [before, since] = [processorSecondsOf(pid), performance.now()];
  await sleep(30_000);
  const share = (1_000 * (processorSecondsOf(pid) - before)) / (performance.now() - since);
  tell(`${SCHEDULES} schedules that are not due`, { "of a core": `${(100 * share).toFixed(2)} %` });
}

const FIGURES: Readonly<Record<string, () => Promise<void>>> = { scale, idle };
for (const name of values.only.split(",")) await FIGURES[name]?.();
