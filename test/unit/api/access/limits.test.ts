import { expect, test } from "vitest";
import {
  isHostWithin,
  isLimited,
  isWithinLimits,
  type TokenLimits,
} from "../../../../src/api/access/limits.ts";
import { matchesName } from "../../../../src/shared/name-pattern.ts";

const subject = (document: object, job = "nightly-pub") => ({ job, document });
const mirror = (from: string, to: string | string[], more: object = {}) =>
  subject({ mirror: { from, to }, ...more });

test.each<[TokenLimits, string, boolean]>([
  [{ jobs: ["nightly-*"] }, "nightly-pub", true],
  [{ jobs: ["nightly-*"] }, "weekly-pub", false],
  [{ jobs: ["nightly-*"] }, "x-nightly-pub", false],
  [{ jobs: ["a.b"] }, "a.b", true],
  [{ jobs: ["a.b"] }, "axb", false],
  [{ jobs: ["pu?"] }, "pub", true],
  [{ jobs: [] }, "pub", false],
])("a token that is limited to %j may have to do with the job %j: %j", (limits, job, isSo) => {
  expect(isWithinLimits(limits, subject({ mirror: { from: "a:/x", to: "b:/x" } }, job))).toBe(isSo);
});

test.each<[object, boolean]>([
  [{ mirror: { from: "edge:/a", to: "edge:/b" } }, true],
  [{ mirror: { from: "archive:/a", to: "edge:/b" } }, false],
  [{ mirror: { from: "edge:/a", to: ["edge:/b", "far:/b"] } }, false],
  [{ copy: { from: ["edge:/a", "archive:/b"], to: "edge:/c/" } }, false],
  [{ mirror: { from: "edge:/a", to: "edge:/b" }, watch: { in: "archive:/in", for: "*" } }, false],
  [{ mirror: { from: "ftp://edge/a", to: "edge:/b" } }, false],
  [{ mirror: { from: "/edge/a", to: "edge:/b" } }, false],
  [{ mirror: { from: 1 } }, false],
  [{}, false],
])("a token that is limited to the host edge may have to do with %j: %j", (document, isSo) => {
  expect(isWithinLimits({ hosts: ["edge"] }, subject(document))).toBe(isSo);
});

test.each<[string, boolean]>([
  ["/pub", true],
  ["/pub/", true],
  ["/pub/iso/*.iso", true],
  ["/pub//./iso", true],
  ["/pub/**", true],
  ["/public", false],
  ["/", false],
  ["/*", false],
  ["/pu*/iso", false],
  ["/{pub,private}/x", false],
  ["/pub/../etc", false],
  ["/pub/{..,x}/etc", false],
  ["/pub/\\.\\./etc", false],
  ["pub/iso", false],
  ["", false],
])("a token that is limited to /pub may copy from %j: %j", (path, isSo) => {
  const document = { copy: { from: `edge:${path}`, to: "edge:/pub/x/" } };
  expect(isWithinLimits({ paths: ["/pub"] }, subject(document))).toBe(isSo);
});

test.each([
  { trash: "/private" },
  { stamp: "/etc/stamp" },
  { canary: "/private/canary" },
  { watch: { in: "edge:/in", for: "*" } },
])("what a mirror reads and writes beside its trees is limited as well: %j", (more) => {
  const limits = { paths: ["/pub"] };
  expect(isWithinLimits(limits, mirror("edge:/pub/a", "edge:/pub/b"))).toBe(true);
  expect(isWithinLimits(limits, mirror("edge:/pub/a", "edge:/pub/b", { delete: true, ...more }))).toBe(false);
});

test("limits of jobs, hosts and paths hold together", () => {
  const limits = { jobs: ["nightly-*"], hosts: ["edge"], paths: ["/pub", "in"] };
  expect(isWithinLimits(limits, mirror("edge:/pub", "edge:in/x"))).toBe(true);
  expect(isWithinLimits(limits, mirror("edge:/pub", "edge:out"))).toBe(false);
  expect(isWithinLimits(limits, { ...mirror("edge:/pub", "edge:in/x"), job: "weekly" })).toBe(false);
  expect(isWithinLimits(undefined, mirror("a:/x", "/local"))).toBe(true);
  expect([isHostWithin(limits, "edge"), isHostWithin(limits, "far"), isHostWithin({}, "far")]).toEqual([
    true,
    false,
    true,
  ]);
  expect([isLimited(undefined), isLimited({}), isLimited({ jobs: [] })]).toEqual([false, false, true]);
});

test("in a name only * and ? stand for others", () => {
  expect(matchesName(["*.example.org"], "ftp.example.org")).toBe(true);
  expect(matchesName(["*.example.org"], "example.org")).toBe(false);
  expect(matchesName(["(a|b)+"], "a")).toBe(false);
});
