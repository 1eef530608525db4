import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { familyOf, signal as kill } from "../servers/processes.ts";

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly directory?: string;
}

/** How a client ended. */
export interface Ended {
  readonly how: "ended" | "hung";
  readonly status: number | null;
  /** `performance.now()` when it was started. */
  readonly startedMs: number;
  readonly seconds: number;
  /** User and system time of the process and all it waited for; undefined for what is no process. */
  readonly processorSeconds: number | undefined;
  readonly output: string;
  readonly complaint: string;
}

/**
 * bash's `time` asks the kernel for the resources of the process it has waited for (RUSAGE_CHILDREN): exact,
 * where samples of /proc miss what happens after the last one. It goes to descriptor 3, apart from all else.
 */
const TIMED = 'TIMEFORMAT="%3U %3S"; exec 4>&2; { time "$@" 2>&4 3>&- 4>&-; } 2>&3';

/** Without what somebody has set for every Node: reading NODE_EXTRA_CA_CERTS alone takes longer than Node's start. */
function own(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith("NODE_")));
}

/** Runs a program to its end, or ends it and what it started, by their ids, when the time is up. */
export async function runProgram(
  { program, args, env, directory }: Command,
  limitMs: number,
  signal?: AbortSignal,
): Promise<Ended> {
  const startedMs = performance.now();
  const child = spawn("bash", ["-c", TIMED, "bash", program, ...args], {
    cwd: directory,
    env: { ...own(process.env), ...env },
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  const written = ["", "", "", ""];
  for (const descriptor of [1, 2, 3]) {
    child.stdio[descriptor]?.on("data", (chunk: Buffer) => (written[descriptor] += chunk.toString()));
  }
  let how: Ended["how"] = "ended";
  const end = () => {
    for (const pid of familyOf(child.pid ?? 0)) kill(pid, "SIGKILL");
  };
  const patience = setTimeout(() => {
    how = "hung";
    end();
  }, limitMs);
  signal?.addEventListener("abort", end);
  let endedMs = startedMs;
  child.once("exit", () => (endedMs = performance.now()));
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  clearTimeout(patience);
  signal?.removeEventListener("abort", end);
  const [, output = "", complaint = "", times = ""] = written;
  const seconds = (endedMs - startedMs) / 1_000;
  return { how, status, startedMs, seconds, processorSeconds: sumOf(times), output, complaint };
}

function sumOf(times: string): number | undefined {
  const numbers = times.trim().split(" ").map(Number);
  return numbers.length === 2 && numbers.every(Number.isFinite)
    ? numbers.reduce((sum, one) => sum + one, 0)
    : undefined;
}

/** Of /proc/PID/stat, in hundredths of a second on Linux. */
const TICKS_PER_SECOND = 100;

/** User and system time of a process so far, without that of its children. */
export function processorSecondsOf(pid: number | undefined): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ").at(-1)?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}
