import type { SummaryEvent } from "../../batch/events.ts";
import { messageOf } from "../../shared/errors.ts";
import type { RunStore } from "../kv/stores/runs.ts";

/** How often the requested state of the current runs is read: a request takes effect within this time. */
const ASK_MS = 800;

/** Why work ends early; this is no error, and final only where it was cancelled. */
export class Interruption extends Error {
  override readonly name = "AbortError";
  readonly kind: "pause" | "cancel" | "shutdown" | "obsolete" | "yield" | "lost" | "fault";

  /** @param cause what nobody expected, for a `fault` */
  constructor(kind: Interruption["kind"], cause?: unknown) {
    super(`interrupted: ${kind}`, { cause });
    this.kind = kind;
  }

  /** Whether another may have taken over: nothing gets its name any more. */
  get isUrgent(): boolean {
    return this.kind === "obsolete" || this.kind === "lost";
  }
}

interface Listener {
  readonly run: string;
  /** Undefined: whichever it is now. */
  readonly generation: number | undefined;
  readonly controller: AbortController;
}

/** Watches the requested states of the runs that this process works on. */
export class RequestedStates implements Disposable {
  readonly #store: Pick<RunStore, "get">;
  readonly #listeners = new Set<Listener>();
  readonly #timer: NodeJS.Timeout;
  #isAsking = false;
  #isOver = false;

  constructor(store: Pick<RunStore, "get">) {
    this.#store = store;
    this.#timer = setInterval(() => void this.#ask(), ASK_MS);
  }

  /** A signal that is aborted by an {@link Interruption}; forgotten with its scope. */
  of(run: string, generation?: number): { readonly signal: AbortSignal } & Disposable {
    const listener: Listener = { run, generation, controller: new AbortController() };
    this.#listeners.add(listener);
    if (this.#isOver) listener.controller.abort(new Interruption("shutdown"));
    return {
      signal: listener.controller.signal,
      [Symbol.dispose]: () => void this.#listeners.delete(listener),
    };
  }

  /** Ends all work under way, and whatever may still be added to it; it is taken up again elsewhere. */
  interruptAll(): void {
    this.#isOver = true;
    for (const { controller } of this.#listeners) controller.abort(new Interruption("shutdown"));
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  async #ask(): Promise<void> {
    if (this.#isAsking || this.#listeners.size === 0) return;
    this.#isAsking = true;
    // What is read now says nothing of a beginning that is made while it is read.
    const listeners = [...this.#listeners];
    try {
      for (const run of new Set(listeners.map((one) => one.run)))
        await this.#askOf(
          run,
          listeners.filter((one) => one.run === run),
        );
    } catch {
      // Redis is away: what goes on goes on.
    } finally {
      this.#isAsking = false;
    }
  }

  async #askOf(id: string, listeners: readonly Listener[]): Promise<void> {
    const run = await this.#store.get(id);
    for (const { generation, controller } of listeners) {
      const isObsolete =
        run === undefined ||
        run.state === "ended" ||
        (generation !== undefined && (run.state !== "running" || run.generation !== generation));
      if (run?.wish === "cancel") controller.abort(new Interruption("cancel"));
      else if (isObsolete) controller.abort(new Interruption("obsolete"));
      else if (run.wish === "pause") controller.abort(new Interruption("pause"));
    }
  }
}

/** A signal that passes on another one's end as an {@link Interruption}, whatever the other's reason is. */
export function interruptedBy(other: AbortSignal | undefined, kind: Interruption["kind"]): AbortSignal {
  const controller = new AbortController();
  const abort = () => controller.abort(new Interruption(kind));
  if (other?.aborted === true) abort();
  else other?.addEventListener("abort", abort, { once: true });
  return controller.signal;
}

/** Why a signal was aborted, where one of ours was. */
export function interruptionOf(signal: AbortSignal): Interruption["kind"] | undefined {
  return signal.reason instanceof Interruption ? signal.reason.kind : undefined;
}

/** Whether somebody has stopped the run, perhaps for the sake of its servers. */
export function isStopped(signal: AbortSignal): boolean {
  const kind = interruptionOf(signal);
  return kind === "pause" || kind === "cancel";
}

/** The exception that nobody expected and that has ended this work; undefined where none has. */
export function unexpectedFault(signal: AbortSignal): unknown {
  return signal.reason instanceof Interruption && signal.reason.kind === "fault"
    ? signal.reason.cause
    : undefined;
}

/** How a run is recorded whose work has come to an end: one that an unexpected exception has ended has failed. */
export function recordedBy(signal: AbortSignal): (summary: SummaryEvent) => SummaryEvent {
  return (summary) => {
    if (interruptionOf(signal) !== "fault") return summary;
    return { ...summary, outcome: "failed", because: messageOf(unexpectedFault(signal)) };
  };
}
