import { expect, test } from "vitest";
import { z } from "zod";
import { formatFault, readDocument } from "../../../../src/config/load/document.ts";
import { timesOf, watchOption } from "../../../../src/config/schema/watch.ts";
import { nextDue } from "../../../../src/schedule/due.ts";

const Options = z.strictObject(watchOption);

function read(text: string) {
  return readDocument("j.yaml", `watch: {${text}}`, Options);
}

const NAMES = "expected the name of a file, or a glob such as *.csv";
const BY = "expected a time of day such as 06:00, or a cron expression such as 0 6 * * 1-5";

test.each([
  ["every: 1m", `for: is missing; ${NAMES}`],
  ["for: /pub/*.csv", `for: ${NAMES}, below the directory`],
  ["for: ''", `for: ${NAMES}, below the directory`],
  ["for: '*', in: 'archive:/pub/*'", "in: expected a location such as host:path, without wildcards"],
  ["for: '*', in: 'ftp://me:secret@h/pub'", "in: expected a location such as host:path, without wildcards"],
  ["for: '*', by: '25:00'", `by: ${BY}`],
  ["for: '*', by: '@daily'", `by: ${BY}`],
  [
    "for: '*', by: 0 6 * * 9",
    'by: "9" is not a valid weekday; expected 0 to 7, sun to sat, *, 1-5, 5L, 2#1 or a list',
  ],
  ["for: '*', evry: 1m", "evry: unknown key; did you mean every?"],
])("watch: {%s}", (text, sentence) => {
  const found = read(text);
  const [fault = ""] = found.kind === "faulty" ? found.faults.map(formatFault) : [];
  expect(fault.replace(/^j\.yaml:1:\d+: watch\./, "")).toBe(sentence);
});

test.each([
  ["'06:00'", "2026-11-21T05:00:00.000Z"],
  ["'24:00'", "2026-11-20T23:00:00.000Z"],
  ["30 6 * * 1-5", "2026-11-23T05:30:00.000Z"],
])("by %s is a time on the clocks of the zone", (by, expected) => {
  const found = read(`for: '*', by: ${by}, timeZone: Europe/Berlin`);
  const watch = found.kind === "valid" ? found.value.watch : undefined;
  if (watch?.by === undefined) throw new Error(JSON.stringify(found));
  const next = nextDue(timesOf(watch, watch.by), Date.parse("2026-11-20T12:00:00Z"));
  expect(new Date(next ?? 0).toISOString()).toBe(expected);
});
