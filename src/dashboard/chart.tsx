import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { bytes } from "./format.ts";

export interface Series {
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

/** Figures over time. What it shows is said in words beside it, for those who do not see it. */
export function Chart({ label, times, series, show = bytes }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
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
    const bars = uPlot.paths.bars?.({ size: [0.8, 40] });
    const size = () => ({ width: parent.clientWidth, height: 180 });
    const made = new uPlot(
      {
        ...size(),
        legend: { show: false },
        cursor: { drag: { x: false, y: false } },
        axes: [axis, { ...axis, size: 70, values: (_, marks) => marks.map((mark) => show(mark)) }],
        scales: { y: { range: (_, __, most) => [0, Math.max(most, 1)] } },
        series: [
          {},
          ...series.map((one) => ({
            label: one.label,
            stroke: colour(one.colour),
            fill: `${colour(one.colour)}33`,
            width: 2,
            points: { show: false },
            ...(one.isBars === true && bars !== undefined ? { paths: bars } : {}),
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
  }, [shape]);
  useEffect(() => {
    plot.current?.setData([[...times], ...series.map(({ values }) => [...values])]);
  });
  return <div class="chart" role="img" aria-label={label} ref={place} />;
}
