import { expect, test } from "vitest";
import { logLine, runLine, runLines } from "../../../../src/cli/output/run-lines.ts";
import { noCounts, type Run } from "../../../../src/orchestrator/runs/run.ts";

const RUN: Run = {
  id: "nightly_1",
  order: {
    ...{
      job: "nightly",
      document: {},
      rules: [],
      dryRun: false,
      requestedBy: "person",
      because: "asked for",
    },
  },
  ...{ state: "running", wish: "run", isRecovery: false, createdMs: 0, startedMs: 0, generation: 1 },
  counters: noCounts(),
};

test("a run is shown with the files that are in flight and how far they are", () => {
  const flying = [
    { source: "a:/big", target: "b:/big", sizeBytes: 4_194_304, bytes: 1_048_576, startedMs: 0 },
    { source: "a:/other", target: "b:/other", bytes: 1_024, startedMs: 1_000 },
    {
      source: "a:/down",
      target: "/down",
      bytes: 0,
      startedMs: 0,
      by: "relay",
      method: null,
      local: "target",
      worker: "h-1-a",
      lane: 2,
    } as const,
  ];
  const lines = runLines(RUN, 2_000, { flying });
  expect(lines).toContain("  in flight  3 files, 1.0 MiB so far");
  expect(lines).toContain("    a:/big  1.0 MiB of 4.0 MiB  2.0 s");
  expect(lines).toContain("    a:/other  1.0 KiB  1.0 s");
  expect(lines).toContain("    a:/down  0 B  2.0 s  download  lane 2 of h-1-a");
});

test("a dry run is shown as one, with what it would have copied", () => {
  const order = { ...RUN.order, dryRun: true };
  const counters = { ...noCounts(), files: 20, bytes: 2_048, kept: 3 };
  expect(runLine({ ...RUN, order, counters, state: "ended", outcome: "succeeded" })).toBe(
    "nightly_1  succeeded (dry run: nothing was changed)  20 to copy, 2.0 KiB, 3 kept",
  );
});

test("the log of a dry run says what would have been done", () => {
  const event = { event: "action", path: "b:pub", because: "only at the source" } as const;
  expect(logLine({ ...event, action: "make-directory" }, true)).toBe(
    "would make directory b:pub: only at the source",
  );
  expect(logLine({ ...event, action: "keep" }, true)).toBe("keep b:pub: only at the source");
  expect(logLine({ ...event, action: "make-directory" })).toBe("make-directory b:pub: only at the source");
});

test("a run is shown with what is worth knowing of it as a whole", () => {
  const lines = runLines(RUN, 0, { notes: ["file contents go unencrypted"] });
  expect(lines).toContain("  note       file contents go unencrypted");
  expect(lines.join()).not.toContain("in flight");
});

test("a run is shown with why its files have failed, the most frequent reason first, and not without end", () => {
  const causes = ["full", "b", "c", "d", "e", "f"].map((because, at) => ({
    because,
    count: at === 0 ? 7 : 1,
  }));
  const lines = runLines(RUN, 0, { causes }).filter((line) => line.startsWith("  failed "));
  expect(lines).toHaveLength(6);
  expect(lines[0]).toBe("  failed     7 files: full");
  expect(lines[1]).toBe("  failed     1 file: b");
  expect(lines[5]).toBe("  failed     other reasons: 1");
});

test("the end of a run is a sentence in its log, and no JSON", () => {
  const files = { copied: 0, kept: 2, deleted: 0, skipped: 0, failed: 1 };
  const bytes = { thirdParty: 0, relayed: 0, resumed: 0 };
  expect(logLine({ event: "summary", outcome: "failed", files, bytes, seconds: 1 })).toBe(
    "failed: 0 copied, 2 kept, 1 failed",
  );
});
