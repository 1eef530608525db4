import { existsSync } from "node:fs";
import { join } from "node:path";
import { allDefinitions, type Definition, definitionOf } from "../../../orchestrator/definitions.ts";
import { RedisError } from "../../../orchestrator/errors.ts";
import { openInstallation } from "../../../orchestrator/installation.ts";
import { formatFault } from "../../../config/load/document.ts";
import { loadDaemon } from "../../../config/load/load-daemon.ts";
import { dueTimes } from "../../../schedule/due.ts";
import { jitterOf } from "../../../schedule/start.ts";
import { ConfigError, messageOf } from "../../../shared/errors.ts";
import { isoTime } from "../../../shared/iso-time.ts";
import { type CommonOptions, directoriesOf } from "../../command-line.ts";
import { EXIT, statusOfError } from "../../process/exit.ts";
import { jsonText, printable } from "../../../shared/printable.ts";

/** `fxpd next [JOB]` */
export async function nextCommand(
  name: string | undefined,
  given: CommonOptions & { readonly count?: string },
): Promise<number> {
  try {
    const count = Number(given.count ?? (name === undefined ? 1 : 5));
    if (!Number.isInteger(count) || count < 1 || count > 1_000)
      throw new ConfigError("expected a whole number from 1 to 1000", "--count");
    const definitions = await definitionsFor(name, given);
    const { known, nowMs } = await knownOf(definitions, given);
    const firings = definitions.flatMap((one) => firingsOf(one, nowMs, count));
    firings.sort((one, two) => one.startMs - two.startMs);
    for (const { job, dueMs, startMs } of firings) {
      const [due, start] = [dueMs, startMs].map((ms) => isoTime(ms));
      const skipped = known.get(job)?.skips.includes(dueMs) === true;
      const paused = known.get(job)?.isPaused === true;
      const row = { event: "due", at: isoTime(nowMs), job, due, start, skipped, paused };
      const starts = due === start ? "" : `  starts ${start}`;
      const note = paused ? "  paused" : skipped ? "  skipped" : starts;
      const line = given.json === true ? jsonText(row) : printable(`${due}  ${job}${note}`);
      if (given.json === true || given.quiet !== true) process.stdout.write(`${line}\n`);
    }
    if (firings.length === 0 && given.json !== true && given.quiet !== true)
      process.stderr.write(`${printable(nothingDue(name))}\n`);
    return EXIT.done;
  } catch (error) {
    process.stderr.write(`fxpd: ${printable(messageOf(error))}\n`);
    return statusOfError(error);
  }
}

async function definitionsFor(
  name: string | undefined,
  given: CommonOptions,
): Promise<readonly Definition[]> {
  const directories = directoriesOf(given);
  if (name !== undefined) return [await definitionOf(name, directories)];
  const { definitions, faults } = await allDefinitions(directories);
  if (faults.length > 0) throw new ConfigError(faults.map(formatFault).join("\n"));
  return definitions;
}

/** What keeps due times from giving runs. */
interface Known {
  readonly isPaused: boolean;
  /** Milliseconds since 1970. */
  readonly skips: readonly number[];
}

/** Without the daemon's Redis nothing is known to be skipped or paused, and the time is this machine's. */
async function knownOf(
  definitions: readonly Definition[],
  given: CommonOptions,
): Promise<{ readonly known: ReadonlyMap<string, Known>; readonly nowMs: number }> {
  const nothing = { known: new Map<string, Known>(), nowMs: Date.now() };
  const options = { whenAway: "fail", tell: () => {}, starts: false } as const;
  const { value, dataDirectory } = await loadDaemon(directoriesOf(given));
  const { url, sentinels, cluster } = value.redis;
  const isPrivate = url === undefined && sentinels === undefined && cluster === undefined;
  if (isPrivate && !existsSync(join(dataDirectory, "redis"))) return nothing; // no daemon has ever run here
  try {
    await using installation = await openInstallation(directoriesOf(given), options);
    const nowMs = installation.clock.now();
    const all = definitions.map(async ({ name }) => {
      const { isPaused } = await installation.store.jobs.get(name);
      return [name, { isPaused, skips: await installation.kv.skips.of(name, nowMs) }] as const;
    });
    return { known: new Map(await Promise.all(all)), nowMs };
  } catch (error) {
    if (error instanceof RedisError) return nothing;
    throw error;
  }
}

function firingsOf({ name, job }: Definition, nowMs: number, count: number) {
  const { schedule } = job;
  if (schedule === undefined) return [];
  const firings: { readonly job: string; readonly dueMs: number; readonly startMs: number }[] = [];
  for (const dueMs of dueTimes(schedule, nowMs)) {
    firings.push({
      job: name,
      dueMs,
      startMs: dueMs + jitterOf(name, schedule, schedule.jitter ?? 0, dueMs),
    });
    if (firings.length === count) break;
  }
  return firings;
}

function nothingDue(name: string | undefined): string {
  const add = 'add one to a file of jobs/, such as schedule: {cron: "15 2 * * *"}';
  return name === undefined ? `no job has a schedule; ${add}` : `${name} has no schedule; ${add}`;
}
