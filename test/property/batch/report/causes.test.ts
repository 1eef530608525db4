import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Causes, causeOf } from "../../../../src/batch/report/causes.ts";

const name = fc.stringMatching(/^[A-Za-z0-9 ._()+-]{1,12}$/).filter((text) => text.trim() === text);
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => `/${names.join("/")}`);

/** What may be said of a file, by its path. */
const SENTENCES: readonly ((path: string) => string)[] = [
  (path) => `edge: STOR ${path}: 550 Permission denied`,
  (path) => `edge: RETR ${path.slice(1)}: 451 Local error`,
  (path) => `edge:${path}: the target has changed since the plan was made: a file exists there now`,
  (path) => `edge: RNTO: 553 "${path}": no`,
  (path) => `edge: STOR ${path.replace(/[^/]*$/, ".fxpd-0a1b2c-77fe.part")}: 552 Disk full`,
];

describe("a reason", () => {
  test("is the same whatever file it is about", () => {
    fc.assert(
      fc.property(path, path, fc.constantFrom(...SENTENCES), (one, other, sentence) => {
        expect(causeOf({ path: one, because: sentence(one) })).toBe(
          causeOf({ path: other, because: sentence(other) }),
        );
      }),
    );
  });

  test("is another one where another reply was given", () => {
    fc.assert(
      fc.property(
        path,
        fc.integer({ min: 400, max: 599 }),
        fc.integer({ min: 400, max: 599 }),
        (one, a, b) => {
          const [first, second] = [a, b].map((code) =>
            causeOf({ path: one, because: `edge: STOR ${one}: ${code} No` }),
          );
          expect(first === second).toBe(a === b);
        },
      ),
    );
  });

  test.each<[string, string, string]>([
    ["/d/a", "a directory exists there now", "a directory exists there now"],
    ["/d/a.iso", "5 octets arrived, and 700 were sent", "… octets arrived, and … were sent"],
    ["/d/a", "edge: MKD /d/ab: 550 No", "edge: MKD /ab: 550 No"],
    ["archive:/d e/a b", "edge: STOR /d e/a b: 550 a b: No", "edge: STOR …: 550 …: No"],
    ["edge:/d/a.iso", "edge: a.iso is in use", "edge: … is in use"],
    ["edge:/d/use", "edge: it is in use", "edge: it is in use"],
    [
      "/a",
      "STOR .fxpd-0123456789abcdef-ab12.part: 552 Quota of 10485760 exceeded",
      "STOR …: 552 Quota of … exceeded",
    ],
    [
      "/a",
      "no reply within 30 s from 192.0.2.1 port 2121 since 2026-01-31T12:30:05Z",
      "no reply within … s from … port … since …",
    ],
    ["/a", "TLSv1.3 is refused", "TLSv1.3 is refused"],
  ])("of %s, %s, is %s", (path, because, cause) => {
    expect(causeOf({ path, because })).toBe(cause);
  });
});

describe("causes", () => {
  test("are counted, and the first of each is told", () => {
    const causes = new Causes();
    for (const name of ["a", "b", "c"])
      expect(causes.note(`/${name}`, `x: STOR /${name}: 552 full`)).toBe("abc".indexOf(name) + 1);
    expect(causes.note("/d", "x: STOR /d: 550 no")).toBe(1);
    expect(causes.list()).toEqual([
      {
        because: "x: STOR …: 552 full",
        count: 3,
        first: ["a", "b", "c"].map((name) => ({ path: `/${name}`, because: `x: STOR /${name}: 552 full` })),
      },
      { because: "x: STOR …: 550 no", count: 1, first: [{ path: "/d", because: "x: STOR /d: 550 no" }] },
    ]);
  });

  test("are not more than a person reads, however many there are", () => {
    const causes = new Causes();
    const letters = (index: number) => String.fromCharCode(97 + (index % 26), 97 + Math.floor(index / 26));
    for (let index = 0; index < 500; index += 1) causes.note("/f", `because of ${letters(index)}`);
    const list = causes.list();
    expect(list.length).toBeLessThanOrEqual(101);
    expect(list.reduce((sum, { count }) => sum + count, 0)).toBe(500);
  });

  test("count every failure once, the most frequent first, and few are kept in full", () => {
    const sentence = fc.constantFrom(...SENTENCES, () => "edge: connection refused");
    const failure = fc
      .tuple(path, sentence)
      .map(([file, of]) => ({ path: `edge:${file}`, because: of(file) }));
    fc.assert(
      fc.property(fc.array(failure), (failures) => {
        const causes = new Causes();
        for (const { path: of, because } of failures) causes.note(of, because);
        const list = causes.list();
        const counts = list.map(({ count }) => count);
        expect(counts.reduce((sum, count) => sum + count, 0)).toBe(failures.length);
        expect(counts).toEqual(counts.toSorted((a, b) => b - a));
        for (const { count, first } of list) {
          expect(first.length).toBe(Math.min(count, 3));
          for (const one of first) expect(failures).toContainEqual(one);
        }
      }),
    );
  });
});
