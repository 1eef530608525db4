import { expect, test } from "vitest";
import { Complaints } from "../../../src/orchestrator/complaints.ts";
import { noLogger } from "../../../src/shared/logger.ts";

test("what goes wrong again and again is logged once, until it has worked in between", () => {
  const lines: string[] = [];
  const log = {
    ...noLogger,
    info: (_: object, message: string) => lines.push(message),
    warn: (fields: object, message: string) => lines.push(`${message}: ${JSON.stringify(fields)}`),
  };
  const complaints = new Complaints(log);
  complaints.over("alarms");
  for (const key of ["a", "b"]) complaints.tell("alarms", new Error(`READONLY no writes to ${key}`));
  complaints.tell("alarms", new Error("OOM"));
  complaints.tell("queue", new Error("OOM"), { job: "j" });
  complaints.over("alarms");
  complaints.over("alarms");
  complaints.tell("alarms", new Error("OOM"));
  expect(lines).toEqual([
    'alarms: failed; will retry: {"because":"READONLY no writes to a"}',
    'alarms: failed; will retry: {"because":"OOM"}',
    'queue: failed; will retry: {"job":"j","because":"OOM"}',
    "alarms: works again",
    'alarms: failed; will retry: {"because":"OOM"}',
  ]);
});
