import { AsyncLocalStorage } from "node:async_hooks";
import { Interruption } from "../../runs/requested-state.ts";
import { anySignal } from "../../../shared/any-signal.ts";

/** A plan or a slice that this process works on. */
interface PieceOfWork {
  /** For the log. */
  readonly name: string;
  /** Ends it as failed. */
  fail(error: unknown): void;
}

const current = new AsyncLocalStorage<PieceOfWork>();

/**
 * Does a piece of work. An exception that comes from it by a way on which nobody waits for it (a timer, an event)
 * aborts the signal with an {@link Interruption} of the kind `fault`.
 */
export function doPiece<T>(
  name: string,
  signal: AbortSignal,
  act: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const faulty = new AbortController();
  const fail = (error: unknown) => faulty.abort(new Interruption("fault", error));
  return current.run({ name, fail }, () => act(anySignal(signal, faulty.signal)));
}

/** What the code belongs to that runs now. */
export function pieceAtWork(): PieceOfWork | undefined {
  return current.getStore();
}
