import type { CopyEvent, Emit, RunOutcome, SummaryEvent } from "../../batch/events.ts";
import type { FollowUp } from "../../batch/follow-up.ts";
import { messageOf } from "../../shared/errors.ts";
import { followUpsOf } from "./follow-ups.ts";
import { type HookedRun, type HookFacts, startHook } from "./hooked-run.ts";
import { type HookFailures, type HookMarks, ownMarks } from "./marks.ts";

/** What a run that is carried out between its hooks may have beside its work. */
interface HookOptions {
  /** Whether the run is not over although it ends here, because it continues elsewhere or later. */
  readonly goesOn?: () => boolean;
  /** What is known of its hooks, where others work on the same run. */
  readonly marks?: HookMarks;
  /** How the run is recorded, where that is not what its work says of its end; absent: it is. */
  readonly truthful?: (summary: SummaryEvent) => SummaryEvent;
}

/**
 * Carries a run out between its hooks. The summary that the run tells is held back until the last of them has ended.
 * @param hooked undefined: there are no hooks
 * @param run is given what follows its files, where something does
 * @throws what the run throws
 */
export async function withHooks(
  hooked: HookedRun | undefined,
  emit: Emit,
  signal: AbortSignal,
  run: (emit: Emit, followUp: FollowUp | undefined) => Promise<SummaryEvent>,
  { goesOn = () => false, marks = ownMarks(), truthful = (summary) => summary }: HookOptions = {},
): Promise<SummaryEvent> {
  if (hooked === undefined) return run(emit, undefined);
  const refusal = failureText("beforeRun", await startHook("beforeRun", hooked, emit, {}, signal));
  signal.throwIfAborted();
  if (refusal !== undefined) {
    const summary = emptySummary("refused", `${refusal}; nothing was touched`);
    emit(summary);
    return summary;
  }
  const emitted = (event: CopyEvent) => {
    if (event.event !== "summary") emit(event);
  };
  const followUps = followUpsOf(hooked, emit, marks);
  let summary: SummaryEvent;
  try {
    const ended = await run(emitted, followUps);
    if (ended.outcome !== "cancelled" && !goesOn()) followUps?.directories.finish();
    summary = truthful(ended);
  } catch (error) {
    await followUps?.settled();
    // What was cancelled without anybody having cancelled the run has failed.
    const ended = truthful(emptySummary(signal.aborted ? "cancelled" : "failed", messageOf(error)));
    if (!goesOn()) await startHook("afterRun", hooked, emit, hookFactsOf(ended));
    throw error;
  }
  await followUps?.settled();
  if (!goesOn()) {
    if (followUps !== undefined) summary = afterwards(summary, failuresText(await marks.failures()));
    const because = await startHook("afterRun", hooked, emit, hookFactsOf(summary));
    summary = afterwards(summary, failureText("afterRun", because));
  }
  emit(summary);
  return summary;
}

function failureText(hook: string, because: string | undefined): string | undefined {
  return because === undefined ? undefined : `the hook ${hook} failed: ${because}`;
}

function failuresText({ count, because }: HookFailures): string | undefined {
  return count > 1 ? `${count} hooks failed; the first: ${because}` : because;
}

function afterwards(summary: SummaryEvent, failure: string | undefined): SummaryEvent {
  if (failure === undefined) return summary;
  const because = summary.because === undefined ? failure : `${summary.because}; ${failure}`;
  return { ...summary, outcome: summary.outcome === "succeeded" ? "partial" : summary.outcome, because };
}

function hookFactsOf({ event: _, ...ended }: SummaryEvent): HookFacts {
  const { copied, deleted, failed } = ended.files;
  const environment = {
    FXPD_OUTCOME: ended.outcome,
    FXPD_BECAUSE: ended.because,
    FXPD_FILES_COPIED: copied.toString(),
    FXPD_FILES_DELETED: deleted.toString(),
    FXPD_FILES_FAILED: failed.toString(),
  };
  return { environment, document: ended };
}

function emptySummary(outcome: RunOutcome, because: string): SummaryEvent {
  return {
    event: "summary",
    outcome,
    files: { copied: 0, kept: 0, deleted: 0, skipped: 0, failed: 0 },
    bytes: { thirdParty: 0, relayed: 0, resumed: 0 },
    seconds: 0,
    because,
  };
}
