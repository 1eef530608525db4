import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openInstallation } from "../../orchestrator/installation.ts";
import type { Control } from "../../orchestrator/runs/control.ts";
import type { Run } from "../../orchestrator/runs/run.ts";
import { formatBytes } from "../../shared/units.ts";
import { nextCommand } from "../commands/jobs/next.ts";
import { EXIT } from "../process/exit.ts";
import { runLine, runLines } from "../output/run-lines.ts";
import { Process } from "./processes.ts";
import { say, type } from "./say.ts";
import type { Server } from "./servers.ts";
import { growDiscs, growSite, loseMostOfSite, sumOf } from "./trees.ts";

const JOB = `mirror: {from: archive:site, to: edge:site}
schedule: {cron: "*/10 * * * * *"}
delete: true
maxDelete: 10%
`;
/** Files of the mirror, when a worker is killed. */
const ENOUGH = 400;
/** Longer than a dead worker's work lies, by far. */
const PATIENCE_MS = 180_000;

interface Servers {
  readonly archive: Server;
  readonly edge: Server;
  /** Where everything keeps running: files from it are seen to move. */
  readonly slow: Server | undefined;
}

/** A scheduled mirror fires; one of its workers is killed; a source that loses most of its files deletes nothing. */
export async function daemonScene(
  config: string,
  { archive, edge, slow }: Servers,
  untilDone: (config: string) => Promise<void>,
  signal: AbortSignal,
): Promise<number> {
  const total = await growSite(archive.root);
  await mkdir(join(config, "jobs"));
  await writeFile(join(config, "jobs/site.yaml"), JOB);
  await writeFile(join(config, "daemon.yaml"), `dataDirectory: ${join(config, "data")}\napi: {port: 0}\n`);
  say(`\nNow the daemon: a private Redis, a scheduler and two workers. jobs/site.yaml contains:`);
  say(JOB.replace(/^/gm, "  ").trimEnd());
  await using scheduler = await Process.start(config, "scheduler");
  await using first = await Process.start(config, "worker");
  await using second = await Process.start(config, "worker");
  say(`Processes: scheduler ${scheduler.pid}, workers ${first.pid} and ${second.pid}.`);
  type("next");
  await nextCommand(undefined, { config });
  const options = { whenAway: "wait", tell: () => {}, starts: false } as const;
  await using installation = await openInstallation({ config, jobs: join(config, "jobs") }, options);
  const { control, clock } = installation;

  const begun = await until(control, ({ counters }) => counters.copied >= ENOUGH, signal);
  await first.kill();
  say(`\nThe schedule has fired: run ${begun.id}, ${total} files to copy.`);
  say(
    `After ${begun.counters.copied} files, worker ${first.pid} is killed (SIGKILL). Its lease expires after about ten seconds; then the other worker takes over.`,
  );
  const ended = await until(control, ({ id, state }) => id === begun.id && state === "ended", signal);
  type(`show ${ended.id}`);
  for (const line of runLines(ended, clock.now())) say(line);
  if (ended.generation > 1)
    say(
      "The killed worker was planning the run. The other one planned it again and copied only what was missing.",
    );
  else say("The other worker was planning the run: it handed the unfinished files out again.");
  const { thirdParty, relayed } = ended.counters;
  const [there, here] = [await sumOf(join(archive.root, "site")), await sumOf(join(edge.root, "site"))];
  const isEqual = there.digest === here.digest && relayed === 0;
  say(
    isEqual
      ? `Compared on disk: ${here.files} files, ${formatBytes(here.octets)}, all identical; ${formatBytes(thirdParty)} went from server to server, nothing through a worker.`
      : "The trees differ!",
  );

  const lost = await loseMostOfSite(archive.root);
  say(`\nThe source loses ${lost} of its directories, as if a disk were not mounted.`);
  const refused = await until(
    control,
    isAfter(ended, ({ outcome }) => outcome === "refused"),
    signal,
  );
  type(`runs --limit 1`);
  say(runLine(refused));
  const left = await sumOf(join(edge.root, "site"));
  const isWhole = left.digest === here.digest;
  say(isWhole ? `Nothing was deleted: the target still has ${left.files} files.` : "Files were deleted!");
  if (slow !== undefined) {
    await goOn(config, archive.root, slow.root);
    await using api = await Process.start(config, "api");
    say(`\nThe page of all this: http://127.0.0.1:${portOf(api)}/ (read-only: the demo has no tokens)`);
    await untilDone(config);
    return isEqual && isWhole ? EXIT.done : EXIT.someFailed;
  }
  await untilDone(config);
  return isEqual && isWhole && ended.outcome === "succeeded" ? EXIT.done : EXIT.someFailed;
}

/** The free port that it was given. */
function portOf({ lines }: Process): string {
  return /"port":(\d+)/.exec(lines.join("\n"))?.[1] ?? "8021";
}

/** What is worth looking at afterwards: the tree is there again, large files move, and a job fails. */
async function goOn(config: string, archive: string, slow: string): Promise<void> {
  await rm(join(archive, "site"), { recursive: true });
  await growSite(archive);
  await growDiscs(slow);
  const jobs = { ...MORE_JOBS, site: JOB.replace("*/10 * * * * *", "*/2 * * * *") };
  for (const [name, text] of Object.entries(jobs)) await writeFile(join(config, `jobs/${name}.yaml`), text);
}

const MORE_JOBS = {
  discs: `copy: {from: "slow:*.iso", to: edge:discs/}
schedule: {cron: "* * * * *"}
parallel: 2
onExists: overwrite
`,
  nightly: `mirror: {from: archive:pub, to: slow:pub}
schedule: {cron: "30 2 * * *", timeZone: Europe/Berlin, only: ["02:00-05:00"]}
staleAfter: 26h
`,
  docs: `mirror: {from: archive:pub/docs, to: edge:docs}
schedule: {cron: "*/5 * * * *"}
staleAfter: 26h
`,
  missing: `copy: {from: archive:pub/missing.iso, to: edge:missing/}
schedule: {cron: "*/3 * * * *"}
staleAfter: 1m
`,
};

/** A run that was asked for later than another. */
function isAfter(before: Run, matches: (run: Run) => boolean): (run: Run) => boolean {
  return (run) => run.createdMs > before.createdMs && matches(run);
}

/** The latest run of which this is true, as soon as it is. @throws Error where that takes too long */
async function until(control: Control, matches: (run: Run) => boolean, signal: AbortSignal): Promise<Run> {
  const patience = AbortSignal.timeout(PATIENCE_MS);
  for (;;) {
    const found = (await control.runs(5)).find(matches);
    if (found !== undefined) return found;
    if (patience.aborted) throw new Error(`the expected run did not appear within ${PATIENCE_MS / 1_000} s`);
    await sleep(100, undefined, { signal });
  }
}
