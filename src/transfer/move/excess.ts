import { formatBytes } from "../../shared/units.ts";

/** How much more than its announced size a source may send before it is stopped, in bytes: a block. */
const BLOCK = 1_048_576;

/**
 * What is to be said of a file that has become longer than its source was announced to be.
 * @param sizeBytes the announced size, where one is known
 * @returns undefined while it may go on
 */
export function excessOf(bytes: number, sizeBytes: number | undefined): string | undefined {
  if (sizeBytes === undefined || bytes <= sizeBytes + BLOCK) return undefined;
  return `the source sent more than its size: ${formatBytes(bytes)} instead of ${formatBytes(sizeBytes)}`;
}
