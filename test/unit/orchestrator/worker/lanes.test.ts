import { expect, test } from "vitest";
import { laneCounts, lanesByRun } from "../../../../src/orchestrator/worker/lanes.ts";

const PLACES = [
  { key: "me@192.0.2.1:21", name: "archive" },
  { key: "me@192.0.2.2:21", name: "edge" },
];
const lane = (run: string, lack?: string) => ({ run, lack, places: PLACES });

test("a lane that waits is not busy, and says for which host", () => {
  const lanes = [
    lane("one"),
    lane("one", "host me@192.0.2.2:21"),
    lane("one", "host me@192.0.2.2:21"),
    lane("one", "logins of me@192.0.2.1:21"),
    lane("two", "run two"),
    lane("three"),
  ];
  expect(lanesByRun(lanes)).toEqual([
    {
      run: "one",
      lanes: 1,
      waiting: [
        { for: "a connection to edge", host: "edge", lanes: 2 },
        { for: "a login to archive", host: "archive", lanes: 1 },
      ],
    },
    { run: "two", lanes: 0, waiting: [{ for: "other files of the run", lanes: 1 }] },
    { run: "three", lanes: 1 },
  ]);
  expect(laneCounts([{ lanes: 8, busy: lanesByRun(lanes) }, { lanes: 2 }, {}])).toEqual({
    ...{ busy: 2, waiting: 4, idle: 4 },
    waitingFor: new Map([
      ["edge", 2],
      ["archive", 1],
    ]),
  });
});
