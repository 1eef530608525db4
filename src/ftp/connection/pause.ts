/** A wait that keeps no process alive; with nothing to abort it, for races that something else may win. */
export function pause(ms: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(resolve, ms, undefined).unref());
}
