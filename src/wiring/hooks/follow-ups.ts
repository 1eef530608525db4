import type { Emit, TransferEvent } from "../../batch/events.ts";
import type { FollowUp } from "../../batch/follow-up.ts";
import { Condition } from "../../shared/waiting/condition.ts";
import { messageOf } from "../../shared/errors.ts";
import { DirectoryCounts, type DirectoryFiles } from "./directory-counts.ts";
import { type HookedRun, type HookFacts, startHook } from "./hooked-run.ts";
import type { HookMarks } from "./marks.ts";

/**
 * Starts the programs of a run that follow its files and directories, each at most once and so many at once as the job
 * says. They are not ended with the run: what has begun comes to its end, or to its time limit.
 */
export class FollowUps implements FollowUp {
  readonly directories: DirectoryCounts;
  readonly #hooked: HookedRun;
  readonly #emit: Emit;
  readonly #marks: HookMarks;
  readonly #pending = new Set<Promise<void>>();
  /** Whether a program has ended. */
  readonly #ended = new Condition();
  #running = 0;

  constructor(hooked: HookedRun, emit: Emit, marks: HookMarks) {
    this.#hooked = hooked;
    this.#emit = emit;
    this.#marks = marks;
    this.directories = new DirectoryCounts((directory, files) => this.#finished(directory, files));
  }

  copied({ event: _, ...file }: TransferEvent): void {
    const { source, target, outcome, by, bytes, resumedFrom } = file;
    const environment = {
      FXPD_FILE_SOURCE: source,
      FXPD_FILE_TARGET: target,
      FXPD_OUTCOME: outcome,
      FXPD_BY: by ?? undefined,
      FXPD_BYTES: (bytes + resumedFrom).toString(),
    };
    this.#begin("afterFile", target, { environment, document: { file } });
  }

  async room(signal: AbortSignal): Promise<void> {
    while (this.#pending.size >= 2 * this.#hooked.hooks.parallel) await this.#ended.changed(signal);
  }

  async settled(): Promise<void> {
    while (this.#pending.size > 0) await Promise.all(this.#pending);
  }

  #finished(directory: string, files: DirectoryFiles): void {
    const { copied, left, failed } = files;
    const outcome = failed === 0 ? "succeeded" : copied === 0 ? "failed" : "partial";
    const environment = {
      FXPD_DIRECTORY: directory,
      FXPD_OUTCOME: outcome,
      FXPD_FILES_COPIED: copied.toString(),
      FXPD_FILES_FAILED: failed.toString(),
    };
    const document = { directory, outcome, files: { copied, left, failed } };
    this.#begin("afterDirectory", directory, { environment, document });
  }

  #begin(hook: "afterFile" | "afterDirectory", about: string, facts: HookFacts): void {
    if (this.#hooked.hooks[hook] === undefined) return;
    const running = this.#start(hook, about, facts).finally(() => {
      this.#pending.delete(running);
      this.#ended.notify();
    });
    this.#pending.add(running);
  }

  /** Never rejects. */
  async #start(hook: "afterFile" | "afterDirectory", about: string, facts: HookFacts): Promise<void> {
    while (this.#running >= this.#hooked.hooks.parallel) await this.#ended.changed();
    this.#running += 1;
    let because: string | undefined;
    try {
      // Noted before it is started: what a crash interrupts is not started again.
      if (!(await this.#marks.begin(`${hook} ${about}`))) return;
      because = await startHook(hook, this.#hooked, this.#emit, facts);
    } catch (error) {
      because = `it was not started: ${messageOf(error)}`;
    } finally {
      this.#running -= 1;
    }
    if (because === undefined) return;
    const sentence = `the hook ${hook} failed for ${about}: ${because}`;
    this.#emit({ event: "note", because: sentence });
    await this.#marks.failed(sentence).catch(() => {});
  }
}

/** What follows the files of a run; undefined where its job names nothing that does. */
export function followUpsOf(
  hooked: HookedRun | undefined,
  emit: Emit,
  marks: HookMarks,
): FollowUps | undefined {
  const isAsked = hooked?.hooks.afterFile !== undefined || hooked?.hooks.afterDirectory !== undefined;
  return isAsked ? new FollowUps(hooked, emit, marks) : undefined;
}
