import type { CopyEvent } from "../../../batch/events.ts";
import type { TranscriptLine } from "../../../ftp/connection/transcript.ts";
import type { Clock } from "../../../shared/clock.ts";
import type { Request } from "../../definitions.ts";
import type { TranscriptStore } from "../../kv/stores/transcripts.ts";
import { BoundedTranscript } from "../../runs/transcript.ts";
import type { Run } from "../../runs/run.ts";

/**
 * What the control connections say while a run is planned: logins and listings. Kept is what led to a fault, and what
 * the planning ended with where it failed.
 */
export class PlanTranscript {
  readonly #run: Run;
  readonly #transcripts: Pick<TranscriptStore, "add">;
  readonly #clock: Clock;
  /** Since the last fault. */
  #conversation = new BoundedTranscript();
  #adding: Promise<void> = Promise.resolve();

  constructor(run: Run, transcripts: Pick<TranscriptStore, "add">, clock: Clock) {
    this.#run = run;
    this.#transcripts = transcripts;
    this.#clock = clock;
  }

  readonly add = (line: TranscriptLine): void => {
    this.#conversation.add(line, this.#clock.now());
  };

  note(event: CopyEvent, request: Request): void {
    if (event.event === "fault") this.#keep("failed", request, event.path);
  }

  /** Once the run has been planned, or could not be. */
  async end(outcome: "succeeded" | "failed" | "cancelled", request: Request): Promise<void> {
    if (outcome === "failed" || this.#run.order.keepsTranscripts === true) this.#keep(outcome, request);
    await this.#adding;
  }

  /** @param path what the fault is about; absent: all that is to be done */
  #keep(outcome: "succeeded" | "failed" | "cancelled", request: Request, path?: string): void {
    const { lines } = this.#conversation;
    if (lines.length === 0) return;
    this.#conversation = new BoundedTranscript();
    const { id, order } = this.#run;
    const kept = {
      ...{ during: "planning" as const, ...ends(request), outcome, lines: [...lines] },
      ...(path === undefined ? {} : { path }),
    };
    const isForAll = order.keepsTranscripts === true;
    // They are for people who look into what went wrong; the run does not fail for want of them.
    this.#adding = this.#adding.then(() => this.#transcripts.add(id, kept, isForAll)).catch(() => {});
  }
}

function ends(request: Request): { readonly source: string; readonly target: string } {
  if (request.kind === "copy") {
    const { sources, target } = request.request;
    return { source: sources.map(({ shown }) => shown).join(", "), target: target.shown };
  }
  const [{ source }] = request.targets.mirrors;
  const targets = request.targets.mirrors.map(({ target }) => target.shown);
  return { source: source.place.at(source.path), target: targets.join(", ") };
}
