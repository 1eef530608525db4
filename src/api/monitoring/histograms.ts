import { BOUNDS, type Histogram } from "../../orchestrator/history/measures.ts";

const HELP: Readonly<Record<Histogram, string>> = {
  file: "Seconds that files took, with retries, whether they were copied or failed.",
  run: "Seconds that runs took from their first start.",
};

/** Durations of files and runs in the text format of Prometheus; nothing where none is known. */
export function histogramsText(measures: Readonly<Record<string, number>>): string {
  return (["file", "run"] as const).map((what) => textOf(what, measures)).join("");
}

function textOf(what: Histogram, measures: Readonly<Record<string, number>>): string {
  const name = `fxpd_${what}_duration_seconds`;
  let sum = 0;
  const buckets = BOUNDS[what].map((bound, at) => {
    sum += measures[`${what}:${at}`] ?? 0;
    return `${name}_bucket{le="${bound}"} ${sum}\n`;
  });
  const all = sum + (measures[`${what}:more`] ?? 0);
  if (all === 0) return "";
  const head = `# HELP ${name} ${HELP[what]}\n# TYPE ${name} histogram\n`;
  const seconds = (measures[`${what}:ms`] ?? 0) / 1_000;
  const tail = `${name}_bucket{le="+Inf"} ${all}\n${name}_sum ${seconds}\n${name}_count ${all}\n`;
  return `\n${head}${buckets.join("")}${tail}`;
}
