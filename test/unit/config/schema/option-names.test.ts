import { expect, test } from "vitest";
import { program } from "../../../../src/cli/program.ts";
import { JOB_KEYS, jobSchemaFor } from "../../../../src/config/schema/jobs.ts";
import { gatherRules } from "../../../../src/config/load/rules.ts";
import { rulingOf } from "../../../../src/copy/rules.ts";

/** Of one call, and not of a job. */
const OF_A_CALL = [
  ...["config", "jobs", "json", "quiet", "verbose", "color", "stats", "oneLine", "logFile", "failedTo"],
  ...["dryRun", "plan", "apply", "interactive"],
];
/** Stand with the target, as mirror: {to, spread}. */
const ELSEWHERE = ["spread"];

test.each([
  { name: "copy", keys: JOB_KEYS.copy },
  { name: "move", keys: JOB_KEYS.copy },
  { name: "mirror", keys: JOB_KEYS.mirror },
  { name: "run", keys: [...JOB_KEYS.copy, ...JOB_KEYS.mirror] },
])("every option of fxpd $name has its name in job files, too", ({ name: called, keys }) => {
  const command = program.commands.find((one) => one.name() === called);
  const names = new Set(command?.options.map((option) => option.attributeName()));
  expect(names.size).toBeGreaterThan(20);
  for (const name of [...OF_A_CALL, ...ELSEWHERE]) names.delete(name);
  const known = new Set(keys);
  expect([...names].filter((name) => !known.has(name))).toEqual([]);
});

test("include in a job file is asked after the rules and before exclude", async () => {
  const document = { copy: { from: "a:x/**", to: "b:y" }, include: ["*.iso"], exclude: ["*"] };
  const job = jobSchemaFor(document).parse(document);
  const rulingFor = rulingOf(await gatherRules({}, { file: "job", ...job }));
  expect(["a.iso", "b.txt"].map((path) => rulingFor(path, false).isWanted)).toEqual([true, false]);
});
