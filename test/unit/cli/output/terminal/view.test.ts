import { describe, expect, test } from "vitest";
import { View } from "../../../../../src/cli/output/terminal/view.ts";
import type { TransferEvent } from "../../../../../src/batch/events.ts";

const MIB = 1_048_576;
const start = (name: string, size: number) =>
  ({ event: "start", source: `a:/${name}`, target: `b:/${name}`, size }) as const;
const progress = (name: string, bytes: number) =>
  ({ event: "progress", target: `b:/${name}`, bytes, from: 0 }) as const;
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

  test("have one line for each file whose bytes are moving, and none for those that wait for their names", () => {
    const view = new View();
    view.note({ event: "plan", files: 600, bytes: 600 * MIB }, 0);
    for (let at = 0; at < 20; at += 1) view.note(start(`f${at}`, MIB), 0);
    for (let at = 0; at < 14; at += 1) view.note({ event: "sent", target: `b:/f${at}` }, 0);
    const lines = view.lines(0);
    expect(lines.slice(0, -1)).toHaveLength(6);
    expect(lines.at(-1)).toBe("0 of 600 files, 14.0 MiB of 600.0 MiB");
  });

  test("never tell of less planned than done, however late the plan is", () => {
    const view = new View();
    view.note({ event: "scan", directories: 1, seen: 3, files: 1, bytes: 10 }, 0);
    for (const name of ["a", "b"]) {
      view.note(start(name, 100), 0);
      view.note(ended(name, 100), 0);
    }
    view.note(start("c", 50), 0);
    view.note(progress("c", 20), 0);
    expect(view.lines(0).at(-1)).toBe("2 of 3 files or more, 220 B of 250 B or more");
  });

  test("have no line for a file that waits for its next try", () => {
    const view = new View();
    view.note({ event: "plan", files: 1, bytes: 10 }, 0);
    view.note(start("a", 10), 0);
    const again = { source: "a:/a", target: "b:/a", because: "lost", afterSeconds: 60, attempt: 2 };
    view.note({ event: "retry", ...again }, 0);
    expect(view.lines(0)).toEqual(["0 of 1 file, 0 B of 10 B"]);
  });

  test("count bytes that were there already as done, and not in the rate", () => {
    const view = new View();
    view.note({ event: "plan", files: 1, bytes: 100 * MIB }, 0);
    view.note(start("a", 100 * MIB), 0);
    view.lines(0);
    view.note({ ...progress("a", 90 * MIB), from: 80 * MIB }, 10_000);
    expect(view.lines(10_000).at(-1)).toBe("0 of 1 file, 90.0 MiB of 100.0 MiB, 1.0 MiB/s, 10 s left");
    view.note({ ...ended("a", 20 * MIB), resumedFrom: 80 * MIB }, 20_000);
    expect(view.lines(20_000).at(-1)).toBe("1 of 1 file, 100.0 MiB of 100.0 MiB, 1.0 MiB/s");
  });

  test("count what failed and what was deleted", () => {
    const view = new View();
    view.note({ event: "plan", files: 1, bytes: 0 }, 0);
    view.note(ended("x", 0, "failed"), 0);
    view.note({ event: "fault", path: "a:/d", because: "no" }, 0);
    view.note({ event: "action", action: "trash", path: "b:/y", because: "no" }, 0);
    expect(view.lines(0)).toEqual(["0 of 1 file, 0 B of 0 B, 2 failed, 1 deleted"]);
  });
});
