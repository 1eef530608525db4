import { describe, expect, test } from "vitest";
import { View } from "../../../../src/cli/output/view.ts";
import type { TransferEvent } from "../../../../src/batch/events.ts";

const MIB = 1_048_576;
const start = (name: string, size: number) =>
  ({ event: "start", source: `a:/${name}`, target: `b:/${name}`, size }) as const;
const progress = (name: string, bytes: number) =>
  ({ event: "progress", target: `b:/${name}`, bytes }) as const;
const ended = (
  name: string,
  bytes: number,
  outcome: TransferEvent["outcome"] = "succeeded",
): TransferEvent => ({
  event: "transfer",
  ...{ source: `a:/${name}`, target: `b:/${name}`, outcome, bytes },
  ...{ by: "relay", method: null, resumedFrom: 0, protected: false, digest: null, because: "" },
  ...{ seconds: 1, attempts: 1 },
});

describe("the live lines", () => {
  test("are none before anything is known", () => {
    expect(new View().lines(0)).toEqual([]);
  });

  test("tell of files in flight, of what was looked at and of the whole while that goes on", () => {
    const view = new View();
    view.note({ event: "scan", directories: 12, seen: 340, files: 5, bytes: 10 * MIB }, 0);
    view.note(start("big", 8 * MIB), 0);
    view.lines(0);
    view.note(progress("big", 2 * MIB), 1_000);
    expect(view.lines(1_000)).toEqual([
      "  b:/big  2.0 MiB of 8.0 MiB 25 %  2.0 MiB/s",
      "12 directories and 340 files listed so far",
      "0 of 5 files or more, 2.0 MiB of 10.0 MiB or more, 2.0 MiB/s",
    ]);
  });

  test("tell of several targets as of one, and of the source as far as the first has come", () => {
    const view = new View();
    view.note({ event: "scan", directories: 12, seen: 340, files: 5, bytes: 10, to: "b:/" }, 0);
    view.note({ event: "scan", directories: 3, seen: 30, files: 2, bytes: 4, to: "c:/" }, 0);
    expect(view.lines(0)).toEqual([
      "12 directories and 340 files listed so far",
      "0 of 7 files or more, 0 B of 14 B or more",
    ]);
    view.note({ event: "plan", files: 6, bytes: 12, to: "b:/" }, 0);
    expect(view.lines(0)[0]).toBe("3 directories and 30 files listed so far");
    const files = { copied: 0, kept: 0, deleted: 0, skipped: 0, failed: 0 };
    const bytes = { thirdParty: 0, relayed: 0, resumed: 0 };
    view.note({ event: "target", outcome: "failed", files, bytes, seconds: 1, to: "c:/" }, 0);
    expect(view.lines(0)).toEqual(["0 of 8 files, 0 B of 16 B"]);
  });

  test("tell how long it will take when all is known, by the pace of the last seconds", () => {
    const view = new View();
    view.note({ event: "plan", files: 4, bytes: 40 * MIB }, 0);
    view.lines(0);
    for (const name of ["slow", "fast"]) view.note(start(name, 10 * MIB), 0);
    view.note(ended("slow", 10 * MIB), 100_000);
    view.lines(100_000);
    view.note(ended("fast", 10 * MIB), 110_000);
    expect(view.lines(110_000)).toEqual(["2 of 4 files, 20.0 MiB of 40.0 MiB, 1.0 MiB/s, 20 s left"]);
  });

  test("count what failed and what was deleted", () => {
    const view = new View();
    view.note({ event: "plan", files: 1, bytes: 0 }, 0);
    view.note(ended("x", 0, "failed"), 0);
    view.note({ event: "fault", path: "a:/d", because: "no" }, 0);
    view.note({ event: "action", action: "trash", path: "b:/y", because: "no" }, 0);
    expect(view.lines(0)).toEqual(["0 of 1 files, 0 B of 0 B, 2 failed, 1 deleted"]);
  });
});
