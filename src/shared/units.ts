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
  if (!/^(\d{1,9}(ms|[smhd]))+$/.test(text)) {
    throw new ConfigError(
      `"${text}" is not a duration; expected a number and a unit, such as 500ms, 30s, 5m, 1h30m`,
    );
  }
  const parts = text.matchAll(/(\d+)([a-z]+)/g);
  return [...parts].reduce((sum, [, count, unit]) => sum + Number(count) * (DURATIONS[unit ?? ""] ?? 0), 0);
}

/**
 * `10k`, `1.5GiB`, `500MB`; k, M, G and T count in 1024 as in rclone, and so do KiB … TiB; kB … TB in 1000.
 * @returns bytes; a number alone is bytes
 * @throws ConfigError
 */
export function parseBytes(text: string): number {
  const [, number, prefix = "", end] = /^(\d{1,15}(?:\.\d{1,3})?) ?([KMGT]?)(B|iB)?$/i.exec(text) ?? [];
  const power = ["", "k", "m", "g", "t"].indexOf(prefix.toLowerCase());
  if (number === undefined || (power === 0 && end?.toLowerCase() === "ib")) {
    throw new ConfigError(
      `"${text}" is not a size; expected a number and a unit, such as 10k, 500MB, 1.5GiB`,
    );
  }
  return Math.round(Number(number) * (end?.toLowerCase() === "b" ? 1_000 : 1_024) ** power);
}

/** A length of time for people: `0.3 s`, `42 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`. */
export function formatDuration(ms: number): string {
  if (ms < 9_950) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 24 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

const SIZES = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

/** Bytes for people: `17 B`, `1.2 GiB`. */
export function formatBytes(octets: number): string {
  let value = octets;
  let step = 0;
  while (value >= (step === 0 ? 1_000 : 999.95) && step < SIZES.length - 1) {
    value /= 1_024;
    step += 1;
  }
  return `${step === 0 ? value : value.toFixed(1)} ${SIZES[step]}`;
}

/** Bytes in a time, for people: `12.3 MiB/s`; nothing for no time. */
export function formatRate(octets: number, ms: number): string {
  return ms <= 0 ? "" : `${formatBytes(Math.round((octets * 1_000) / ms))}/s`;
}

/** `1 file`, `2 files`. @param several where it is not the one with an s */
export function counted(count: number, one: string, several = `${one}s`): string {
  return `${count} ${count === 1 ? one : several}`;
}

/** Servers keep and set times in whole seconds, and some answers have fractions of them. */
export function wholeSecond(ms: number): number {
  return Math.floor(ms / 1_000);
}
