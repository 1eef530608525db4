/**
 * Calls `act` after so many milliseconds, when all that has arrived by then has been read: a process that was stopped for a
 * while finds its timers due before it reads what others have answered meanwhile.
 * @returns to be called where it is not overdue any more
 */
export function whenOverdue(ms: number, act: () => void): () => void {
  let isOff = false;
  const timer = setTimeout(() => {
    setImmediate(() => {
      if (!isOff) act();
    });
  }, ms);
  return () => {
    isOff = true;
    clearTimeout(timer);
  };
}
