import { afterEach, expect, test } from "vitest";
import type { SummaryEvent } from "../../../../src/batch/events.ts";
import { concluded } from "../../../../src/cli/output/conclude.ts";
import type { Output } from "../../../../src/cli/output/output.ts";
import { forgetSignals } from "../../../support/in-process.ts";

afterEach(forgetSignals);

const FULL = "edge: STOR b: 452 Insufficient storage space";

/** What is said at the end of a run with these failures, beside its events. */
async function saidAtTheEnd(reasons: readonly string[], failed: number, because?: string) {
  const said: string[] = [];
  const output = { event: () => {}, fault: (text: string) => void said.push(text), end: () => {} };
  const files = { copied: 1, kept: 0, deleted: 0, skipped: 0, failed };
  const bytes = { thirdParty: 0, relayed: 0, resumed: 0 };
  const end: SummaryEvent = {
    ...{ event: "summary", outcome: "partial", files, bytes, seconds: 1 },
    ...(because === undefined ? {} : { because }),
  };
  const status = await concluded(output as unknown as Output, async ({ event }) => {
    for (const reason of reasons) event({ event: "fault", path: "b", because: reason });
    return end;
  });
  expect(status).toBe(1);
  return said;
}

test.each<[string, readonly string[], number, string | undefined, readonly string[]]>([
  [
    "how many files were not tried, where one has told the reason",
    [FULL],
    3,
    FULL,
    ["2 more files were not tried"],
  ],
  ["nothing where that file was the last", [FULL], 1, FULL, []],
  ["one file that was not tried", [FULL, "else"], 3, FULL, ["1 more file was not tried"]],
  ["a reason that no file has told", ["else"], 3, FULL, [FULL]],
  ["nothing where there is no reason", ["else"], 1, undefined, []],
])("the end of a run says %s", async (_, reasons, failed, because, said) => {
  expect(await saidAtTheEnd(reasons, failed, because)).toEqual(said);
});
