import { statfsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { cpus, totalmem } from "node:os";
import { lftpVersion } from "./clients/lftp.ts";
import { type Crowd, crowdCases, formatCrowds, growthOf, measureCrowd } from "./crowd.ts";
import { figuresFor, processorSecondsPerGib } from "./figures.ts";
import { measureRow, type Run } from "./measure.ts";
import { formatPeaks, measurePeak, memoryCases, type Peak } from "./memory.ts";
import { type Options, parseOptions, USAGE } from "./options.ts";
import type { Row } from "./row.ts";
import { rowsFor } from "./rows.ts";
import { formatTable, type Measured } from "./table.ts";

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
  const measured = await measureAll(rows, options, signal);
  const perGib = furtherGib(measured);
  if (perGib !== undefined)
    process.stdout.write(`CPU seconds of fxpd for each further GiB, third party: ${perGib.toFixed(3)}\n\n`);
  const crowds = await measureCrowds(options, signal);
  const memory = await measureMemory(options, signal);
  const figures = { ...(await report(options, measured, perGib)), crowds, memory };
  await writeFile(options.out, `${JSON.stringify(figures, null, 2)}\n`);
  process.stderr.write(`bench: all figures are in ${options.out}\n`);
  const ours = measured.flatMap(({ runs }) => runs).filter(({ client }) => client.startsWith("fxpd"));
  const areVerified = ours.every(({ outcome }) => outcome === "verified");
  return areVerified && [...crowds, ...memory].every(({ because }) => because === undefined) ? 0 : 1;
}

async function measureCrowds(options: Options, signal: AbortSignal): Promise<readonly Crowd[]> {
  const crowds: Crowd[] = [];
  for (const one of crowdCases(options)) {
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
  for (const one of memoryCases(options)) {
    const peak = await measurePeak(one, options.main, signal);
    process.stderr.write(`${one.name}: ${peak.because ?? `${(peak.residentOctets / 1e6).toFixed(1)} MB`}\n`);
    peaks.push(peak);
  }
  if (peaks.length > 0) process.stdout.write(`${formatPeaks(peaks)}\n\n`);
  return peaks;
}

type Kept = Measured & { readonly runs: readonly Run[] };

async function measureAll(
  rows: readonly Row[],
  { rounds }: Options,
  signal: AbortSignal,
): Promise<readonly Kept[]> {
  const measured: Kept[] = [];
  for (const row of rows) {
    const runs = await measureRow(row, rounds, (one) => tell(row, one), signal);
    const one = { row, runs, figures: figuresFor(row, runs) };
    measured.push(one);
    process.stdout.write(`${formatTable(one)}\n\n`);
  }
  return measured;
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

async function report(options: Options, measured: readonly Kept[], perGib: number | undefined) {
  const rows = measured.map(({ row: { clients: _, ...row }, runs, figures }) => ({ ...row, figures, runs }));
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
