import { useEffect, useRef, useState } from "preact/hooks";
import { count } from "./format.ts";
import { useMatches } from "./parts.tsx";
import { type FileMark, type FileState, type Grid, gridOf, WORDS } from "./state/file-marks.ts";

const SQUARE = 9;
/** Lines of the grid, so that what comes behind it can be found. */
const MOST_LINES = 48;
const COLOURS: Readonly<Record<FileState, string>> = {
  succeeded: "--good",
  failed: "--bad",
  cancelled: "--muted",
  retrying: "--warn",
  flying: "--accent",
  planned: "--line",
};

interface GridProps {
  readonly earlier: number;
  readonly files: readonly FileMark[];
  readonly flying: readonly string[];
  readonly toCome: number;
}

/** Each file as a square by its state; drawn rather than made of elements, so that tens of thousands are no burden. */
export function FileGrid({ earlier, files, flying, toCome }: GridProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useMatches("(prefers-color-scheme: dark)"); // its colours are drawn
  const [width, setWidth] = useState(0);
  const [pointed, setPointed] = useState(-1);
  useEffect(() => {
    const place = canvas.current;
    if (place === null) return;
    const watching = new ResizeObserver(() => setWidth(place.clientWidth));
    watching.observe(place);
    return () => watching.disconnect();
  }, []);
  const across = Math.max(1, Math.floor(width / SQUARE));
  const grid = gridOf({ earlier, known: files, flying, toCome }, across * MOST_LINES);
  useEffect(() => {
    if (canvas.current !== null && width > 0) draw(canvas.current, grid, across, pointed);
  });
  const { sums } = grid;
  const words = [...sums].map(([state, sum]) => `${count(sum)} ${WORDS[state]}`).join(", ");
  const moved = (key: string): number | undefined => {
    const last = grid.squares.length - 1;
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: across, ArrowUp: -across }[key];
    if (step !== undefined) return Math.min(last, Math.max(0, pointed + step));
    return key === "Home" ? 0 : key === "End" ? last : key === "Escape" ? -1 : undefined;
  };
  const about = grid.wordsAt(pointed);
  return (
    <>
      <canvas
        ref={canvas}
        class="grid"
        role="application"
        aria-label={`Files by state: ${words}. Use the arrow keys to go from file to file.`}
        tabIndex={0}
        onKeyDown={(event) => {
          const at = moved(event.key);
          if (at === undefined) return;
          event.preventDefault();
          setPointed(at);
        }}
        onBlur={() => setPointed(-1)}
        onMouseMove={({ offsetX, offsetY }) =>
          setPointed(
            Math.floor(offsetY / SQUARE) * across + Math.min(across - 1, Math.floor(offsetX / SQUARE)),
          )
        }
        onMouseLeave={() => setPointed(-1)}
      />
      <p class="muted legend">
        {[...sums].map(([state, sum]) => (
          <span key={state}>
            <i class={`dot ${state}`} /> {count(sum)} {WORDS[state]}
          </span>
        ))}
        {grid.each === 1 ? null : <span>each square stands for {count(grid.each)} files</span>}
      </p>
      <p class="pointed" role="status">
        {about}
      </p>
    </>
  );
}

function draw(place: HTMLCanvasElement, grid: Grid, across: number, pointed: number): void {
  const pen = place.getContext("2d");
  if (pen === null) return;
  const height = Math.ceil(grid.squares.length / across) * SQUARE;
  const ratio = devicePixelRatio;
  place.style.height = `${height}px`;
  place.width = place.clientWidth * ratio;
  place.height = height * ratio;
  pen.scale(ratio, ratio);
  const style = getComputedStyle(document.documentElement);
  const colours = new Map(
    Object.entries(COLOURS).map(([state, name]) => [state, style.getPropertyValue(name).trim()]),
  );
  const [x, y] = [(at: number) => (at % across) * SQUARE, (at: number) => Math.floor(at / across) * SQUARE];
  for (const [at, state] of grid.squares.entries()) {
    pen.fillStyle = colours.get(state) ?? "#888";
    pen.fillRect(x(at), y(at), SQUARE - 1.5, SQUARE - 1.5);
  }
  if (pointed < 0 || pointed >= grid.squares.length) return;
  pen.strokeStyle = style.getPropertyValue("--text").trim();
  pen.lineWidth = 2;
  pen.strokeRect(x(pointed), y(pointed), SQUARE - 1.5, SQUARE - 1.5);
}
