import fc from "fast-check";
import { expect, test } from "vitest";
import { type Bucket, CREDIT_MS, FULL, giveBack, take } from "../../../src/shared/rate/bucket.ts";

const requests = fc.array(
  fc.record({ bytes: fc.integer({ min: 0, max: 100_000 }), afterMs: fc.integer({ min: 0, max: 500 }) }),
  { minLength: 1, maxLength: 60 },
);
const rates = fc.integer({ min: 1_000, max: 10_000_000 });

test("no more passes in any time than its rate allows, and what was not used shortly before", () => {
  fc.assert(
    fc.property(requests, rates, (all, rate) => {
      let [bucket, nowMs]: [Bucket, number] = [FULL, 0];
      const passed: { atMs: number; bytes: number }[] = [];
      for (const { bytes, afterMs } of all) {
        nowMs += afterMs;
        const taken = take(bucket, bytes, rate, nowMs);
        bucket = taken.bucket;
        passed.push({ atMs: nowMs + taken.waitMs, bytes });
      }
      for (let from = 0; from < passed.length; from += 1) {
        let bytes = 0;
        for (let to = from; to < passed.length; to += 1) {
          // All but the last of them are over when the last one begins.
          const spanMs = (passed[to]?.atMs ?? 0) - (passed[from]?.atMs ?? 0);
          expect((bytes * 1_000) / rate).toBeLessThanOrEqual(spanMs + CREDIT_MS + 0.001);
          bytes += passed[to]?.bytes ?? 0;
        }
      }
    }),
  );
});

test("who always has something to send gets the whole rate", () => {
  fc.assert(
    fc.property(requests, rates, (all, rate) => {
      let [bucket, nowMs, bytes]: [Bucket, number, number] = [FULL, 0, 0];
      for (const one of all) {
        const taken = take(bucket, one.bytes, rate, nowMs);
        bucket = taken.bucket;
        nowMs += taken.waitMs;
        bytes += one.bytes;
      }
      expect(nowMs).toBeLessThanOrEqual((bytes * 1_000) / rate + 0.001);
    }),
  );
});

test("what is given back was never taken", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1_000_000 }), rates, (bytes, rate) => {
      const before = { freeMs: 5_000 };
      const after = giveBack(take(before, bytes, rate, 0).bucket, bytes, rate);
      expect(after.freeMs).toBeCloseTo(before.freeMs, 3);
    }),
  );
});
