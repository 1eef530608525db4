import { expect, test } from "vitest";
import { kindsOf, sampleName } from "../../../../src/ftp/name-kinds.ts";
import { leftoverName } from "../../../../src/transfer/publish/leftover-name.ts";
import { asideName, temporaryPath, transferKey } from "../../../../src/transfer/publish/temporary-name.ts";
import { probePath } from "../../../../src/transfer/move/third-party/diagnose/probe-file.ts";

const KEY = transferKey("ftp://me@edge:21//pub/a.iso");
const PART = temporaryPath("a.iso", KEY, "0a1b2c3d");

test("every name that fxpd gives is recognized, with what it says", () => {
  expect(leftoverName(PART)).toEqual({ kind: "partial", key: KEY.slice(0, 16), owner: "0a1b2c3d" });
  expect(leftoverName(asideName(PART))).toMatchObject({ kind: "set-aside", owner: "0a1b2c3d" });
  expect(leftoverName(".fxpd-0123456789ab.part")).toEqual({ kind: "link" });
  expect(leftoverName(".fxpd-0123456789ab.old")).toEqual({ kind: "set-aside-by-link" });
  for (const ending of ["probe", "partial", "appended", "replaced", "\u00e4"])
    expect(leftoverName(`.fxpd-0123456789ab.${ending}`)).toEqual({ kind: "test-file" });
  expect(leftoverName(probePath("", "0123456789ab-0"))).toEqual({ kind: "test-file" });
  for (const name of ["a b", " a", "a.", 'x"y', "caf\u00e9", "\u{1f600}"])
    expect(leftoverName(sampleName(".fxpd-0123456789ab", kindsOf(name)))).toEqual({ kind: "name-test" });
});

test.each([
  ".fxpd-notes",
  ".fxpd-",
  "fxpd-0123456789ab.probe",
  "x.fxpd-0123456789ab.probe",
  `${PART}.bak`,
  `${PART} `,
  ` ${PART}`,
  PART.toUpperCase(),
  PART.replace("-0a1b2c3d", ""),
  PART.replace("0a1b2c3d", "0a1"),
  PART.replace(KEY.slice(0, 16), KEY.slice(0, 15)),
  ".fxpd-0123456789ab.probe2",
  ".fxpd-0123456789abcd",
])("%s is somebody's own name", (name) => {
  expect(leftoverName(name)).toBeUndefined();
});
