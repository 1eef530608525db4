import { describe, expect, test } from "vitest";
import { quirksOf } from "../../../../src/ftp/quirks.ts";
import {
  mayFollow,
  NO_EVIDENCE,
  type PipeliningGrounds,
  pipeliningOf,
} from "../../../../src/ftp/session/pipelining.ts";

const known = quirksOf("vsftpd");
const strange = quirksOf(undefined);
const shown = { hasLostReplies: false, takesQuestions: true };
const lost = { hasLostReplies: true, takesQuestions: true };

describe("what may be written ahead of replies", () => {
  test.each([
    ["to a kind of server that takes it: commands", true, known, NO_EVIDENCE, "commands"],
    ["to an unknown kind: nothing", true, strange, NO_EVIDENCE, "nothing"],
    ["to an unknown kind that was seen to take questions: those", true, strange, shown, "questions"],
    ["where replies were lost: nothing", true, known, lost, "nothing"],
    ["where replies of an unknown kind were lost: nothing", true, strange, lost, "nothing"],
    ["where the host's file forbids it: nothing", false, known, shown, "nothing"],
  ] as const)("%s", (_what, isAllowed, quirks, evidence, expected) => {
    expect(pipeliningOf({ isAllowed, quirks, evidence })).toBe(expected);
  });

  test("is what is known when it is asked for", () => {
    const evidence = { hasLostReplies: false, takesQuestions: false };
    const grounds: PipeliningGrounds = { isAllowed: true, quirks: strange, evidence };
    expect(pipeliningOf(grounds)).toBe("nothing");
    evidence.takesQuestions = true;
    expect(pipeliningOf(grounds)).toBe("questions");
  });
});

describe("behind a transfer command", () => {
  const inClear = { isProtected: false, answersInside: false };
  const grounds = (more: Partial<PipeliningGrounds> = {}): PipeliningGrounds => ({
    ...{ isAllowed: true, quirks: known, evidence: NO_EVIDENCE },
    ...more,
  });

  test.each([
    ["vsftpd", "RETR", inClear, true],
    ["vsftpd", "STOR", { ...inClear, isProtected: true }, true],
    ["proftpd", "RETR", inClear, true],
    ["proftpd", "RETR", { ...inClear, isProtected: true }, false],
    ["proftpd", "STOR", inClear, false],
    ["pure-ftpd", "RETR", inClear, false],
    ["vsftpd", "RETR", { ...inClear, answersInside: true }, false],
  ] as const)("of %s, commands may follow %s on %j: %s", (family, verb, control, expected) => {
    expect(mayFollow(verb, grounds({ quirks: quirksOf(family) }), control)).toBe(expected);
  });

  test("nothing follows where nothing is written ahead", () => {
    expect(mayFollow("RETR", grounds({ evidence: lost }), inClear)).toBe(false);
    expect(mayFollow("RETR", grounds({ isAllowed: false }), inClear)).toBe(false);
  });
});
