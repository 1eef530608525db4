import { describe, expect, test } from "vitest";
import {
  alike,
  type PeerCapabilities,
  methodsFor,
  obstacleBetween,
} from "../../../../../src/transfer/move/third-party/methods.ts";
import { ALL_METHODS, WILLING } from "../../../../support/methods.ts";

const clear: PeerCapabilities = { ...WILLING, protection: "none", sscn: false, cpsv: false };
const strict: PeerCapabilities = { ...WILLING, protection: "required" };
const names = (source: PeerCapabilities, target: PeerCapabilities) =>
  methodsFor(source, target).map(({ name }) => name);

describe("the methods that can work between two servers", () => {
  test("in clear: four, and no TLS command to a server without TLS", () => {
    const four = ["source-pasv", "target-pasv", "source-epsv", "target-epsv"];
    expect(names(clear, clear)).toEqual(four);
    expect(names(WILLING, clear)).toEqual(four);
  });

  test("private ones come first where both may, and are the only ones where one must", () => {
    expect(names(WILLING, WILLING)).toHaveLength(14);
    expect(
      names(WILLING, WILLING)
        .slice(0, 10)
        .every((name) => /sscn|cpsv/.test(name)),
    ).toBe(true);
    expect(names(strict, WILLING)).toEqual(names(WILLING, WILLING).slice(0, 10));
    expect(names(strict, clear)).toEqual([]);
  });

  test("CPSV makes the passive side TLS client, and only that", () => {
    const cpsv = { ...strict, sscn: false };
    const none = { ...strict, sscn: false, cpsv: false };
    expect(names(cpsv, none)).toEqual(["source-cpsv"]);
    expect(names(none, cpsv)).toEqual(["target-cpsv"]);
  });

  test("over IPv6 only EPSV; over one of each, none", () => {
    const six = { ...clear, address: "2001:db8::1" };
    expect(names(six, six)).toEqual(["source-epsv", "target-epsv"]);
    expect(names(six, clear)).toEqual([]);
    expect(obstacleBetween(six, clear)).toMatch(/one server is reached over IPv4/);
  });

  test("a source that cuts files short as TLS client is not made one", () => {
    const cuts = { ...strict, cutsAsTlsClient: true };
    expect(names(cuts, { ...strict, sscn: false, cpsv: false })).toEqual([]);
    expect(names(cuts, strict).every((name) => /target-(sscn|cpsv)/.test(name))).toBe(true);
  });

  test("a server that is unreliable as the side that connects is passive first", () => {
    expect(names({ ...clear, isBetterPassive: true }, clear)[0]).toBe("source-pasv");
  });

  test.each([
    [strict, clear, /TLS is required for .*, but .* does not use TLS/],
    [
      { ...strict, sscn: false, cpsv: false },
      { ...strict, sscn: false, cpsv: false },
      /neither server can act as TLS client/,
    ],
    [clear, clear, undefined],
  ])("an obstacle is said in a sentence", (source, target, sentence) => {
    const obstacle = obstacleBetween(source, target);
    if (sentence === undefined) expect(obstacle).toBeUndefined();
    else expect(obstacle).toMatch(sentence);
  });
});

test.each([
  ["form", 1],
  ["roles", 7],
  ["protection", 4],
  ["protected-roles", 2],
] as const)("a refusal of the %s speaks against %i methods", (refused, count) => {
  const method = ALL_METHODS.find(({ name }) => name === "target-pasv");
  if (method === undefined) throw new Error("no target-pasv");
  expect(alike(method, refused, ALL_METHODS)).toHaveLength(count);
  expect(alike(method, refused, ALL_METHODS)).toContain(method);
});
