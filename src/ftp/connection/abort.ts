/** Takes back what was asked for. */
type Undo = () => void;

type Act = (reason: Error) => void;

/** What waits for each signal, behind one listener: to add and remove one for each wait costs more than most waits. */
const WAITING = new WeakMap<AbortSignal, Set<Act>>();

/** Has something done as soon as a signal is aborted, unless that is undone before. */
export function onAbort(signal: AbortSignal, act: Act): Undo {
  const acts = WAITING.get(signal) ?? listened(signal);
  acts.add(act);
  return () => {
    // A listener that stays would keep a signal alive that was made of others.
    if (acts.delete(act) && acts.size === 0) unlisten(signal);
  };
}

function listened(signal: AbortSignal): Set<Act> {
  const acts = new Set<Act>();
  WAITING.set(signal, acts);
  signal.addEventListener("abort", actAll);
  return acts;
}

function unlisten(signal: AbortSignal): void {
  WAITING.delete(signal);
  signal.removeEventListener("abort", actAll);
}

function actAll({ target }: Event): void {
  const signal = target as AbortSignal;
  const acts = [...(WAITING.get(signal) ?? [])];
  unlisten(signal);
  for (const act of acts) act(signal.reason as Error);
}
