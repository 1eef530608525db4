import { afterEach, describe, expect, test, vi } from "vitest";
import {
  type HumanOptions,
  humanOutput,
  jsonOutput,
  type Verbosity,
} from "../../../../src/cli/output/output.ts";
import { type ColorPolicy, paletteFor } from "../../../../src/cli/output/terminal/palette.ts";
import type { RunEvent } from "../../../../src/cli/output/lines.ts";
import type { ActionName, SummaryEvent, TransferEvent } from "../../../../src/batch/events.ts";

const action = (name: ActionName, path: string, because = "for a reason"): RunEvent => {
  return { event: "action", action: name, path, because };
};
const failure = (name: string, because: string): TransferEvent => ({
  event: "transfer",
  source: `a:/${name}`,
  target: `b:/${name}`,
  outcome: "failed",
  ...{ by: null, method: null, bytes: 0, resumedFrom: 0, protected: false, digest: null },
  because,
  ...{ seconds: 0, attempts: 1 },
});
const summary = (
  files: Partial<SummaryEvent["files"]>,
  outcome: SummaryEvent["outcome"] = "succeeded",
): SummaryEvent => ({
  event: "summary",
  outcome,
  files: { copied: 0, kept: 0, deleted: 0, skipped: 0, failed: 0, ...files },
  bytes: { thirdParty: 0, relayed: 0, resumed: 0 },
  seconds: 1,
});

describe("each finished file", () => {
  const events = [{ ...failure("a", "no reason"), outcome: "succeeded", bytes: 1_024, seconds: 1 } as const];

  test("is a line where the output goes into a file, and not where it is seen on a terminal anyway", () => {
    expect(shown(events).out?.at(-1)).toMatch(/^a:\/a → b:\/a {2}1\.0 KiB {2}1\.0 KiB\/s/);
    expect(shown(events, 1, false, true).out?.join()).not.toContain("→");
    expect(shown(events, 2, false, true).out?.join()).toContain("→");
  });

  test("is a line on a terminal that knows no control sequences, and none is sent there", () => {
    const written: string[] = [];
    const stream = { isTTY: true, write: (text: string) => written.push(text) };
    const output = humanOutput({ out: stream, err: stream }, 1, { isDumb: true });
    for (const event of events) output.event(event);
    output.end();
    expect(written.join("")).toMatch(/^a:\/a → b:\/a /m);
    expect(written.join("")).not.toContain("\u001b");
  });
});

test.each([
  ["edge:/pub", "edge:/pub: no such directory", "fxpd: edge:/pub: no such directory"],
  ["edge:/pub", "edge: MKD /pub: 550 no", "fxpd: edge:/pub: edge: MKD /pub: 550 no"],
  ["edge:", "cannot be listed", "fxpd: edge: cannot be listed"],
])("a fault names its location once: %s, %s", (path, because, line) => {
  expect(shown([{ event: "fault", path, because }]).err).toEqual([line]);
});

describe("how far a file is", () => {
  afterEach(() => vi.useRealTimers());

  test("is an event of its own with --json, which has the names of both sides, the size and the rate", () => {
    vi.useFakeTimers({ toFake: ["Date"], now: 0 });
    const lines: string[] = [];
    const stream = { write: (text: string) => lines.push(text) };
    const output = jsonOutput({ out: stream, err: stream }, 1);
    output.event({ event: "start", source: "a:/x", target: "b:/x", size: 100 });
    for (const [atMs, bytes] of [
      [400, 10],
      [2_000, 50],
    ] as const) {
      vi.setSystemTime(atMs);
      output.event({ event: "progress", target: "b:/x", bytes, from: 0 });
    }
    output.event({ event: "sent", target: "b:/x" });
    expect(lines.map((line) => (JSON.parse(line) as { event: string }).event)).toEqual(["start", "progress"]);
    expect(JSON.parse(lines[1] ?? "")).toEqual({
      ...{ event: "progress", source: "a:/x", target: "b:/x", bytes: 50, size: 100, bytesPerSecond: 25 },
      at: "1970-01-01T00:00:02.000Z",
    });
  });
});

describe("statistics", () => {
  afterEach(() => vi.useRealTimers());
  const events: readonly RunEvent[] = [
    { event: "plan", files: 4, bytes: 4_096 },
    { event: "start", source: "a:/x", target: "b:/x", size: 2_048 },
    { event: "progress", target: "b:/x", bytes: 1_024, from: 0 },
  ];

  test("are one line each time, instead of one for each file", () => {
    vi.useFakeTimers({ now: 0 });
    const lines: string[] = [];
    const stream = { write: (text: string) => lines.push(text) };
    const output = humanOutput({ out: stream, err: stream }, 1, { statsMs: 2_000 });
    for (const event of events) output.event(event);
    vi.advanceTimersByTime(2_000);
    output.event({ ...failure("x", "direct"), outcome: "succeeded", bytes: 2_048, seconds: 1 });
    vi.advanceTimersByTime(2_000);
    output.end();
    vi.advanceTimersByTime(10_000);
    expect(lines).toEqual([
      "1970-01-01T00:00:02.000Z 0 of 4 files, 1.0 KiB of 4.0 KiB, 512 B/s, 6.0 s left\n",
      "1970-01-01T00:00:04.000Z 1 of 4 files, 2.0 KiB of 4.0 KiB, 512 B/s, 4.0 s left\n",
      "",
    ]);
  });

  test("are an event with --json", () => {
    vi.useFakeTimers({ now: 0 });
    const lines: string[] = [];
    const stream = { write: (text: string) => lines.push(text) };
    const output = jsonOutput({ out: stream, err: stream }, 1, { statsMs: 2_000 });
    for (const event of events) output.event(event);
    vi.advanceTimersByTime(2_000);
    output.end();
    vi.advanceTimersByTime(10_000);
    expect(JSON.parse(lines.at(-1) ?? "")).toEqual({
      event: "stats",
      files: { done: 0, total: 4, failed: 0, deleted: 0 },
      bytes: { done: 1_024, total: 4_096 },
      ...{ bytesPerSecond: 512, secondsLeft: 6, listing: false },
      at: "1970-01-01T00:00:02.000Z",
    });
  });
});

describe("one line of a run", () => {
  afterEach(() => vi.useRealTimers());

  test("has the date, what was run and how it ended; failures are told beside it", () => {
    vi.useFakeTimers({ toFake: ["Date"], now: 0 });
    const [out, err]: string[][] = [[], []];
    const into = (lines: string[] | undefined) => ({ write: (text: string) => lines?.push(text) });
    const output = humanOutput({ out: into(out), err: into(err) }, 1, { oneLineOf: "fxpd mirror a: b:" });
    output.event({ event: "note", because: "something" });
    output.event(failure("x", "550 No"));
    output.event(summary({ copied: 2, failed: 1 }, "partial"));
    expect(out?.join("")).toBe(
      "1970-01-01T00:00:00.000Z fxpd mirror a: b:: partial: 2 copied, 1 failed, in 1.0 s\n",
    );
    expect(err).toEqual(["fxpd: a:/x → b:/x: not copied: 550 No\n"]);
  });

  test("says why where nothing could be begun", () => {
    const { out } = shown([{ ...summary({}, "failed"), seconds: 0, because: "edge: 530 No" }], 1, {
      oneLineOf: "fxpd run nightly",
    });
    expect(out?.join()).toMatch(/^[0-9T:.-]+Z fxpd run nightly: failed: edge: 530 No$/);
  });
});

describe("colors", () => {
  const red = (text: string) => `\u001b[31m${text}\u001b[39m`;
  const of = (policy: ColorPolicy, isTTY: boolean, env = {}) =>
    paletteFor(policy, { write: () => {}, isTTY }, env);

  test("are on a terminal only, unless asked for or forbidden", () => {
    expect(of("auto", true).failure("x")).toBe(red("x"));
    expect(of("auto", false).failure("x")).toBe("x");
    expect(of("auto", true, { NO_COLOR: "1" }).failure("x")).toBe("x");
    expect(of("auto", true, { NO_COLOR: "" }).failure("x")).toBe(red("x"));
    expect(of("auto", true, { TERM: "dumb" }).failure("x")).toBe("x");
    expect(of("never", true).failure("x")).toBe("x");
    expect(of("always", false, { NO_COLOR: "1" }).failure("x")).toBe(red("x"));
  });

  test("show failures in red, and cannot come from a server's words", () => {
    const on = of("always", false);
    const { err, out } = shown([failure("a", "550 \u001b[32mno"), summary({ failed: 1 }, "failed")], 1, {
      colors: { out: on, err: on },
    });
    expect(err).toEqual([red("fxpd: a:/a → b:/a: not copied: 550 \\x1b[32mno")]);
    expect(out?.at(-1)).toMatch(/^\u001b\[31mfailed\u001b\[39m: 0 copied, 1 failed/);
  });
});

test("the summary has the average rate of what was moved", () => {
  const bytes = { thirdParty: 3_145_728, relayed: 1_048_576, resumed: 50_000_000 };
  const { out } = shown([{ ...summary({ copied: 2 }), bytes, seconds: 2 }]);
  expect(out?.at(-1)).toMatch(/, in 2\.0 s \(2\.0 MiB\/s on average\)$/);
});

/** What is written when this happens. */
function shown(
  events: readonly RunEvent[],
  verbosity: Verbosity = 1,
  options: HumanOptions | boolean = {},
  isTTY = false,
  isJson = false,
) {
  const [out, err]: string[][] = [[], []];
  const into = (lines: string[] | undefined) => ({
    isTTY,
    write: (text: string) => lines?.push(...text.split("\n").slice(0, -1)),
  });
  const streams = { out: into(out), err: into(err) };
  const output = isJson
    ? jsonOutput(streams, verbosity)
    : humanOutput(streams, verbosity, typeof options === "boolean" ? { isDryRun: options } : options);
  for (const event of events) output.event(event);
  output.end();
  return { out, err };
}

describe("a thousand failures", () => {
  const names = Array.from({ length: 1_000 }, (_, index) => `f${index}.bin`);
  const full = names.map((name) => failure(name, `b: STOR /${name}: 552 Disk full`));

  test("of one cause are a few lines, and one with a count", () => {
    const { out, err } = shown([
      ...full,
      failure("x", "a: RETR /x: 550 no"),
      summary({ failed: 1_001 }, "failed"),
    ]);
    expect(err).toHaveLength(7);
    expect(err?.[0]).toBe("fxpd: a:/f0.bin → b:/f0.bin: not copied: b: STOR /f0.bin: 552 Disk full");
    expect(err?.[5]).toBe("fxpd: a:/x → b:/x: not copied: a: RETR /x: 550 no");
    expect(err?.at(-1)).toBe("fxpd: 995 more like a:/f0.bin: b: STOR /f0.bin: 552 Disk full");
    expect(out).toEqual(["failed: 0 copied, 1001 failed, in 1.0 s"]);
  });

  test("are a thousand lines for those who ask for more", () => {
    expect(shown([...full, summary({ failed: 1_000 }, "failed")], 2).err).toHaveLength(1_000);
  });

  test("are told of also where nothing else is", () => {
    const { out, err } = shown([...full, summary({ failed: 1_000 }, "failed")], 0);
    expect(err).toHaveLength(6);
    expect(out).toEqual([]);
  });
});

describe("for programs", () => {
  test("a failure is an object on standard output, and a sentence on standard error", () => {
    const because = "b: STOR /x: 552 Disk full";
    const events = [failure("x", because), action("skip", "a:/y"), summary({ failed: 1 }, "failed")];
    const { out, err } = shown(events, 1, false, false, true);
    expect(out?.map((line) => JSON.parse(line) as unknown)).toMatchObject(events);
    expect(err).toEqual([`fxpd: a:/x → b:/x: not copied: ${because}`]);
  });
});

describe("what is decided", () => {
  const decided = [
    action("keep", "a:/kept"),
    action("skip", "a:/left"),
    action("make-directory", "b:/d"),
    action("delete", "b:/x"),
  ];

  test("is told where files are left alone, and else to those who ask", () => {
    expect(shown(decided).out).toEqual(["skip a:/left: for a reason"]);
    expect(shown(decided, 2).out).toHaveLength(4);
    expect(shown(decided, 0).out).toEqual([]);
  });

  test("in a dry run is what would be done, and the last line counts it", () => {
    const copies = ["a:/1", "a:/2"].map((path) => action("copy", path, "not on the target"));
    const plan: RunEvent = { event: "plan", files: 2, bytes: 2_048 };
    const { out } = shown([...decided, ...copies, plan, summary({ kept: 1, skipped: 1 })], 1, true);
    expect(out).toEqual([
      "skip a:/left: for a reason",
      "make-directory b:/d: for a reason",
      "delete b:/x: for a reason",
      "copy a:/1: not on the target",
      "copy a:/2: not on the target",
      "dry run: 2 to copy (2.0 KiB), 1 directory to create, 1 to delete, 1 kept, 1 skipped, in 1.0 s",
    ]);
  });

  test("in a dry run of what is equal is that there is nothing to do", () => {
    expect(shown([summary({ kept: 7 })], 1, true).out).toEqual(["dry run: nothing to do, 7 kept, in 1.0 s"]);
    const { out } = shown([action("delete", "b:/x"), summary({}, "refused")], 1, true);
    expect(out?.at(-1)).toBe("dry run, refused: 1 to delete, in 1.0 s");
  });

  test("for the same reason many times is a few lines, and one with a count", () => {
    const left = Array.from({ length: 100 }, (_, index) =>
      action("skip", `a:/${index}.tmp`, "exclude *.tmp"),
    );
    const { out } = shown([...left, summary({ skipped: 100 })]);
    expect(out).toHaveLength(7);
    expect(out?.[5]).toBe("skip: 95 more: exclude *.tmp");
  });
});
