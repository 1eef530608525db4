import { rm } from "node:fs/promises";
import { join } from "node:path";
import { startServers } from "../servers/index.ts";
import { Fleet } from "../support/fleet.ts";
import { growTree, treeOf } from "../support/trees.ts";
import { differenceOf } from "./files.ts";
import { median } from "./figures.ts";
import type { Options } from "./options.ts";
import { ControlProxy } from "./proxy.ts";

/** A tree far away that several workers mirror together. */
export interface WorkersCase {
  readonly name: string;
  readonly files: number;
  readonly roundTripMs: number;
}

export interface WorkersFigures extends WorkersCase {
  /** By how many workers there are: seconds of a run, medians, from its request to its end. */
  readonly seconds: readonly (readonly [workers: number, seconds: number | undefined])[];
  /** Why it is no figure. */
  readonly because: string | undefined;
}

const WORKERS = [1, 2, 4] as const;
const LANES = 16;
const CONNECTIONS = 4 * LANES;
const DIRECTORIES = 10;
const LIMIT_MS = 600_000;

/** All cases, those that were asked for. */
export function workersCases({ only, clients, isQuick, files }: Options): readonly WorkersCase[] {
  if (clients.length > 0 && !clients.includes("fxpd")) return [];
  const one = { name: "workers-50", files: files ?? 1_500, roundTripMs: 50 };
  return only.length === 0
    ? isQuick
      ? []
      : [one]
    : only.some((part) => one.name.includes(part))
      ? [one]
      : [];
}

/** Each number of workers in turn, in processes of their own, which are there before the run is asked for. */
export async function measureWorkers(
  one: WorkersCase,
  { rounds }: Pick<Options, "rounds">,
  signal: AbortSignal,
): Promise<WorkersFigures> {
  await using started = await startServers([{ family: "vsftpd" }, { family: "proftpd" }]);
  const [archive, edge] = started.servers;
  if (archive === undefined || edge === undefined) throw new Error(`${one.name}: no servers`);
  await using proxy = new ControlProxy(one.roundTripMs);
  const shape = { files: one.files, directories: DIRECTORIES, octets: [4_096, 4_096] } as const;
  await growTree(join(archive.root, "in"), treeOf(shape));
  await using fleet = await Fleet.open({});
  for (const [name, server] of Object.entries({ archive, edge })) {
    const { user, password } = server;
    const far = { ...(await proxy.before(server)), user, password };
    await fleet.desk.introduce(name, far, `limits: {connections: ${CONNECTIONS}}`);
  }
  const [source, target] = [join(archive.root, "in"), join(edge.root, "out")];
  const times = new Map<number, number[]>(WORKERS.map((workers) => [workers, []]));
  let because: string | undefined;
  let running = 0;
  for (const workers of WORKERS) {
    for (; running < workers; running += 1) await fleet.start("worker");
    await fleet.job("all", "mirror: {from: archive:in, to: edge:out}", `parallel: ${LANES}`);
    for (let round = 0; round < rounds; round += 1) {
      signal.throwIfAborted();
      await rm(target, { recursive: true, force: true });
      const id = await fleet.submit("all");
      const run = await fleet.until(id, ({ state }) => state === "ended", LIMIT_MS);
      times.get(workers)?.push(((run.endedMs ?? 0) - run.createdMs) / 1_000);
      because ??= run.outcome === "succeeded" ? await differenceOf(source, target) : `the run ${run.outcome}`;
    }
  }
  return { ...one, because, seconds: [...times].map(([workers, all]) => [workers, median(all)]) };
}

/** How many times as fast as one worker these are; the first of {@link WorkersFigures.seconds} is that one. */
export function timesOfOne({ seconds }: WorkersFigures): readonly (readonly [number, number | undefined])[] {
  const [[, one] = []] = seconds;
  const times = (many: number | undefined) =>
    one === undefined || many === undefined ? undefined : one / many;
  return seconds.slice(1).map(([workers, many]) => [workers, times(many)]);
}

/** As a Markdown table, and below it why some are no figures. */
export function formatWorkers(all: readonly WorkersFigures[]): string {
  const text = (value: number | undefined) => value?.toFixed(2) ?? "–";
  return all
    .flatMap((one) => [
      `### ${one.name}`,
      "",
      "| workers | seconds | × one |",
      "| ---: | ---: | ---: |",
      ...one.seconds.map(
        ([workers, seconds]) =>
          `| ${workers} | ${text(seconds)} | ${text(new Map(timesOfOne(one)).get(workers) ?? (seconds && 1))} |`,
      ),
      ...(one.because === undefined ? [] : ["", `- ${one.name}: ${one.because}`]),
    ])
    .join("\n");
}
