import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { HistoryView } from "../api/views/history-schemas.ts";
import type { Fetched } from "./state/store.ts";
import { clockTime, count, duration, inZone, instant, isHere, relative, timeThere } from "./format.ts";

const WORDS: Readonly<Record<string, string>> = { good: "ok", new: "never run" };

/** A state in a word and a colour. */
export function Badge({ state }: { readonly state: string }) {
  return <span class={`badge ${state}`}>{WORDS[state] ?? state}</span>;
}

/** An instant by its distance; the whole of it, also in the job's zone, where it is pointed at. */
export function Time({
  at,
  now,
  zone,
}: {
  readonly at: string;
  readonly now: number;
  readonly zone?: string;
}) {
  const there = zone === undefined ? undefined : inZone(at, zone);
  return (
    <time dateTime={at} title={there === undefined ? instant(at) : `${instant(at)}\n${there}`}>
      {relative(at, now)}
    </time>
  );
}

/** When something is due: by its distance, by the viewer's clock, and by the job's where that is another one. */
export function Due({ at, now, zone }: { readonly at: string; readonly now: number; readonly zone: string }) {
  return (
    <>
      <Time at={at} now={now} zone={zone} />
      <span class="muted second">
        {clockTime(at, now)}
        {isHere(zone) ? "" : ` · ${timeThere(at, zone)}`}
      </span>
    </>
  );
}

/** How long the last runs took, as bars coloured by how they ended, the latest at the right. */
export function Spark({ runs }: { readonly runs: readonly HistoryView[] }) {
  const [width, height, bar] = [100, 24, 5];
  const shown = runs.slice(0, 20).reverse();
  const most = Math.max(...shown.map(({ seconds = 0 }) => seconds), 0.001);
  const last = runs[0]?.seconds;
  const bad = shown.filter(({ outcome }) => outcome !== "succeeded").length;
  const label =
    last === undefined
      ? "no run yet"
      : shown.length === 1
        ? `the only run took ${duration(last)}${bad === 0 ? "" : " and did not succeed"}`
        : `the last run took ${duration(last)}, the longest of the last ${shown.length} took ${duration(most)}; ${count(bad)} did not succeed`;
  return (
    <svg class="spark" viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label}>
      <title>{label}</title>
      {shown.map(({ run, outcome, seconds = 0 }, at) => {
        const size = Math.max(2, (seconds / most) * (height - 2));
        const x = width - (shown.length - at) * bar;
        return (
          <rect key={run} class={outcome} x={x} y={height - size} width={bar - 1.5} height={size} rx="1" />
        );
      })}
    </svg>
  );
}

export function ProgressBar({
  share,
  label,
}: {
  readonly share: number | undefined;
  readonly label: string;
}) {
  const percent = share === undefined ? undefined : Math.floor(share * 100);
  return (
    <div
      class={`progress${share === undefined ? " unknown" : ""}`}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      {...(percent === undefined ? {} : { "aria-valuenow": percent })}
    >
      <svg viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
        <rect width={share === undefined ? 100 : share * 100} height="1" />
      </svg>
    </div>
  );
}

/** Whether a media query holds, and draws again when that changes. */
export function useMatches(query: string): boolean {
  const [matches, setMatches] = useState(matchMedia(query).matches);
  useEffect(() => {
    const media = matchMedia(query);
    const changed = () => setMatches(media.matches);
    media.addEventListener("change", changed);
    return () => media.removeEventListener("change", changed);
  }, [query]);
  return matches;
}

export function useIsNarrow(): boolean {
  return useMatches("(max-width: 45em)");
}

interface RowsProps<T> {
  readonly label: string;
  readonly items: readonly T[];
  /** Pixels of each row, where letters have the usual size. */
  readonly usualHeight: number;
  readonly head?: ComponentChildren;
  readonly row: (item: T, index: number) => ComponentChildren;
  readonly keyOf: (item: T, index: number) => string;
}

const BEYOND = 8;
/** Pixels of the page's letters, unless the browser is set to larger ones. */
const USUAL_LETTER = 15;

function letterScale(): number {
  return Number.parseFloat(getComputedStyle(document.documentElement).fontSize) / USUAL_LETTER;
}

/** A table of any length, of which only the rows near the window are made; it scrolls with the page. */
export function Rows<T>({ label, items, usualHeight, head, row, keyOf }: RowsProps<T>) {
  const body = useRef<HTMLDivElement>(null);
  const [scale] = useState(letterScale);
  const height = usualHeight * scale;
  const [range, setRange] = useState({ from: 0, to: 40 });
  /** The row that has the focus is there wherever it is. */
  const [held, setHeld] = useState<string>();
  const active = body.current?.contains(document.activeElement) === true ? document.activeElement : null;
  useLayoutEffect(() => {
    // Rows that change places let go of the focus.
    if (active instanceof HTMLElement && active.isConnected && document.activeElement !== active)
      active.focus({ preventScroll: true });
  });
  useLayoutEffect(() => {
    const look = () => {
      const top = body.current?.getBoundingClientRect().top ?? 0;
      const from = Math.max(0, Math.floor(-top / height) - BEYOND);
      const to = from + Math.ceil(innerHeight / height) + 2 * BEYOND;
      setRange((before) => (before.from === from && before.to === to ? before : { from, to }));
    };
    look();
    addEventListener("scroll", look, { passive: true });
    addEventListener("resize", look);
    return () => {
      removeEventListener("scroll", look);
      removeEventListener("resize", look);
    };
  }, [height, items.length]);
  const shown = items.slice(range.from, range.to).map((item, at) => [item, range.from + at] as const);
  const place = held === undefined ? -1 : items.findIndex((item, index) => keyOf(item, index) === held);
  const kept = items[place];
  if (kept !== undefined && place < range.from) shown.unshift([kept, place]);
  if (kept !== undefined && place >= range.to) shown.push([kept, place]);
  return (
    <div
      class="table"
      role="table"
      aria-label={label}
      aria-rowcount={items.length + (head === undefined ? 0 : 1)}
    >
      {head === undefined ? null : (
        <div class="head" role="rowgroup">
          <div class="row" role="row">
            {head}
          </div>
        </div>
      )}
      <div class="body" role="rowgroup" ref={body} style={{ height: `${items.length * height}px` }}>
        {shown.map(([item, index]) => {
          const key = keyOf(item, index);
          return (
            <div
              class="row"
              role="row"
              key={key}
              aria-rowindex={index + (head === undefined ? 1 : 2)}
              style={{ top: `${index * height}px`, height: `${height}px` }}
              onFocusIn={() => setHeld(key)}
              onFocusOut={() => setHeld(undefined)}
            >
              {row(item, index)}
            </div>
          );
        })}
      </div>
    </div>
  );
}

interface CellProps {
  readonly name: string;
  /** Shown before it where there is no room for a head. */
  readonly label?: string;
  readonly children?: ComponentChildren;
}

export function Cell({ name, label, children }: CellProps) {
  return (
    <div class={`cell ${name}`} role="cell" {...(label === undefined ? {} : { "data-name": label })}>
      {children}
    </div>
  );
}

export function Head({ names }: { readonly names: readonly (readonly [name: string, text: string])[] }) {
  return (
    <>
      {names.map(([name, text]) => (
        <div key={name} class={`cell ${name}`} role="columnheader">
          {text}
        </div>
      ))}
    </>
  );
}

export function Empty({ children }: { readonly children: ComponentChildren }) {
  return <p class="empty">{children}</p>;
}

/** Instead of what is not there: because nothing is, because it has not come yet, or because of a fault that is shown elsewhere. */
export function Placeholder({
  from,
  children,
}: {
  readonly from: Pick<Fetched<unknown>, "value" | "fault">;
  readonly children: string;
}) {
  if (from.value !== undefined) return <Empty>{children}</Empty>;
  return from.fault === undefined ? <Empty>Loading…</Empty> : null;
}

export function FaultMessage({ fault }: { readonly fault: { readonly message: string } | undefined }) {
  return fault === undefined ? null : (
    <p class="fault" role="alert">
      {fault.message}
    </p>
  );
}

type Fact = readonly [name: string, value: ComponentChildren, kind?: string];

/** Figures one below the other, numbers aligned at the right. */
export function Facts({ label, rows }: { readonly label: string; readonly rows: readonly Fact[] }) {
  return (
    <div class="card facts">
      <h2>{label}</h2>
      <dl>
        {rows.map(([name, value, kind = ""]) => (
          <div key={name} class={kind}>
            <dt>{name}</dt>
            <dd data-name={name}>{value}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

/** Instead of what was asked for and does not exist. */
export function NotFound({ children }: { readonly children: ComponentChildren }) {
  return (
    <>
      <h1>Not found</h1>
      <p>{children}</p>
      <p>
        <a href="#/">All jobs</a>
      </p>
    </>
  );
}
