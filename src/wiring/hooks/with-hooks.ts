import { dirname, resolve } from "node:path";
import type { CopyEvent, Emit, Outcome, SummaryEvent } from "../../batch/events.ts";
import type { Hooks } from "../../config/schema/hooks.ts";
import type { JobFile } from "../../config/schema/jobs.ts";
import { isCancellation, messageOf } from "../../shared/errors.ts";
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

/**
 * Carries a run out between its hooks. The summary that the run tells is held back until the last of them has ended.
 * @param hooked undefined: there are no hooks
 * @param goesOn whether the run is not over although it ends here, because it continues elsewhere or later
 * @throws what the run throws
 */
export async function withHooks(
  hooked: HookedRun | undefined,
  emit: Emit,
  signal: AbortSignal,
  run: (emit: Emit) => Promise<SummaryEvent>,
  goesOn: () => boolean = () => false,
): Promise<SummaryEvent> {
  if (hooked === undefined) return run(emit);
  const refusal = await failureOf("beforeRun", hooked, emit, {}, signal);
  signal.throwIfAborted();
  if (refusal !== undefined) {
    const summary = emptySummary("refused", `${refusal}; nothing was touched`);
    emit(summary);
    return summary;
  }
  const told = (event: CopyEvent) => {
    if (event.event !== "summary") emit(event);
  };
  let summary: SummaryEvent;
  try {
    summary = await run(told);
  } catch (error) {
    const outcome = isCancellation(error) || signal.aborted ? "cancelled" : "failed";
    if (!goesOn()) await failureOf("afterRun", hooked, emit, emptySummary(outcome, messageOf(error)));
    throw error;
  }
  if (!goesOn()) summary = afterwards(summary, await failureOf("afterRun", hooked, emit, summary));
  emit(summary);
  return summary;
}

function afterwards(summary: SummaryEvent, failure: string | undefined): SummaryEvent {
  if (failure === undefined) return summary;
  const because = summary.because === undefined ? failure : `${summary.because}; ${failure}`;
  return { ...summary, outcome: summary.outcome === "succeeded" ? "partial" : summary.outcome, because };
}

/** Starts the program of a hook, if there is one, and tells what it says. @returns why it has failed */
async function failureOf(
  hook: "beforeRun" | "afterRun",
  hooked: HookedRun,
  emit: Emit,
  ended: Partial<SummaryEvent>,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const command = hooked.hooks[hook];
  if (command === undefined) return undefined;
  const { because, lines } = await startProgram(orderOf(hook, command, hooked, ended), signal);
  for (const line of lines) emit({ event: "note", because: `${hook}: ${line}` });
  if (because === undefined) return undefined;
  return `the hook ${hook} failed: ${because}`;
}

function orderOf(
  hook: string,
  command: readonly string[],
  { hooks, file, job, run, sources, targets }: HookedRun,
  { event: _, ...ended }: Partial<SummaryEvent>,
): ProgramOrder {
  const environment: Record<string, string | undefined> = {
    ...Object.fromEntries(INHERITED.map((name) => [name, process.env[name]])),
    FXPD_HOOK: hook,
    FXPD_JOB: job,
    FXPD_RUN: run,
    FXPD_SOURCE: sources.join("\n"),
    FXPD_TARGET: targets.join("\n"),
    FXPD_OUTCOME: ended.outcome,
    FXPD_BECAUSE: ended.because,
    FXPD_FILES_COPIED: ended.files?.copied.toString(),
    FXPD_FILES_DELETED: ended.files?.deleted.toString(),
    FXPD_FILES_FAILED: ended.files?.failed.toString(),
  };
  const given = Object.entries(environment).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value.replaceAll("\0", "").slice(0, MAX_VALUE)]],
  );
  return {
    command,
    directory: dirname(resolve(file)),
    environment: Object.fromEntries(given) as Record<string, string>,
    input: `${jsonText({ hook, job, run, sources, targets, ...ended })}\n`,
    timeoutMs: hooks.timeout,
  };
}

function emptySummary(outcome: Outcome, because: string): SummaryEvent {
  return {
    event: "summary",
    outcome,
    files: { copied: 0, kept: 0, deleted: 0, skipped: 0, failed: 0 },
    bytes: { thirdParty: 0, relayed: 0, resumed: 0 },
    seconds: 0,
    because,
  };
}
