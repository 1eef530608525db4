import { expect, test } from "vitest";
import { treesAround } from "../../../../src/orchestrator/claims/claims.ts";

test.each([
  ["/", ["/"]],
  ["/pub", ["/pub/", "/"]],
  ["//pub/./iso//", ["/pub/iso/", "/pub/", "/"]],
  ["/pub/../etc", ["/etc/", "/"]],
  ["/../..", ["/"]],
  ["", ["./"]],
  [".", ["./"]],
  ["pub/iso", ["./pub/iso/", "./pub/", "./"]],
  ["pub/../../x", ["./../x/", "./../", "./"]],
])("%j is within %j", (path, expected) => {
  expect(treesAround({ account: "a", path })).toEqual(expected.map((tree) => `a\0${tree}`));
});
