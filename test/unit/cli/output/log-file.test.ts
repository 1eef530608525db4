import { mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { LogFile, loggedTo } from "../../../../src/cli/output/log-file.ts";
import { humanOutput } from "../../../../src/cli/output/output.ts";

let directory: string;
beforeEach(() => void (directory = mkdtempSync(join(tmpdir(), "fxpd-log-"))));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z /;
const linesOf = (file: string) => {
  const lines = readFileSync(file, "utf8").trimEnd().split("\n");
  for (const line of lines) expect(line).toMatch(TIME);
  return lines.map((line) => line.replace(TIME, ""));
};

test("a log is appended to, each line with its time, and follows a file that was moved away", () => {
  const path = join(directory, "log");
  const failures: string[] = [];
  for (const word of ["one", "two"]) {
    const log = new LogFile(path, (because) => failures.push(because), 0);
    log.write("dropped: it is not open yet");
    log.open();
    log.write(`${word}\nof two lines\n`);
    log.close();
  }
  const log = new LogFile(path, (because) => failures.push(because), 0);
  log.open();
  renameSync(path, `${path}.1`);
  log.write("three");
  log.close();
  expect(linesOf(`${path}.1`)).toEqual(["one", "of two lines", "two", "of two lines"]);
  expect(linesOf(path)).toEqual(["three"]);
  expect(failures).toEqual([]);
});

test("a log that cannot be opened is a fault of the command line; one that is lost later is reported once", () => {
  for (const path of [join(directory, "none", "log"), directory])
    expect(() => new LogFile(path, () => {}).open()).toThrow(path);
  const failures: string[] = [];
  const log = new LogFile("/dev/full", (because) => failures.push(because));
  log.open();
  log.write("one");
  log.write("two");
  expect(failures).toEqual([expect.stringMatching(/^\/dev\/full: cannot be written, .*ENOSPC/)]);
});

test("it has what -v says, whatever the terminal shows", () => {
  const path = join(directory, "log");
  const quiet = humanOutput({ out: { write: () => {} }, err: { write: () => {} } }, 0);
  const output = loggedTo(path, quiet, { title: "fxpd copy a: b:", verbosity: 1 });
  output.open?.();
  output.event({ event: "action", action: "keep", path: "b:/x", because: "same size" });
  output.fault("a: it broke");
  output.event({
    event: "summary",
    outcome: "failed",
    files: { copied: 0, kept: 1, deleted: 0, skipped: 0, failed: 0 },
    bytes: { thirdParty: 0, relayed: 0, resumed: 0 },
    seconds: 0,
    because: "it broke",
  });
  output.end();
  expect(output.transcript).toBeUndefined();
  expect(linesOf(path)).toEqual([
    "started: fxpd copy a: b:",
    "keep b:/x: same size",
    "fxpd: a: it broke",
    "failed: it broke",
  ]);
});
