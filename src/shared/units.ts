import { ConfigError } from "./errors.ts";

const DURATIONS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/**
 * `500ms`, `30s`, `5m`, `1h30m`, `2d`; a number alone is seconds.
 * @returns milliseconds
 * @throws ConfigError
 */
export function parseDuration(text: string): number {
  if (/^\d{1,9}(\.\d{1,3})?$/.test(text)) return Math.round(Number(text) * 1_000);
  if (!/^(\d{1,9}(ms|s|m|h|d))+$/.test(text)) {
    throw new ConfigError(
      `"${text}" is no duration; expected a number and a unit, such as 500ms, 30s, 5m, 1h30m`,
    );
  }
  const parts = text.matchAll(/(\d+)(ms|s|m|h|d)/g);
  return [...parts].reduce((sum, [, count, unit]) => sum + Number(count) * (DURATIONS[unit ?? ""] ?? 0), 0);
}

/** A length of time for people: `0.3 s`, `42 s`, `3 min 20 s`, `2 h 5 min`. */
export function formatDuration(ms: number): string {
  const seconds = ms / 1_000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 59.5) return `${Math.round(seconds)} s`;
  const whole = Math.round(seconds);
  if (whole < 3_600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3_600)} h ${Math.floor((whole % 3_600) / 60)} min`;
}

/** Octets for people: `17 B`, `1.2 GiB`. */
export function formatBytes(octets: number): string {
  const steps = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  let value = octets;
  let step = 0;
  while (value >= 1_000 && step < steps.length - 1) {
    value /= 1_024;
    step += 1;
  }
  return `${step === 0 ? value : value.toFixed(value < 9.95 ? 2 : 1)} ${steps[step]}`;
}

/** Octets in a time, for people: `12.3 MiB/s`; nothing for no time. */
export function formatRate(octets: number, ms: number): string {
  return ms <= 0 ? "" : `${formatBytes(Math.round((octets * 1_000) / ms))}/s`;
}
