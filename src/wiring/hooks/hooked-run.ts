import { dirname, resolve } from "node:path";
import type { Emit } from "../../batch/events.ts";
import type { Hooks } from "../../config/schema/hooks.ts";
import type { JobFile } from "../../config/schema/jobs.ts";
import { jsonText } from "../../shared/printable.ts";
import { type ProgramOrder, startProgram } from "./start-program.ts";

/** The run of a job whose file names programs to start. */
export interface HookedRun {
  readonly hooks: Hooks;
  /** The job's file, beside which programs with relative paths are. */
  readonly file: string;
  readonly job: string;
  readonly run: string;
  readonly sources: readonly string[];
  readonly targets: readonly string[];
}

/** The name of a hook, as a job's file has it. */
type HookName = "beforeRun" | "afterFile" | "afterDirectory" | "afterRun";

/** What a program gets besides its run. */
export interface HookFacts {
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly document?: object;
}

/** What a program gets of this process's environment: none of the secrets in it. */
const INHERITED = ["PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR"] as const;

/** What is longer is only in the document on standard input; an environment has little room. Letters. */
const MAX_VALUE = 8_192;

/** What a job names, with the run that it is about; undefined where it names nothing. */
export function hookedRun(name: string, file: string, job: JobFile, run: string): HookedRun | undefined {
  const { hooks } = job;
  if (hooks === undefined) return undefined;
  const { from, to } = "mirror" in job ? job.mirror : job.copy;
  return { hooks, file, job: name, run, sources: [from].flat(), targets: [to].flat() };
}

/** Starts the program of a hook, if there is one, and tells what it says. @returns why it has failed */
export async function startHook(
  hook: HookName,
  hooked: HookedRun,
  emit: Emit,
  facts: HookFacts = {},
  signal?: AbortSignal,
): Promise<string | undefined> {
  const command = hooked.hooks[hook];
  if (command === undefined) return undefined;
  const { because, lines } = await startProgram(orderOf(hook, command, hooked, facts), signal);
  for (const line of lines) emit({ event: "note", because: `${hook}: ${line}` });
  return because;
}

function orderOf(
  hook: HookName,
  command: readonly string[],
  { hooks, file, job, run, sources, targets }: HookedRun,
  { environment = {}, document = {} }: HookFacts,
): ProgramOrder {
  const variables: Record<string, string | undefined> = {
    ...Object.fromEntries(INHERITED.map((name) => [name, process.env[name]])),
    FXPD_HOOK: hook,
    FXPD_JOB: job,
    FXPD_RUN: run,
    FXPD_SOURCE: sources.join("\n"),
    FXPD_TARGET: targets.join("\n"),
    ...environment,
  };
  const given = Object.entries(variables).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value.replaceAll("\0", "").slice(0, MAX_VALUE)]],
  );
  return {
    command,
    directory: dirname(resolve(file)),
    environment: Object.fromEntries(given) as Record<string, string>,
    input: `${jsonText({ hook, job, run, sources, targets, ...document })}\n`,
    timeoutMs: hooks.timeout,
  };
}
