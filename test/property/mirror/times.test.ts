import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ListedTime } from "../../../src/ftp/listing/entry.ts";
import { type ComparisonContext, judgeFile, type FileJudgement } from "../../../src/mirror/decide/judge.ts";
import { isExact, isLater, isSameTime, zoneBetween } from "../../../src/mirror/decide/times.ts";
import type { FileFacts } from "../../../src/transfer/sides/side.ts";

const STEP_MS = { second: 1_000, minute: 60_000, day: 86_400_000 } as const;
const QUARTER_MS = 900_000;

const instant = fc
  .integer({ min: Date.UTC(1980, 0, 1) / 1_000, max: Date.UTC(2060, 0, 1) / 1_000 })
  .map((s) => s * 1_000);
/** UTC-12 … UTC+14, in quarters of an hour. */
const zone = fc.integer({ min: -48, max: 56 }).map((quarters) => quarters * QUARTER_MS);
const precision = fc.constantFrom("second", "minute", "day");

/** How a server lists times, and whether it tells them exactly of a file that it is asked for. */
interface Teller {
  readonly precision: ListedTime["precision"];
  /** Undefined: it lists them in UTC. */
  readonly zoneMs: number | undefined;
  readonly isAsked: boolean;
}

const teller: fc.Arbitrary<Teller> = fc.record({
  precision,
  zoneMs: fc.option(zone, { nil: undefined }),
  isAsked: fc.boolean(),
});

function listedBy({ precision, zoneMs }: Teller, atMs: number): ListedTime {
  const stepMs = STEP_MS[precision];
  const told = Math.floor((atMs + (zoneMs ?? 0)) / stepMs) * stepMs;
  return { atMs: told, precision, zone: zoneMs === undefined ? "utc" : "unknown" };
}

const exact = (atMs: number): ListedTime => ({ atMs, precision: "second", zone: "utc" });
const factsAt = (modified: ListedTime): FileFacts => ({ kind: "file", sizeBytes: 5, modified });
const askedOf = (teller: Teller, atMs: number) => (teller.isAsked ? exact(atMs) : listedBy(teller, atMs));

/** The judgement of two files of equal size, with the second look where it is asked for. */
function judged(
  source: { readonly teller: Teller; readonly atMs: number },
  target: { readonly teller: Teller; readonly atMs: number },
  zones: Pick<ComparisonContext, "sourceZone" | "targetZone">,
): { readonly first: FileJudgement; readonly last: FileJudgement } {
  const about = { compare: "size+time", keepsTimes: true, written: undefined, ...zones } as const;
  const listed = [listedBy(source.teller, source.atMs), listedBy(target.teller, target.atMs)] as const;
  const first = judgeFile(factsAt(listed[0]), factsAt(listed[1]), { ...about, isLooked: false });
  if (first.action !== "look") return { first, last: first };
  const asked = [askedOf(source.teller, source.atMs), askedOf(target.teller, target.atMs)] as const;
  return { first, last: judgeFile(factsAt(asked[0]), factsAt(asked[1]), { ...about, isLooked: true }) };
}

/** Zones as a scan has them: found out, or not yet. */
const known = fc.record({ source: fc.boolean(), target: fc.boolean() });

describe("two files of equal size", () => {
  test("that were modified at one time are kept, however exactly and in whatever zones that is told", () => {
    fc.assert(
      fc.property(instant, teller, teller, known, (atMs, here, there, isKnown) => {
        const sourceZone = isKnown.source ? (here.zoneMs ?? 0) : 0;
        const targetZone = isKnown.target ? (there.zoneMs ?? 0) : 0;
        const { last } = judged({ teller: here, atMs }, { teller: there, atMs }, { sourceZone, targetZone });
        expect(last.action).toBe("keep");
      }),
      { numRuns: 5_000 },
    );
  });

  test("that were modified at times farther apart than the less exact listing can tell are never kept by the listings", () => {
    const apart = fc.oneof(fc.integer({ min: 1, max: 200_000 }), fc.integer({ min: 1, max: 400_000_000 }));
    fc.assert(
      fc.property(instant, apart, fc.boolean(), teller, teller, (atMs, apartS, isEarlier, here, there) => {
        const coarserMs = Math.max(STEP_MS[here.precision], STEP_MS[there.precision]);
        fc.pre(apartS * 1_000 >= coarserMs);
        const source = { teller: here, atMs };
        const target = { teller: there, atMs: atMs + apartS * (isEarlier ? -1_000 : 1_000) };
        const zones = { sourceZone: here.zoneMs ?? 0, targetZone: there.zoneMs ?? 0 };
        const { first, last } = judged(source, target, zones);
        expect(first.action).not.toBe("keep");
        // Exact times decide for good; others may be one time in two zones.
        if (here.isAsked && there.isAsked) expect(last.action).toBe("copy");
      }),
      { numRuns: 5_000 },
    );
  });

  test("are looked at once at most, whatever is known of them", () => {
    const facts = fc.record(
      {
        kind: fc.constant("file" as const),
        sizeBytes: fc.nat({ max: 2 }),
        modified: fc.record({ atMs: instant, precision, zone: fc.constantFrom("utc", "unknown") }),
      },
      { requiredKeys: ["kind"] },
    );
    const stamp = fc.record({ sizeBytes: fc.nat({ max: 2 }), modifiedMs: instant }, { requiredKeys: [] });
    const about = fc.record({
      compare: fc.constantFrom("size", "time", "size+time", "digest"),
      sourceZone: zone,
      targetZone: zone,
      keepsTimes: fc.boolean(),
      written: fc.option(fc.record({ source: stamp, stored: stamp }), { nil: undefined }),
    });
    fc.assert(
      fc.property(facts, facts, about, (source, target, about) => {
        expect(judgeFile(source, target, { ...about, isLooked: true }).action).not.toBe("look");
        const first = judgeFile(source, target, { ...about, isLooked: false });
        const areTold = [source, target].every(
          ({ sizeBytes, modified }) => sizeBytes !== undefined && modified !== undefined && isExact(modified),
        );
        if (areTold) expect(first.action).not.toBe("look");
      }),
      { numRuns: 5_000 },
    );
  });
});

describe("times", () => {
  test("are either the same, or one is later than the other", () => {
    fc.assert(
      fc.property(instant, instant, teller, teller, zone, zone, (one, two, here, there, oneZone, twoZone) => {
        const [a, b] = [listedBy(here, one), listedBy(there, two)];
        const said = [
          isSameTime(a, b, oneZone, twoZone),
          isLater(a, b, oneZone, twoZone),
          isLater(b, a, twoZone, oneZone),
        ];
        expect(said.filter(Boolean)).toHaveLength(1);
      }),
    );
  });

  test("tell a server's zone, by one that is listed to the minute and one that is exact", () => {
    fc.assert(
      fc.property(
        instant,
        zone,
        fc.constantFrom("second" as const, "minute" as const),
        (atMs, zoneMs, precision) => {
          const listed = listedBy({ precision, zoneMs, isAsked: true }, atMs);
          expect(zoneBetween(listed, exact(atMs))).toBe(zoneMs);
        },
      ),
    );
  });
});
