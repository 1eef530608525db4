import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { useMatches } from "./parts.tsx";
import { bytes } from "./format.ts";

interface Series {
  readonly label: string;
  /** A custom property of the style. */
  readonly colour: string;
  readonly values: readonly (number | null)[];
  readonly isBars?: boolean;
}

interface ChartProps {
  readonly label: string;
  /** Seconds since 1970. */
  readonly times: readonly number[];
  readonly series: readonly Series[];
  readonly show?: (value: number) => string;
}

/** One figure for each step up to now, 0 where nothing is known: bars need their gaps. */
export function filled(
  points: readonly { readonly at: number; readonly value: number }[],
  stepSeconds: number,
  steps: number,
  nowSeconds: number,
): { readonly times: readonly number[]; readonly values: readonly number[] } {
  const known = new Map(points.map(({ at, value }) => [Math.floor(at / stepSeconds), value]));
  const last = Math.floor(nowSeconds / stepSeconds);
  const at = Array.from({ length: steps }, (_, index) => last - steps + 1 + index);
  return { times: at.map((step) => step * stepSeconds), values: at.map((step) => known.get(step) ?? 0) };
}

function axisLabel(seconds: number, spanSeconds: number): string {
  const date = new Date(seconds * 1_000);
  if (spanSeconds > 2 * 86_400) return date.toLocaleDateString(undefined, { month: "short", day: "numeric" });
  const withSeconds = spanSeconds < 600 ? ({ second: "2-digit" } as const) : {};
  return date.toLocaleTimeString(undefined, {
    hour: "2-digit",
    minute: "2-digit",
    ...withSeconds,
    hourCycle: "h23",
  });
}

/** Between marks for bytes, which are read in powers of two. */
const INCREMENTS = Array.from({ length: 60 }, (_, power) => 2 ** power);

/** Figures over time. Its label says in words what it shows, for those who do not see it. */
export function Chart({ label, times, series, show = bytes }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const scheme = useMatches("(prefers-color-scheme: dark)");
  const shape = JSON.stringify(series.map((one) => [one.label, one.colour, one.isBars]));
  useEffect(() => {
    const parent = place.current;
    if (parent === null) return;
    const style = getComputedStyle(document.documentElement);
    const colour = (name: string) => style.getPropertyValue(name).trim();
    const axis = {
      stroke: colour("--muted"),
      grid: { stroke: colour("--line"), width: 1 },
      ticks: { show: false },
    };
    const hasBars = series.some(({ isBars }) => isBars);
    const bars = uPlot.paths.bars?.({ size: [0.8, 40] });
    const size = () => ({ width: parent.clientWidth, height: 180 });
    const made = new uPlot(
      {
        ...size(),
        legend: { show: false },
        cursor: { drag: { x: false, y: false } },
        axes: [
          {
            ...axis,
            space: 90,
            size: 30,
            values: (_, marks) =>
              marks.map((mark) => axisLabel(mark, (marks.at(-1) ?? mark) - (marks[0] ?? mark))),
          },
          {
            ...axis,
            size: 70,
            incrs: [...INCREMENTS],
            values: (_, marks) => marks.map((mark) => show(mark)),
          },
        ],
        scales: {
          x: {
            range: ({ data: [marks] }, first, last) => {
              // Bars have their middle where their time is.
              const half = hasBars ? ((marks[1] ?? 0) - (marks[0] ?? 0)) / 2 : 0;
              return [first - half, Math.max(last + half, first + 10)];
            },
          },
          y: { range: (_, __, most) => [0, Math.max(most * 1.08, 1)] },
        },
        series: [
          {},
          ...series.map((one) => ({
            label: one.label,
            stroke: colour(one.colour),
            fill: `${colour(one.colour)}33`,
            points: { show: false },
            ...(one.isBars === true && bars !== undefined
              ? { paths: bars, width: 0, fill: colour(one.colour) }
              : { width: 2 }),
          })),
        ],
      },
      [[], ...series.map(() => [])],
      parent,
    );
    plot.current = made;
    const watching = new ResizeObserver(() => made.setSize(size()));
    watching.observe(parent);
    return () => {
      watching.disconnect();
      made.destroy();
    };
  }, [shape, scheme]);
  useEffect(() => {
    plot.current?.setData([[...times], ...series.map(({ values }) => [...values])]);
  });
  return <div class="chart" role="img" aria-label={label} ref={place} />;
}
