import type { Transferred } from "../../../console/effects.ts";
import { isCancellation, messageOf } from "../../../shared/errors.ts";
import { ProgressEvents } from "../../output/progress-events.ts";
import type { ConsoleReporter } from "./console-event.ts";
import type { ConsoleIo } from "../io.ts";
import { Meter } from "./meter.ts";
import type { ProgressListener } from "../raw.ts";

/** What is moved, for people and for programs. */
export interface TransferSubject {
  readonly name: string;
  readonly source: string;
  readonly target: string;
}

/** How it is shown while it moves. */
export interface ProgressStyle {
  readonly hashBytes: number | undefined;
  readonly progress: boolean;
  readonly bell: boolean;
}

/** Moves a file, and shows how far it is and how it ended. */
export function watched<T extends Transferred>(
  io: ConsoleIo,
  subject: TransferSubject,
  shown: ProgressStyle,
  act: (progress: ProgressListener) => Promise<T>,
): Promise<T> {
  return io.tell === undefined ? metered(io, subject.name, shown, act) : announced(io.tell, subject, act);
}

async function metered<T>(
  io: ConsoleIo,
  name: string,
  shown: ProgressStyle,
  act: (progress: ProgressListener) => Promise<T>,
): Promise<T> {
  const meter = new Meter(io, name, shown);
  try {
    return await act(meter.at);
  } finally {
    meter.end();
  }
}

async function announced<T extends Transferred>(
  tell: ConsoleReporter,
  { source, target }: TransferSubject,
  act: (progress: ProgressListener) => Promise<T>,
): Promise<T> {
  const began = performance.now();
  const progress = new ProgressEvents();
  const start = { event: "start", source, target, size: null } as const;
  tell(start);
  progress.note(start, Date.now());
  let moved = 0;
  const at = (bytes: number) => {
    moved = bytes;
    const event = progress.note({ event: "progress", target, bytes, from: 0 }, Date.now());
    if (event !== undefined) tell(event);
  };
  const seconds = () => Math.round(performance.now() - began) / 1_000;
  try {
    const done = await act(at);
    const { bytes, by = "relay", because = "between a server and this machine" } = done;
    tell({ event: "transfer", source, target, outcome: "succeeded", by, bytes, seconds: seconds(), because });
    return done;
  } catch (error) {
    const outcome = isCancellation(error) ? "cancelled" : "failed";
    const because = messageOf(error);
    tell({ event: "transfer", source, target, outcome, by: null, bytes: moved, seconds: seconds(), because });
    throw error;
  }
}

/** Does something with servers that need to know when it is interrupted; it is over when they do. */
export async function abortable<T>(
  links: readonly { interrupt(): Promise<void> }[],
  signal: AbortSignal,
  act: () => Promise<T>,
): Promise<T> {
  let aborted: Promise<unknown> | undefined;
  const abort = () => void (aborted = Promise.all(links.map((link) => link.interrupt())));
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await act();
  } finally {
    signal.removeEventListener("abort", abort);
    await aborted;
  }
}
