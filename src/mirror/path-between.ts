import { posix } from "node:path";

/**
 * Whether one of two places lies in the other.
 * @returns the inner one's path below the outer one, empty where they are one; undefined where neither contains the other
 */
export function pathBetween(one: string, two: string): string | undefined {
  const [a, b] = [directoryOf(one), directoryOf(two)];
  const [outer, inner] = a.length <= b.length ? [a, b] : [b, a];
  return inner.startsWith(outer) ? inner.slice(outer.length, -1) : undefined;
}

function directoryOf(place: string): string {
  return `${posix.normalize(place).replace(/\/+$/, "")}/`;
}
