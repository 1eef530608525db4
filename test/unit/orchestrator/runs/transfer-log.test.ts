import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { TransferLog } from "../../../../src/orchestrator/runs/transfer-log.ts";
import { noLogger } from "../../../../src/shared/logger.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "fxpd-xferlog-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

test("all lines are in the file once it is settled, in their order, also those added while others are written", async () => {
  const file = join(directory, "xferlog");
  const log = new TransferLog(file, noLogger);
  log.add("one\n");
  const first = log.settled();
  log.add("two\n");
  log.add("three\n");
  await Promise.all([first, log.settled()]);
  expect(await readFile(file, "utf8")).toBe("one\ntwo\nthree\n");
});

test("lines that cannot be written are reported once, and hold nothing up", async () => {
  const warnings: string[] = [];
  const warn = (_: object, message: string) => void warnings.push(message);
  const log = new TransferLog(join(directory, "not/there"), { ...noLogger, warn });
  for (const line of ["one\n", "two\n"]) {
    log.add(line);
    await log.settled();
  }
  expect(warnings).toEqual(["cannot write the transfer log; it lacks lines"]);
});
