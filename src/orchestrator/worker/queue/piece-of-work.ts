import { AsyncLocalStorage } from "node:async_hooks";
import { Interruption } from "../../runs/requested-state.ts";
import { anySignal } from "../../../shared/any-signal.ts";

/** A plan or a slice that this process works on. */
interface PieceOfWork {
  /** For the log. */
  readonly name: string;
  /** Ends it for now. */
  interrupt(kind: "fault" | "again", error: unknown): void;
}

const current = new AsyncLocalStorage<PieceOfWork>();
/** Those of which nothing is known but that they are under way. */
const untraced = new Set<PieceOfWork>();
/** To know what each timer and event belongs to costs a twentieth of the processor's time, so it waits for the need. */
let isTracing = false;

/**
 * Does a piece of work. An exception that comes from it by a way on which nobody waits for it (a timer, an event)
 * aborts the signal with an {@link Interruption} of the kind `fault`; the first one in a process that of all pieces under
 * way, with the kind `again`.
 */
export async function doPiece<T>(
  name: string,
  signal: AbortSignal,
  act: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const own = new AbortController();
  const interrupt = (kind: "fault" | "again", error: unknown) => own.abort(new Interruption(kind, error));
  const piece = { name, interrupt };
  const until = anySignal(signal, own.signal);
  if (isTracing) return current.run(piece, () => act(until));
  untraced.add(piece);
  try {
    return await act(until);
  } finally {
    untraced.delete(piece);
  }
}

/**
 * An exception that nobody has caught fails the piece of work that it came from. Where that is not known, because it is
 * the first one, all pieces begin again, and what comes from them is traced from now on.
 * @returns the names of the pieces that it ends for now
 */
export function endPieceOf(error: unknown): readonly string[] {
  isTracing = true;
  const traced = current.getStore();
  const ended = traced === undefined ? [...untraced] : [traced];
  for (const piece of ended) piece.interrupt(traced === undefined ? "again" : "fault", error);
  return ended.map(({ name }) => name);
}
