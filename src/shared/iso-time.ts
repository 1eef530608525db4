/**
 * `2026-01-31T02:15:00.000Z`, of milliseconds since 1970. What `Date.prototype.toISOString` says; that one first
 * has V8 look for this machine's zone, which takes longer than all else until the first command is sent.
 * @throws RangeError for what is no time
 */
export function isoTime(atMs: number): string {
  const date = new Date(atMs);
  const year = date.getUTCFullYear();
  if (!(year >= 1_000 && year <= 9_999)) return date.toISOString();
  const day = `${year}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())}`;
  const time = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`;
  const ms = date.getUTCMilliseconds();
  return `${day}T${time}.${ms < 100 ? "0" : ""}${two(ms)}Z`;
}

function two(number: number): string {
  return number < 10 ? `0${number}` : String(number);
}
