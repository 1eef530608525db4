import fc from "fast-check";
import { expect, test } from "vitest";
import { causesOf } from "../../../../src/orchestrator/notify/causes.ts";

const name = fc.stringMatching(/^[a-z0-9 ._-]{3,20}$/).filter((text) => !/^[. ]|[. ]$/.test(text));
const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => `/pub/${names.join("/")}`);
const CAUSES = [
  (file: string) => `edge: STOR ${file}: 452 Insufficient storage space`,
  (file: string) => `archive: RETR ${file}: 550 Permission denied`,
  () => "edge: connection refused",
];
const failure = fc
  .tuple(path, fc.nat({ max: CAUSES.length - 1 }))
  .map(([file, which]) => ({ path: `archive:${file}`, because: CAUSES[which]?.(file) ?? "" }));

test("every failure is counted once, the most frequent cause is first, and few are reported in full", () => {
  fc.assert(
    fc.property(fc.array(failure), (failures) => {
      const causes = causesOf(failures);
      expect(causes.reduce((sum, { count }) => sum + count, 0)).toBe(failures.length);
      expect(causes.map(({ count }) => count)).toEqual(
        causes.map(({ count }) => count).sort((a, b) => b - a),
      );
      for (const { count, first } of causes) {
        expect(first.length).toBe(Math.min(count, 3));
        for (const one of first) expect(failures).toContainEqual(one);
      }
    }),
  );
});

test("files that failed for one reason have one cause, whatever they are called", () => {
  fc.assert(
    fc.property(fc.array(path, { minLength: 2, maxLength: 30 }), (paths) => {
      const failures = paths.map((file) => ({ path: `archive:${file}`, because: CAUSES[0]?.(file) ?? "" }));
      const [cause, ...others] = causesOf(failures);
      expect(others).toEqual([]);
      expect(cause?.because).toBe("edge: STOR …: 452 Insufficient storage space");
    }),
  );
});

test("sizes and temporary names tell no causes apart", () => {
  const failures = [
    {
      path: "archive:/a",
      because: "edge: STOR .fxpd-0123456789abcdef-ab12.part: 552 Quota of 10485760 exceeded",
    },
    {
      path: "archive:/b",
      because: "edge: STOR .fxpd-fedcba9876543210-ab12.part: 552 Quota of 20971520 exceeded",
    },
  ];
  expect(causesOf(failures)).toMatchObject([{ count: 2, because: "edge: STOR …: 552 Quota of … exceeded" }]);
});
