import { spawn } from "node:child_process";
import { formatBytes, formatDuration } from "../../shared/units.ts";
import { printable } from "../../shared/printable.ts";

/** Of its output so much is kept. Bytes. */
const MAX_OUTPUT = 16_384;
/** Process groups of programs that run; they end with this process. */
const running = new Set<number>();
let endsThem = false;

/** Letters of a line of output. */
const MAX_LINE = 500;

export interface ProgramOrder {
  readonly command: readonly string[];
  /** Where it is started; a relative path of a program begins there. */
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly input: string;
  readonly timeoutMs: number;
}

interface ProgramEnd {
  /** Why it has failed; absent: it ended with status 0. */
  readonly because?: string;
  /** What it wrote to standard output and standard error, safe to show. */
  readonly lines: readonly string[];
}

/**
 * Starts a program without a shell, in a process group of its own, and waits for its end. What it leaves running in the
 * group is killed then, and all of it after the time limit or when the signal says so.
 */
export function startProgram(order: ProgramOrder, signal?: AbortSignal): Promise<ProgramEnd> {
  const [program = "", ...words] = order.command;
  const { directory: cwd, environment: env, input, timeoutMs } = order;
  return new Promise((resolve) => {
    const child = spawn(program, words, { cwd, env, detached: true, stdio: "pipe" });
    note(child.pid);
    const kept: Buffer[] = [];
    let [room, lost] = [MAX_OUTPUT, 0];
    let killedBecause: string | undefined;
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => {
        kept.push(chunk.subarray(0, room));
        lost += Math.max(0, chunk.length - room);
        room -= Math.min(room, chunk.length);
      });
    const end = (because: string | undefined) => {
      clearTimeout(timer);
      if (child.pid !== undefined) running.delete(child.pid);
      signal?.removeEventListener("abort", abort);
      const lines = linesOf(Buffer.concat(kept), lost);
      resolve(because === undefined ? { lines } : { because, lines });
    };
    const kill = (because: string) => {
      killedBecause ??= because;
      killGroup(child.pid);
      // Whoever has left the group may still hold them.
      child.stdout.destroy();
      child.stderr.destroy();
    };
    const abort = () => kill(`${program} was killed because the run was interrupted`);
    const timer = setTimeout(
      () => kill(`${program} did not finish within ${formatDuration(timeoutMs)}`),
      timeoutMs,
    );
    signal?.addEventListener("abort", abort, { once: true });
    if (signal?.aborted === true) abort();
    child.on("error", (error: NodeJS.ErrnoException) =>
      end(error.code === "ENOENT" ? `program not found: ${program}` : `${program}: ${error.message}`),
    );
    child.on("exit", () => killGroup(child.pid));
    child.on("close", (status, by) =>
      end(killedBecause ?? (status === 0 ? undefined : `${program} ended ${howEnded(status, by)}`)),
    );
    // A program need not read its input.
    child.stdin.on("error", () => {});
    child.stdin.end(input);
  });
}

/** Nobody would keep their time limits any more. */
function note(group: number | undefined): void {
  if (group !== undefined) running.add(group);
  if (endsThem) return;
  endsThem = true;
  process.on("exit", () => running.forEach(killGroup));
}

function killGroup(group: number | undefined): void {
  if (group === undefined) return;
  try {
    process.kill(-group, "SIGKILL");
  } catch {
    // Nobody is left in it.
  }
}

function howEnded(status: number | null, by: NodeJS.Signals | null): string {
  return status === null ? `by signal ${by}` : `with status ${status}`;
}

function linesOf(output: Buffer, lost: number): readonly string[] {
  const lines = output
    .toString("utf8")
    .split(/\r?\n/)
    .filter((line) => line !== "")
    .map((line) => printable(line.length > MAX_LINE ? `${line.slice(0, MAX_LINE)} …` : line));
  return lost === 0 ? lines : [...lines, `(${formatBytes(lost)} more output not kept)`];
}
