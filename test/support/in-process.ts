import { Readable } from "node:stream";
import { afterAll, vi } from "vitest";
import { perform, program } from "../../src/cli/program.ts";

/** How a command in this process ended. */
export interface Ended {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

const before = {
  SIGINT: process.listeners("SIGINT"),
  SIGTERM: process.listeners("SIGTERM"),
  status: process.exitCode,
};

// A command counts on a process of its own: what its modules have kept is forgotten with the file that has run it.
afterAll(() => void vi.resetModules());

/** Runs a command in this process; `answers` are the lines of its standard input. */
export async function fxpdAnswered(args: readonly string[], answers: readonly string[]): Promise<Ended> {
  const lines = Readable.from(answers.map((line) => `${line}\n`)) as unknown as typeof process.stdin;
  const input = vi.spyOn(process, "stdin", "get").mockReturnValue(lines);
  try {
    return await fxpd(...args);
  } finally {
    input.mockRestore();
  }
}

/** Runs a command in this process; what its parser refuses is thrown. */
export const fxpd = (...args: readonly string[]): Promise<Ended> =>
  captured(async () => void (await program.parseAsync(args, { from: "user" })));

let turn: Promise<unknown> = Promise.resolve();

/**
 * Runs a command in this process as its own would, from a directory and with an environment; one after the other.
 * @param input what stands in its standard input
 */
export function fxpdFrom(
  path: string,
  environment: Readonly<Record<string, string>>,
  args: readonly string[],
  input: string | Buffer = "",
): Promise<Ended> {
  const ended = turn.then(async () => {
    const stdin = Readable.from([Buffer.from(input)]) as unknown as typeof process.stdin;
    const reading = vi.spyOn(process, "stdin", "get").mockReturnValue(stdin);
    const [directory, before] = [process.cwd(), { ...process.env }];
    process.chdir(path);
    Object.assign(process.env, environment);
    try {
      return await captured(() => perform(args));
    } finally {
      reading.mockRestore();
      process.chdir(directory);
      for (const name of Object.keys(environment))
        if (before[name] === undefined) delete process.env[name];
        else process.env[name] = before[name];
      forgetSignals();
    }
  });
  turn = ended.catch(() => {});
  return ended;
}

/** What is written and how it ends, while a command runs. */
async function captured(command: () => Promise<void>): Promise<Ended> {
  let [out, err] = ["", ""];
  const known = process.listeners("beforeExit");
  const spies = [
    vi.spyOn(process.stdout, "write").mockImplementation((text) => ((out += String(text)), true)),
    vi.spyOn(process.stderr, "write").mockImplementation((text) => ((err += String(text)), true)),
  ];
  try {
    await command();
    // Lines wait a moment for others; those that are left are written when the process ends, as it does here.
    for (const flush of process.listeners("beforeExit"))
      if (!known.includes(flush)) {
        flush(0);
        process.off("beforeExit", flush).off("exit", flush);
      }
    return { status: Number(process.exitCode ?? 0), out, err };
  } finally {
    for (const spy of spies) spy.mockRestore();
    process.exitCode = before.status;
  }
}

/** Takes away the listeners for signals that commands have added since this file was loaded. */
export function forgetSignals(): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    for (const one of process.listeners(signal))
      if (!before[signal].includes(one)) process.removeListener(signal, one);
}
