/** Bytes per second that lftp reads from and writes to servers at most; 0: no limit. */
export interface LftpRate {
  readonly down: number;
  readonly up: number;
}

const UNITS = ["", "K", "M", "G", "T"];

/** `500k`, or `1M:100k` for both directions. A unit is a power of 1024; with a `b` behind it, of 1000. */
export function parseLftpRate(text: string | undefined): LftpRate {
  const [down = "", up = down] = (text ?? "").split(":");
  return { down: numberOf(down), up: numberOf(up) };
}

function numberOf(word: string): number {
  const [, digits, unit = "", ending = ""] = /^(\d+(?:\.\d+)?)([kmgt]?)(i?b?)$/i.exec(word.trim()) ?? [];
  if (digits === undefined) return 0;
  return Math.floor(
    Number(digits) * (/^b$/i.test(ending) ? 1000 : 1024) ** UNITS.indexOf(unit.toUpperCase()),
  );
}

/**
 * What `bwlimit` says of the same: all files of a run together. Undefined where nothing is limited; lftp limits no transfer
 * from server to server.
 * @param parallel files in flight, each of which has a connection of its own
 */
export function bwlimitOf(
  rates: Readonly<Record<"connection" | "total", LftpRate>>,
  direction: keyof LftpRate,
  parallel: number,
): string | undefined {
  const limits = [rates.connection[direction] * parallel, rates.total[direction]].filter((rate) => rate > 0);
  return limits.length === 0 ? undefined : written(Math.min(...limits));
}

function written(rate: number): string {
  const power = UNITS.findLastIndex((_, index) => rate % 1024 ** index === 0);
  return `${rate / 1024 ** power}${UNITS[power]}`;
}
