import { statfsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { cpus, loadavg, totalmem } from "node:os";
import { aimsTable, BENCH_README } from "./aims.ts";
import { lftpVersion } from "./clients/lftp.ts";
import { type Crowd, crowdCases, formatCrowds, growthOf, measureCrowd } from "./crowd.ts";
import { type DaemonFigures, daemonCases, formatDaemons, measureDaemon } from "./daemon-case.ts";
import { figuresFor, processorSecondsPerGib } from "./figures.ts";
import { measureRow, type Run } from "./measure.ts";
import { formatPeaks, measurePeak, memoryCases, type Peak } from "./memory.ts";
import { type Options, parseOptions, USAGE } from "./options.ts";
import { README, type Results, readmeBlock, withBlock } from "./readme-table.ts";
import type { Row } from "./row.ts";
import { rowsFor } from "./rows.ts";
import { formatTable, type Measured } from "./table.ts";
import { formatWorkers, measureWorkers, type WorkersFigures, workersCases } from "./workers-case.ts";

/** Room for the largest file twice, and something over. */
const ROOM = 6 * 2 ** 30;
/** What a shell says of a process that SIGINT ended. */
const INTERRUPTED = 130;

process.exitCode = await main(process.argv.slice(2));

/** Runs all rows; 0 if every run of fxpd was verified, 1 if not, 2 for a wrong command line. */
async function main(args: readonly string[]): Promise<number> {
  if (args.includes("--help")) {
    process.stdout.write(USAGE);
    return 0;
  }
  let options: Options;
  let rows: readonly Row[];
  try {
    options = parseOptions(args);
    rows = rowsFor(options);
  } catch (error) {
    process.stderr.write(`bench: ${(error as Error).message}\n${USAGE}`);
    return 2;
  }
  if (options.isTable) return writeTable(options.out);
  stayInMemory();
  const interrupt = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => interrupt.abort());
  try {
    return await run(rows, options, interrupt.signal);
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
    return INTERRUPTED;
  }
}

async function run(rows: readonly Row[], options: Options, signal: AbortSignal): Promise<number> {
  const loadBefore = loadavg()[0];
  const measured: Kept[] = [];
  const [daemons, crowds, memory]: [DaemonFigures[], Crowd[], Peak[]] = [[], [], []];
  const workers: WorkersFigures[] = [];
  // After each row, so that a long run that is cut off has not been for nothing.
  const save = async () => {
    const known = await report(options, measured, furtherGib(measured));
    const figures = { ...known, loadBefore, loadAfter: loadavg()[0], daemons, workers, crowds, memory };
    await writeFile(options.out, `${JSON.stringify(figures, null, 2)}\n`);
  };
  for await (const one of measureAll(rows, options, signal)) {
    measured.push(one);
    await save();
  }
  const perGib = furtherGib(measured);
  if (perGib !== undefined)
    process.stdout.write(`CPU seconds of fxpd for each further GiB, third party: ${perGib.toFixed(3)}\n\n`);
  daemons.push(...(await measureDaemons(options, signal)));
  await save();
  workers.push(...(await measureAllWorkers(options, signal)));
  await save();
  crowds.push(...(await measureCrowds(options, signal)));
  memory.push(...(await measureMemory(options, signal)));
  await save();
  process.stderr.write(`bench: all figures are in ${options.out}\n`);
  const ours = measured.flatMap(({ runs }) => runs).filter(({ client }) => client.startsWith("fxpd"));
  const areVerified = ours.every(({ outcome }) => outcome === "verified");
  return areVerified &&
    [...daemons, ...workers, ...crowds, ...memory].every(({ because }) => because === undefined)
    ? 0
    : 1;
}

async function measureDaemons(options: Options, signal: AbortSignal): Promise<readonly DaemonFigures[]> {
  const daemons: DaemonFigures[] = [];
  for (const one of daemonCases(options)) {
    const measured = await measureDaemon(one, options, signal);
    process.stderr.write(`${one.name}: ${measured.because ?? `${measured.daemonSeconds?.toFixed(2)} s`}\n`);
    daemons.push(measured);
  }
  if (daemons.length > 0) process.stdout.write(`${formatDaemons(daemons)}\n\n`);
  return daemons;
}

async function measureAllWorkers(options: Options, signal: AbortSignal): Promise<readonly WorkersFigures[]> {
  const workers: WorkersFigures[] = [];
  for (const one of workersCases(options)) {
    const measured = await measureWorkers(one, options, signal);
    process.stderr.write(`${one.name}: ${measured.because ?? "measured"}\n`);
    workers.push(measured);
  }
  if (workers.length > 0) process.stdout.write(`${formatWorkers(workers)}\n\n`);
  return workers;
}

/** Makes the README's table, and that of the aims, from the JSON of one run. */
async function writeTable(file: string): Promise<number> {
  const results = JSON.parse(await readFile(file, "utf8")) as Results;
  const blocks = [
    [README, readmeBlock(results)],
    [BENCH_README, aimsTable(results)],
  ] as const;
  for (const [readme, block] of blocks)
    await writeFile(readme, withBlock(await readFile(readme, "utf8"), block));
  return 0;
}

/** A quick run looks at memory only where it is asked to by name. */
function isShort({ isQuick, only }: Options): boolean {
  return isQuick && only.length === 0;
}

async function measureCrowds(options: Options, signal: AbortSignal): Promise<readonly Crowd[]> {
  const crowds: Crowd[] = [];
  for (const one of isShort(options) ? [] : crowdCases(options)) {
    const measured = await measureCrowd(one, options.main, signal);
    const crowd = { ...measured, because: measured.because ?? growthOf(crowds[0] ?? measured, measured) };
    process.stderr.write(
      `${one.name}: ${crowd.because ?? `${(crowd.residentOctets / 1e6).toFixed(1)} MB`}\n`,
    );
    crowds.push(crowd);
  }
  if (crowds.length > 0) process.stdout.write(`${formatCrowds(crowds)}\n\n`);
  return crowds;
}

async function measureMemory(options: Options, signal: AbortSignal): Promise<readonly Peak[]> {
  const peaks: Peak[] = [];
  for (const one of isShort(options) ? [] : memoryCases(options)) {
    const peak = await measurePeak(one, options.main, signal);
    process.stderr.write(`${one.name}: ${peak.because ?? `${(peak.residentOctets / 1e6).toFixed(1)} MB`}\n`);
    peaks.push(peak);
  }
  if (peaks.length > 0) process.stdout.write(`${formatPeaks(peaks)}\n\n`);
  return peaks;
}

type Kept = Measured & { readonly runs: readonly Run[] };

async function* measureAll(
  rows: readonly Row[],
  options: Options,
  signal: AbortSignal,
): AsyncGenerator<Kept> {
  for (const row of rows) {
    const runs = await measureRow(row, options, (one) => tell(row, one), signal);
    const one = { row, runs, figures: figuresFor(row, runs) };
    process.stdout.write(`${formatTable(one)}\n\n`);
    yield one;
  }
}

function tell(row: Row, { client, round, outcome, seconds }: Run): void {
  const time = seconds === undefined ? "" : ` ${seconds.toFixed(3)} s`;
  process.stderr.write(`${row.name}: round ${round}: ${client}: ${outcome}${time}\n`);
}

/** Disks are not what is measured. */
function stayInMemory(): void {
  if (process.env["TMPDIR"] !== undefined) return;
  try {
    const { bavail, bsize } = statfsSync("/dev/shm");
    if (bavail * bsize >= ROOM) process.env["TMPDIR"] = "/dev/shm";
  } catch {
    // There is none; the temporary directory it is.
  }
}

function furtherGib(measured: readonly Kept[]): number | undefined {
  const of = (name: string) => {
    const found = measured.find(({ row }) => row.name === name);
    const fxpd = found?.figures.find(({ client }) => client === "fxpd");
    return { octets: found?.row.octetsPerFile ?? 0, processorSeconds: fxpd?.processorSeconds };
  };
  return processorSecondsPerGib(of("large"), of("large-quarter"));
}

async function report(
  { out: _, main: __, ...options }: Options,
  measured: readonly Kept[],
  perGib: number | undefined,
) {
  const rows = measured.map(({ row: { clients: ___, ...row }, runs, figures }) => ({
    ...row,
    figures,
    runs,
  }));
  return {
    at: new Date().toISOString(),
    machine: {
      processors: cpus().length,
      model: cpus()[0]?.model,
      memory: totalmem(),
      node: process.version,
    },
    lftp: await lftpVersion(),
    options,
    processorSecondsPerFurtherGib: perGib,
    rows,
  };
}
