import { useEffect, useRef, useState } from "preact/hooks";
import { count } from "./format.ts";
import type { FileMark } from "./state/run-log.ts";

const CELL = 9;
const COLOURS: Readonly<Record<string, string>> = {
  succeeded: "--good",
  failed: "--bad",
  cancelled: "--muted",
  retrying: "--warn",
  flying: "--accent",
  planned: "--line",
};

interface GridProps {
  readonly files: readonly FileMark[];
  /** Names of those that are on their way. */
  readonly flying: readonly string[];
  /** Files that are still to come, as far as is known. */
  readonly planned: number;
}

/** Each file as a square by its state; drawn rather than made of elements, so that tens of thousands are no burden. */
export function FileGrid({ files, flying, planned }: GridProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [pointed, setPointed] = useState("");
  const shown = [
    ...files,
    ...flying.map((name) => ({ name, state: "flying" })),
    ...Array.from({ length: Math.min(planned, 20_000) }, () => ({ name: "to come", state: "planned" })),
  ];
  const columns = () => Math.max(1, Math.floor((canvas.current?.clientWidth ?? CELL) / CELL));
  useEffect(() => {
    const place = canvas.current;
    const pen = place?.getContext("2d");
    if (!place || !pen) return;
    const draw = () => {
      const across = columns();
      const height = Math.ceil(shown.length / across) * CELL;
      const ratio = devicePixelRatio;
      place.style.height = `${height}px`;
      place.width = place.clientWidth * ratio;
      place.height = height * ratio;
      pen.scale(ratio, ratio);
      const style = getComputedStyle(document.documentElement);
      const colours = new Map(
        Object.entries(COLOURS).map(([state, name]) => [state, style.getPropertyValue(name).trim()]),
      );
      for (const [at, { state }] of shown.entries()) {
        pen.fillStyle = colours.get(state) ?? "#888";
        pen.fillRect((at % across) * CELL, Math.floor(at / across) * CELL, CELL - 1.5, CELL - 1.5);
      }
    };
    draw();
    const watching = new ResizeObserver(draw);
    watching.observe(place);
    return () => watching.disconnect();
  });
  const sums = new Map<string, number>();
  for (const { state } of shown) sums.set(state, (sums.get(state) ?? 0) + 1);
  const words = [...sums]
    .map(([state, sum]) => `${count(sum)} ${state === "flying" ? "in flight" : state}`)
    .join(", ");
  return (
    <>
      <canvas
        ref={canvas}
        class="grid"
        role="img"
        aria-label={`files by state: ${words}`}
        onMouseMove={({ offsetX, offsetY }) => {
          const at = Math.floor(offsetY / CELL) * columns() + Math.floor(offsetX / CELL);
          setPointed(shown[at] === undefined ? "" : `${shown[at].name}: ${shown[at].state}`);
        }}
        onMouseLeave={() => setPointed("")}
      />
      <p class="muted legend">
        {pointed === ""
          ? [...sums].map(([state, sum]) => (
              <span key={state}>
                <i class={`dot ${state}`} /> {count(sum)}{" "}
                {state === "flying" ? "in flight" : state === "planned" ? "to come" : state}
              </span>
            ))
          : pointed}
      </p>
    </>
  );
}
