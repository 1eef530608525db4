/** A queue item that is to come again, since nothing can be done for it now. It spends no attempt. */
export class Later extends Error {
  override readonly name = "Later";
  /** Milliseconds from now; 0: as soon as somebody has time. */
  readonly afterMs: number;
  /** Its place in the queue from now on; absent: the same. */
  readonly turn: number | undefined;

  constructor(because: string, afterMs: number, turn?: number) {
    super(because);
    this.afterMs = afterMs;
    this.turn = turn;
  }
}

/** How soon a run is looked at again that nobody wakes. */
export const WAITING_MS = 1_000;
/** How soon one is that is woken by the end of another run, or by who resumes it; in case that is lost. */
export const WOKEN_MS = 30_000;

/** Why a run is handed back, and how soon it comes again. */
export const FOR_LATER = {
  pause: ["paused", WOKEN_MS],
  shutdown: ["the worker is shutting down", 0],
  lost: ["lost the claim on the target tree; waiting to claim it again", WAITING_MS],
} as const;
export type ForLater = keyof typeof FOR_LATER;

export function isForLater(kind: string | undefined): kind is ForLater {
  return kind !== undefined && kind in FOR_LATER;
}

/** How soon a slice of a paused run is looked at again: it may have been resumed. */
const PAUSED_MS = 2_000;

/** A slice that comes again since this has interrupted it, or is asked for; undefined where it does not. */
export function sliceLater(kind: string | undefined): Later | undefined {
  if (kind === "pause") return new Later("paused", PAUSED_MS);
  return kind === "shutdown" ? new Later(FOR_LATER.shutdown[0], 0) : undefined;
}
