import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { anySignal } from "../../src/shared/any-signal.ts";
import { treeServer } from "../support/tree-server.ts";
import { EMPTY_TREE } from "../support/tree-server-tree.ts";
import { type TreeShape, treeOf } from "../support/trees.ts";
import type { Options } from "./options.ts";

/** A dry run of a mirror, from a server that makes up its tree to another: `new` to an empty one, `equal` to the same. */
export interface MemoryCase {
  readonly name: string;
  readonly target: "new" | "equal";
  readonly shape: TreeShape;
}

/** What fxpd had in memory at most. */
export interface Peak {
  readonly name: string;
  readonly files: number;
  readonly directories: number;
  /** VmHWM of /proc/PID/status, in bytes. */
  readonly residentOctets: number;
  readonly seconds: number;
  /** Why it is no figure; undefined where every directory was listed and the run ended with 0. */
  readonly because: string | undefined;
}

const FILES = 1_000_000;
const FILES_PER_DIRECTORY = 50;
const LIMIT_MS = 900_000;
/** How often the peak is read: the last reading is all that counts, and the peak only grows. */
const EVERY_MS = 50;

/** All cases in the order in which they run, those that were asked for. */
export function memoryCases({ only, clients, isQuick, isAll }: Options): readonly MemoryCase[] {
  if (clients.length > 0 && !clients.includes("fxpd")) return [];
  const all = (["new", "equal"] as const).flatMap((target) =>
    ["-tenth", ""].map((part) => {
      const files = FILES / (isQuick ? 10 : 1) / (part === "" ? 1 : 10);
      const shape = { files, directories: files / FILES_PER_DIRECTORY };
      return { name: `memory-${target}${part}`, target, shape };
    }),
  );
  return all.filter(({ name, target }) =>
    only.length === 0 ? isAll || target === "equal" : only.some((part) => name.includes(part)),
  );
}

/** @param main path of dist/cli/main.js */
export async function measurePeak(one: MemoryCase, main: string, signal: AbortSignal): Promise<Peak> {
  const { files, directories } = one.shape;
  await using source = await treeServer({ tree: treeOf(one.shape) });
  await using target = await treeServer({ tree: one.target === "equal" ? treeOf(one.shape) : EMPTY_TREE });
  const work = await mkdtemp(join(tmpdir(), "fxpd-memory-"));
  try {
    const [from, to] = [source, target].map(({ address, port }) => `ftp://tester:any@${address}:${port}//`);
    const args = [main, "mirror", "--dry-run", "--json", "--tls", "off", from ?? "", to ?? ""];
    const env = { ...process.env, FXPD_CONFIG: work, FXPD_STATE: join(work, "state") };
    const ended = await peakOf(args, { cwd: work, env }, signal);
    const listed = source.count("MLSD");
    const missed = listed < directories ? `${listed} of ${directories} directories listed` : undefined;
    const because =
      ended.status === 0 ? missed : ended.complaint.trim().slice(-300) || `status ${ended.status}`;
    const { residentOctets, seconds } = ended;
    return { name: one.name, files, directories, residentOctets, seconds, because };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** How a run ended whose peak was watched. */
export interface Ended {
  readonly status: number | null;
  readonly residentOctets: number;
  readonly seconds: number;
  readonly complaint: string;
}

/** Runs Node with its output thrown away, and reads its peak as long as it lives. */
export async function peakOf(
  args: readonly string[],
  where: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
  signal: AbortSignal,
): Promise<Ended> {
  const startedMs = performance.now();
  const child = spawn(process.execPath, args, {
    ...where,
    stdio: ["ignore", "ignore", "pipe"],
    signal: anySignal(signal, AbortSignal.timeout(LIMIT_MS)),
    killSignal: "SIGKILL",
  });
  let complaint = "";
  let residentOctets = 0;
  child.on("error", ({ message }) => (complaint += message));
  child.stderr.on("data", (chunk: Buffer) => (complaint += chunk.toString()));
  const reading = setInterval(() => {
    void residentPeak(child.pid ?? 0).then((octets) => (residentOctets = Math.max(residentOctets, octets)));
  }, EVERY_MS);
  const status = await new Promise<number | null>((resolve) => child.once("close", resolve));
  clearInterval(reading);
  signal.throwIfAborted();
  return { status, residentOctets, seconds: (performance.now() - startedMs) / 1_000, complaint };
}

/** 0 for a process that is no more. */
async function residentPeak(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1_024;
}

/** All peaks as a Markdown table, and below it why some are none. */
export function formatPeaks(peaks: readonly Peak[]): string {
  const head = [
    "| dry run | files | directories | peak, MB | seconds |",
    "| --- | ---: | ---: | ---: | ---: |",
  ];
  const rows = peaks.map(({ name, files, directories, residentOctets, seconds, because }) => {
    const figures = [(residentOctets / 1e6).toFixed(1), seconds.toFixed(1)];
    return `| ${[name, files, directories, ...(because === undefined ? figures : ["–", "–"])].join(" | ")} |`;
  });
  const notes = peaks.flatMap(({ name, because }) =>
    because === undefined ? [] : [`- ${name}: ${because}`],
  );
  return ["### memory", "", ...head, ...rows, ...(notes.length === 0 ? [] : ["", ...notes])].join("\n");
}
