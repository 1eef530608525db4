import { expect, test } from "vitest";
import { countsOf, type Done } from "../../../../../src/orchestrator/worker/slice/done.ts";

test.each<[Done, object]>([
  [
    { what: "copied", by: "third-party", bytes: 5, resumed: 2 },
    { copied: 1, thirdParty: 5, resumed: 2 },
  ],
  [
    { what: "copied", by: "relay", bytes: 5, resumed: 0 },
    { copied: 1, relayed: 5 },
  ],
  [
    { what: "copied", by: "server-side", bytes: 5, resumed: 0 },
    { copied: 1, serverSide: 5 },
  ],
  [{ what: "kept", bytes: 0, resumed: 0 }, { kept: 1 }],
  [{ what: "skipped", bytes: 0, resumed: 0 }, { skipped: 1 }],
])("%o counts for %o and nothing else", (done, counts) => {
  const nothing = Object.fromEntries(Object.keys(countsOf(done)).map((name) => [name, 0]));
  expect(countsOf(done)).toEqual({ ...nothing, ...counts });
});
