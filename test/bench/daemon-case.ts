import { rm } from "node:fs/promises";
import { join } from "node:path";
import { startServers } from "../servers/index.ts";
import type { Run } from "../../src/orchestrator/runs/run.ts";
import { Fleet, until } from "../support/fleet.ts";
import { growTree, treeOf } from "../support/trees.ts";
import { differenceOf } from "./files.ts";
import { median } from "./figures.ts";
import type { Options } from "./options.ts";
import { processorSecondsOf, runProgram } from "./process.ts";
import { stateRoot } from "./state-root.ts";

/** A tree that a daemon mirrors, beside the command line: the same servers, the same lanes, in turns. */
export interface DaemonCase {
  readonly name: string;
  readonly files: number;
}

export interface DaemonFigures extends DaemonCase {
  /** Medians, from the start of the process; of the run where a daemon is there already. */
  readonly commandLineSeconds: number | undefined;
  /** The same with `--index`, as jobs have one: what was copied is looked at once more for the next run. */
  readonly withIndexSeconds?: number | undefined;
  readonly daemonSeconds: number | undefined;
  /** Medians of the processor's time: of the whole command line with an index, and of the worker in a run, without Redis. */
  readonly commandLineProcessorSeconds?: number | undefined;
  readonly daemonProcessorSeconds?: number | undefined;
  /** How many times as fast as the command line the daemon is. */
  readonly timesFaster: number | undefined;
  /** Redis commands by their names in a run, by files, all that asked counted. */
  readonly commandsPerFile: number | undefined;
  readonly commands: Readonly<Record<string, number>>;
  /** Bytes of Redis that a run leaves, by files. */
  readonly bytesPerFile: number | undefined;
  /** Why it is no figure. */
  readonly because: string | undefined;
}

/** What one round has shown. */
interface Round {
  readonly withIndexSeconds: number;
  readonly commandLineSeconds: number;
  readonly commandLineProcessorSeconds: number | undefined;
  readonly daemonSeconds: number;
  readonly daemonProcessorSeconds: number;
  readonly commands: Readonly<Record<string, number>>;
  readonly bytes: number;
}

const LANES = 4;
const LIMIT_MS = 600_000;

/** All cases, those that were asked for. */
export function daemonCases({ only, clients, isQuick, files }: Options): readonly DaemonCase[] {
  if (clients.length > 0 && !clients.includes("fxpd")) return [];
  const one = { name: "daemon-10000", files: files ?? (isQuick ? 1_000 : 10_000) };
  return only.length === 0 || only.some((part) => one.name.includes(part)) ? [one] : [];
}

/** One worker process and a private Redis; their start does not count, that of the command line does. */
export async function measureDaemon(
  one: DaemonCase,
  { rounds, main, stateIn }: Options,
  signal: AbortSignal,
): Promise<DaemonFigures> {
  await using started = await startServers([{ family: "vsftpd" }, { family: "proftpd" }]);
  const [archive, edge] = started.servers;
  if (archive === undefined || edge === undefined) throw new Error(`${one.name}: no servers`);
  await growTree(
    join(archive.root, "in"),
    treeOf({ files: one.files, directories: Math.ceil(one.files / 100), octets: [4_096, 4_096] }),
  );
  await using fleet = await openFleet({ archive, edge }, stateIn);
  await fleet.job("all", "mirror: {from: archive:in, to: edge:out}", `parallel: ${LANES}`);
  const { child: worker } = await fleet.start("worker");
  const measured: Round[] = [];
  let because: string | undefined;
  const judge = async (failure: string | undefined) => {
    because ??= failure ?? (await differenceOf(join(archive.root, "in"), join(edge.root, "out")));
    await rm(join(edge.root, "out"), { recursive: true, force: true });
  };
  for (let round = 0; round < rounds; round += 1) {
    signal.throwIfAborted();
    const env = {
      FXPD_CONFIG: fleet.directories.config,
      FXPD_STATE: join(fleet.desk.path, "own"),
      SECRET: archive.password,
    };
    const byLine = async (...options: readonly string[]) => {
      const all = [...options, "--parallel", String(LANES)];
      const args = [main, "mirror", "--quiet", ...all, "archive:in", "edge:out"];
      const ended = await runProgram({ program: process.execPath, args, env }, LIMIT_MS, signal);
      await judge(ended.status === 0 ? undefined : ended.complaint.trim().slice(-300));
      return ended;
    };
    const ended = await byLine();
    const withIndex = await byLine("--index");
    const [before, busy] = [await redisFigures(fleet), processorSecondsOf(worker.pid)];
    const id = await fleet.submit("all");
    const run = await endOf(fleet, id);
    const daemonProcessorSeconds = processorSecondsOf(worker.pid) - busy;
    const after = await redisFigures(fleet);
    measured.push({
      commandLineSeconds: ended.seconds,
      withIndexSeconds: withIndex.seconds,
      commandLineProcessorSeconds: withIndex.processorSeconds,
      daemonSeconds: ((run.endedMs ?? 0) - run.createdMs) / 1_000,
      daemonProcessorSeconds,
      commands: differences(before.commands, after.commands),
      bytes: after.bytes - before.bytes,
    });
    await judge(run.outcome === "succeeded" ? undefined : `the run ${run.outcome}`);
  }
  const of = (figure: (round: Round) => number | undefined) => median(measured.map(figure));
  const commandLineSeconds = of((round) => round.commandLineSeconds);
  const daemonSeconds = of((round) => round.daemonSeconds);
  const all = (of: Readonly<Record<string, number>>) =>
    Object.values(of).reduce((sum, count) => sum + count, 0);
  const perFile = (value: number | undefined) => (value === undefined ? undefined : value / one.files);
  const isKnown = commandLineSeconds !== undefined && daemonSeconds !== undefined;
  return {
    ...one,
    ...{ commandLineSeconds, daemonSeconds, because },
    withIndexSeconds: of((round) => round.withIndexSeconds),
    commandLineProcessorSeconds: of((round) => round.commandLineProcessorSeconds),
    daemonProcessorSeconds: of((round) => round.daemonProcessorSeconds),
    timesFaster: isKnown ? commandLineSeconds / daemonSeconds : undefined,
    commandsPerFile: perFile(of(({ commands }) => all(commands))),
    commands: measured.at(-1)?.commands ?? {},
    bytesPerFile: perFile(of(({ bytes }) => bytes)),
  };
}

/** Over one connection, and seldom: each look is a command that counts. */
function endOf(fleet: Fleet, id: string): Promise<Run> {
  return fleet.within(async ({ control }) => {
    let run = await control.run(id);
    const hasEnded = async () => (run = await control.run(id)).state === "ended";
    await until(hasEnded, `the run ${id} has ended`, LIMIT_MS, 1_000);
    return run;
  });
}

/** With its state where the bench is told to have it. */
async function openFleet(
  hosts: Parameters<typeof Fleet.open>[0],
  stateIn: Options["stateIn"],
): Promise<Fleet> {
  const before = process.env["TMPDIR"];
  process.env["TMPDIR"] = stateRoot(stateIn);
  try {
    return await Fleet.open(hosts);
  } finally {
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
  }
}

/** Bytes used, and how often each command has been called, those of scripts included (INFO commandstats). */
function redisFigures(fleet: Fleet) {
  return fleet.within(async ({ redis }) => {
    const calls = [...(await redis.info("commandstats")).matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)];
    const bytes = Number(/^used_memory:(\d+)/m.exec(await redis.info("memory"))?.[1] ?? 0);
    return {
      bytes,
      commands: Object.fromEntries(calls.map(([, name, count]) => [name ?? "", Number(count)])),
    };
  });
}

function differences(before: Readonly<Record<string, number>>, after: Readonly<Record<string, number>>) {
  const grown = Object.entries(after).map(([name, count]) => [name, count - (before[name] ?? 0)] as const);
  return Object.fromEntries(grown.filter(([, count]) => count > 0).sort((one, other) => other[1] - one[1]));
}

/** As a Markdown table, and below it why some are no figures. */
export function formatDaemons(all: readonly DaemonFigures[]): string {
  const head = [
    "| a mirror of | command line, s | with `--index`, s | daemon, s | daemon × command line | with `--index`, CPU s | daemon, CPU s | Redis commands/file | bytes of Redis/file |",
    "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
  ];
  const text = (value: number | undefined, digits: number) => value?.toFixed(digits) ?? "–";
  const rows = all.map((one) => {
    const figures = [
      ...[text(one.commandLineSeconds, 2), text(one.withIndexSeconds, 2)],
      ...[text(one.daemonSeconds, 2), text(one.timesFaster, 2)],
      ...[text(one.commandLineProcessorSeconds, 2), text(one.daemonProcessorSeconds, 2)],
      ...[text(one.commandsPerFile, 2), text(one.bytesPerFile, 0)],
    ];
    return `| ${[`${one.files} files`, ...figures].join(" | ")} |`;
  });
  const notes = all.flatMap(({ name, because }) => (because === undefined ? [] : [`- ${name}: ${because}`]));
  return ["### daemon-10000", "", ...head, ...rows, ...(notes.length === 0 ? [] : ["", ...notes])].join("\n");
}
