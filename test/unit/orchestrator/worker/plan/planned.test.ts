import { expect, test } from "vitest";
import { Planned } from "../../../../../src/orchestrator/worker/plan/planned.ts";

test("what is planned for several targets is added up, and the last word of each counts", () => {
  const planned = new Planned();
  const scan = { event: "scan", directories: 1, seen: 1 } as const;
  expect(planned.sum).toEqual({ files: 0, bytes: 0 });
  expect(planned.note({ ...scan, files: 1, bytes: 10, to: "a:/" })).toBe(true);
  expect(planned.note({ ...scan, files: 2, bytes: 20, to: "b:/" })).toBe(true);
  expect(planned.note({ event: "plan", files: 3, bytes: 30, to: "a:/" })).toBe(true);
  expect(planned.note({ event: "fault", path: "/x", because: "550" })).toBe(false);
  expect(planned.sum).toEqual({ files: 5, bytes: 50 });
});
