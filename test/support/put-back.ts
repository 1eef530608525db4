import { afterAll, vi } from "vitest";

// Files of a project run one after the other in one process: what a file changes of the process is put back behind it.

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const FAULTS = ["uncaughtException", "unhandledRejection", "warning"] as const;
type Listener = (...words: unknown[]) => void;
const listenersOf = (event: string) => process.rawListeners(event) as unknown as Listener[];

// Modules that a file loads afresh listen for the end of the process once more.
process.setMaxListeners(0);
const environment = { ...process.env };
const directory = process.cwd();
const { exitCode } = process;
const listeners = new Map([...SIGNALS, ...FAULTS].map((event) => [event, listenersOf(event)]));

afterAll(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  for (const name of Object.keys(process.env)) if (!(name in environment)) delete process.env[name];
  Object.assign(process.env, environment);
  process.chdir(directory);
  process.exitCode = exitCode;
  for (const [event, known] of listeners)
    for (const one of listenersOf(event)) if (!known.includes(one)) process.off(event, one);
});
