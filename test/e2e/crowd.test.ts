import { expect, test } from "vitest";
import { LANES, measureCrowd } from "../bench/crowd.ts";
import { MAIN } from "../support/program.ts";

test("a thousand files over eight lanes: equal trees, and never more connections than a server allows", async () => {
  const crowd = await measureCrowd({ name: "a thousand", files: 1_000 }, MAIN, new AbortController().signal);
  expect(crowd.because).toBeUndefined();
  // By the servers' own logs; one lane would have done it as well.
  expect(crowd.mostSessions).toBeGreaterThan(1);
  expect(crowd.mostSessions).toBeLessThanOrEqual(LANES);
}, 120_000);
