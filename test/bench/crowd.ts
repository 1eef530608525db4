import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startServers } from "../servers/index.ts";
import type { Task } from "./clients/client.ts";
import { COPY, commandFor } from "./clients/fxpd.ts";
import { differenceOf, growList } from "./files.ts";
import { peakOf } from "./memory.ts";
import type { Options } from "./options.ts";
import { sessionsIn } from "./sessions.ts";

/** Many small files over many lanes, between two servers that let no more in than there are lanes. */
export interface CrowdCase {
  readonly name: string;
  readonly files: number;
}

/** How a crowd of files came over. */
export interface Crowd extends CrowdCase {
  /** What fxpd had in memory at most, in bytes. */
  readonly residentOctets: number;
  readonly seconds: number;
  /** Connections at once, by the log of the server that saw more. */
  readonly mostSessions: number;
  /** Why it is no figure; undefined where the trees are equal and neither server had to refuse a connection. */
  readonly because: string | undefined;
}

const FILES = 10_000;
const OCTETS = 4_096;
export const LANES = 8;
/** How many times the memory of a tenth of the files all of them may take: what is known of each before it is copied. */
const FACTOR = 2;

/** All cases in the order in which they run, those that were asked for. */
export function crowdCases({ only, clients, isQuick }: Options): readonly CrowdCase[] {
  if (clients.length > 0 && !clients.includes("fxpd")) return [];
  const files = isQuick ? FILES / 10 : FILES;
  const all = [
    { name: "many-10000-tenth", files: files / 10 },
    { name: "many-10000", files },
  ];
  return all.filter(({ name }) => only.length === 0 || only.some((part) => name.includes(part)));
}

/** @param main path of dist/cli/main.js */
export async function measureCrowd(
  { name, files }: CrowdCase,
  main: string,
  signal: AbortSignal,
): Promise<Crowd> {
  const one = { family: "vsftpd", limits: { connectionsPerAddress: LANES } } as const;
  await using started = await startServers([one, one]);
  const [source, target] = started.servers;
  if (source === undefined || target === undefined) throw new Error(`${name}: no servers`);
  const directory = await mkdtemp(join(tmpdir(), "fxpd-crowd-"));
  try {
    await growList(source.root, files, OCTETS);
    const task: Task = {
      source,
      target,
      lanes: LANES,
      way: "third-party",
      directory,
      state: join(directory, "state"),
      limitMs: 0,
    };
    const { args, env } = await commandFor(main, { ...COPY, connections: () => LANES }, task);
    const ended = await peakOf(args, { cwd: directory, env: { ...process.env, ...env } }, signal);
    const sessions = [sessionsIn(await source.log()), sessionsIn(await target.log())];
    const refused = sessions.reduce((sum, { refused: count }) => sum + count, 0);
    const because =
      (ended.status === 0 ? undefined : ended.complaint.trim().slice(-300) || `status ${ended.status}`) ??
      (await differenceOf(source.root, target.root)) ??
      (refused === 0 ? undefined : `${refused} connections more than ${LANES}`);
    const { residentOctets, seconds } = ended;
    const mostSessions = Math.max(...sessions.map(({ most }) => most));
    return { name, files, residentOctets, seconds, mostSessions, because };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Why more files took too much more memory than fewer; undefined where they did not. */
export function growthOf(few: Crowd, many: Crowd): string | undefined {
  const times = many.residentOctets / few.residentOctets;
  return times <= FACTOR ? undefined : `${times.toFixed(1)} times the memory of ${few.files} files`;
}

/** As a Markdown table, and below it why some are no figures. */
export function formatCrowds(crowds: readonly Crowd[]): string {
  const head = [
    "| copy in 8 lanes | files | connections at most | peak, MB | seconds |",
    "| --- | ---: | ---: | ---: | ---: |",
  ];
  const rows = crowds.map(({ name, files, mostSessions, residentOctets, seconds, because }) => {
    const figures = [mostSessions, (residentOctets / 1e6).toFixed(1), seconds.toFixed(1)];
    return `| ${[name, files, ...(because === undefined ? figures : ["–", "–", "–"])].join(" | ")} |`;
  });
  const notes = crowds.flatMap(({ name, because }) =>
    because === undefined ? [] : [`- ${name}: ${because}`],
  );
  return ["### many-10000", "", ...head, ...rows, ...(notes.length === 0 ? [] : ["", ...notes])].join("\n");
}
