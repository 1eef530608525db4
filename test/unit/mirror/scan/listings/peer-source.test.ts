import { describe, expect, test } from "vitest";
import type { ListedTime, ListingEntry } from "../../../../../src/ftp/listing/entry.ts";
import { mismatchOf, maySupply } from "../../../../../src/mirror/scan/listings/peer-source.ts";
import { MemoryHost } from "../../../../support/memory-side.ts";
import { mirrorRequest, POLICY } from "../../../../support/mirror-scene.ts";

const second = (atMs: number): ListedTime => ({ atMs, precision: "second", zone: "utc" });
const minute = (atMs: number): ListedTime => ({ atMs, precision: "minute", zone: "unknown" });
const file = (sizeBytes: number | undefined, modified?: ListedTime): ListingEntry => ({
  name: "a",
  kind: "file",
  ...(sizeBytes === undefined ? {} : { sizeBytes }),
  ...(modified === undefined ? {} : { modified }),
});

test.each<{
  wanted: ListingEntry;
  there: ListingEntry | undefined;
  keeps: boolean;
  lack: string | undefined;
}>([
  { wanted: file(3, second(0)), there: undefined, keeps: true, lack: "does not have it" },
  { wanted: file(3), there: { name: "a", kind: "directory" }, keeps: false, lack: "does not have it" },
  { wanted: file(3), there: file(4), keeps: false, lack: "has it with another size" },
  { wanted: file(undefined), there: file(undefined), keeps: false, lack: "has it with another size" },
  { wanted: file(3, second(0)), there: file(3, second(0)), keeps: true, lack: undefined },
  {
    wanted: file(3, second(0)),
    there: file(3, second(2_000)),
    keeps: true,
    lack: "has it with another time",
  },
  { wanted: file(3, second(0)), there: file(3, second(2_000)), keeps: false, lack: undefined },
  { wanted: file(3, second(0)), there: file(3), keeps: true, lack: "has it with another time" },
  { wanted: file(3, minute(60_000)), there: file(3, second(61_000)), keeps: true, lack: undefined },
  {
    wanted: file(3, minute(60_000)),
    there: file(3, second(120_000)),
    keeps: true,
    lack: "has it with another time",
  },
])(
  "of $wanted a target that has $there (times kept: $keeps) says: $lack",
  ({ wanted, there, keeps, lack }) => {
    expect(mismatchOf(wanted, there, keeps)).toBe(lack);
  },
);

describe("a target that is finished may supply others", () => {
  const { place } = new MemoryHost("h");
  const request = mirrorRequest(place, place);
  const untimed = { ...request, transfer: { ...request.transfer, preserveTimes: false } };
  const byDigest = { ...request, scan: { ...POLICY, compare: "digest" } as const };
  const keeping = { onExists: "skip" } as const;

  test.each([
    { request, may: { succeeded: true, partial: true } },
    { request: untimed, may: { succeeded: true, partial: false } },
    { request: byDigest, may: { succeeded: true, partial: false } },
    { request: { ...request, ...keeping }, may: { succeeded: true, partial: true } },
    { request: { ...untimed, ...keeping }, may: { succeeded: false, partial: false } },
    { request: { ...byDigest, ...keeping }, may: { succeeded: false, partial: false } },
  ])("as far as something tells its files from others: $may", ({ request, may }) => {
    for (const outcome of ["succeeded", "partial"] as const)
      expect(maySupply(outcome, request)).toBe(may[outcome]);
    for (const outcome of ["failed", "refused", "cancelled"] as const)
      expect(maySupply(outcome, request)).toBe(false);
  });
});
