import { afterEach, describe, expect, test, vi } from "vitest";
import { humanOutput, jsonOutput, type Verbosity } from "../../../../src/cli/output/output.ts";
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

test("the summary has the average rate of what was moved", () => {
  const bytes = { thirdParty: 3_145_728, relayed: 1_048_576, resumed: 50_000_000 };
  const { out } = shown([{ ...summary({ copied: 2 }), bytes, seconds: 2 }]);
  expect(out?.at(-1)).toMatch(/, in 2\.0 s \(2\.0 MiB\/s on average\)$/);
});

/** What is written when this happens. */
function shown(
  events: readonly RunEvent[],
  verbosity: Verbosity = 1,
  isDryRun = false,
  isTTY = false,
  isJson = false,
) {
  const [out, err]: string[][] = [[], []];
  const into = (lines: string[] | undefined) => ({
    isTTY,
    write: (text: string) => lines?.push(...text.split("\n").slice(0, -1)),
  });
  const streams = { out: into(out), err: into(err) };
  const output = isJson ? jsonOutput(streams, verbosity) : humanOutput(streams, verbosity, isDryRun);
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
    expect(err?.[0]).toBe("fxpd: a:/f0.bin: not copied: b: STOR /f0.bin: 552 Disk full");
    expect(err?.[5]).toBe("fxpd: a:/x: not copied: a: RETR /x: 550 no");
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
    expect(err).toEqual([`fxpd: a:/x: not copied: ${because}`]);
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
