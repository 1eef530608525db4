import { describe, expect, test } from "vitest";
import { RunReport } from "../../../../src/batch/report/report.ts";

const transfer = (name: string, outcome: "succeeded" | "failed") =>
  ({
    event: "transfer",
    ...{ source: `a:/${name}`, target: `b:/${name}`, outcome, because: `b: STOR /${name}: 550 no` },
    ...{ by: null, method: null, bytes: 0, resumedFrom: 0, protected: false, digest: null },
    ...{ seconds: 0, attempts: 2 },
  }) as const;

describe("a report", () => {
  test("tells the first hundred failures in full, and counts all by cause", () => {
    const report = new RunReport("then", false);
    for (let index = 0; index < 150; index += 1) report.note(transfer(`f${index}`, "failed"));
    report.note(transfer("good", "succeeded"));
    report.note({ event: "fault", path: "a:/d", because: "a: MLSD: 450 not now" });
    const { failed } = report.value("now");
    expect(failed.count).toBe(151);
    expect(failed.first).toHaveLength(100);
    expect(failed.first[0]).toEqual({
      path: "a:/f0",
      target: "b:/f0",
      because: "b: STOR /f0: 550 no",
      attempts: 2,
    });
    expect(failed.causes).toEqual([
      { count: 150, path: "a:/f0", because: "b: STOR /f0: 550 no" },
      { count: 1, path: "a:/d", because: "a: MLSD: 450 not now" },
    ]);
  });

  test("tells by which way a limit of the rate was kept for how many files", () => {
    const report = new RunReport("then", false);
    report.note(transfer("unlimited", "succeeded"));
    expect(report.value("now")).not.toHaveProperty("limitedBy");
    for (const way of ["admission", "pacing", "admission"] as const)
      report.note({ ...transfer(way, "succeeded"), limitedBy: way });
    expect(report.value("now").limitedBy).toEqual({ admission: 2, pacing: 1 });
  });

  test("tells what was left alone, all that was deleted, and how it ended", () => {
    const report = new RunReport("then", true);
    const action = { event: "action", because: "…" } as const;
    report.note({ ...action, action: "skip", path: "a:/left" });
    report.note({ ...action, action: "keep", path: "a:/kept" });
    report.note({ ...action, action: "delete", path: "b:/x" });
    report.note({ ...action, action: "trash", path: "b:/y" });
    expect(report.value(null)).toMatchObject({ ended: null, summary: null });
    const files = { copied: 0, kept: 1, deleted: 2, skipped: 1, failed: 0 };
    const bytes = { thirdParty: 0, relayed: 0, resumed: 0 };
    report.note({ event: "summary", outcome: "succeeded", files, bytes, seconds: 1 });
    expect(report.value("now")).toEqual({
      report: 1,
      ...{ began: "then", ended: "now", isDryRun: true },
      summary: { outcome: "succeeded", files, bytes, seconds: 1 },
      failed: { count: 0, causes: [], first: [] },
      leftAlone: {
        count: 1,
        causes: [{ count: 1, path: "a:/left", because: "…" }],
        first: [{ path: "a:/left", because: "…" }],
      },
      deleted: ["b:/x", "b:/y"],
    });
  });
});
