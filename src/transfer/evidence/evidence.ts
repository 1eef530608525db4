/** Whether something that was seen then still counts; a time in the future came from another clock. */
export function stillCounts(atMs: number, forMs: number, nowMs: number): boolean {
  return atMs <= nowMs && nowMs < atMs + forMs;
}

/** Something that was found out of a host or a pair of hosts, and counts in the next run. */
export interface Evidence {
  /** What it is about: a method by name, or a way of the server. */
  readonly about: string;
  readonly is: string;
  readonly because: string | null;
  /** Milliseconds since 1970; null: not known. */
  readonly atMs: number | null;
  /** Until when it counts; null: until something else is seen. */
  readonly untilMs: number | null;
}
