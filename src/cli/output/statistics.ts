import { type Figures, figuresLine, type View } from "./terminal/view.ts";

/**
 * Tells again and again how far a run is: as figures, and in one line.
 * @param everyMs undefined: never
 * @returns what ends it
 */
export function periodically(
  everyMs: number | undefined,
  view: View | undefined,
  tell: (figures: Figures, line: string) => void,
): () => void {
  if (everyMs === undefined || view === undefined) return () => {};
  // The first rate counts from here.
  view.figures(Date.now());
  const timer = setInterval(() => {
    const figures = view.figures(Date.now());
    const line = figuresLine(figures);
    tell(figures, line === "" ? "no files so far" : line);
  }, everyMs).unref();
  return () => clearInterval(timer);
}
