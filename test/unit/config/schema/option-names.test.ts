import { Command } from "commander";
import { expect, test } from "vitest";
import { withTransferOptions } from "../../../../src/cli/command-line.ts";
import { withMirrorOptions } from "../../../../src/cli/output/mirror-line.ts";
import { JOB_KEYS, jobSchemaFor } from "../../../../src/config/schema/jobs.ts";
import { gatherRules } from "../../../../src/config/load/rules.ts";
import { rulingOf } from "../../../../src/copy/rules.ts";

/** Of one call, and not of a job. */
const OF_A_CALL = ["dryRun", "plan", "apply", "stats", "oneLine", "logFile", "interactive"];
/** Stand with the target, as mirror: {to, spread}. */
const ELSEWHERE = ["spread"];

test.each([
  { kind: "copy", command: withTransferOptions(new Command()) },
  { kind: "mirror", command: withMirrorOptions(new Command()) },
] as const)("every option of fxpd $kind has its name in job files, too", ({ kind, command }) => {
  const names = new Set(command.options.map((option) => option.attributeName()));
  for (const name of [...OF_A_CALL, ...ELSEWHERE]) names.delete(name);
  const known = new Set(JOB_KEYS[kind]);
  expect([...names].filter((name) => !known.has(name))).toEqual([]);
});

test("include in a job file is asked after the rules and before exclude", async () => {
  const document = { copy: { from: "a:x/**", to: "b:y" }, include: ["*.iso"], exclude: ["*"] };
  const job = jobSchemaFor(document).parse(document);
  const rulingFor = rulingOf(await gatherRules({}, { file: "job", ...job }));
  expect(["a.iso", "b.txt"].map((path) => rulingFor(path, false).isWanted)).toEqual([true, false]);
});
