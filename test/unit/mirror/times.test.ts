import { afterEach, describe, expect, test } from "vitest";
import type { Place } from "../../../src/batch/pool.ts";
import { formatListedTime } from "../../../src/mirror/decide/facts-json.ts";
import { isSameTime } from "../../../src/mirror/decide/times.ts";
import { mirror } from "../../../src/mirror/mirror.ts";
import { systemClock } from "../../../src/shared/clock.ts";
import { FtpSide } from "../../../src/transfer/sides/ftp-side.ts";
import { copyDeps } from "../../support/edges.ts";
import { mirrorRequest, writtenHere } from "../../support/mirror-scene.ts";
import { settingsFor } from "../../support/settings.ts";
import { type TreeServer, treeServer } from "../../support/tree-server.ts";
import { treeOf } from "../../support/trees.ts";

const FILES = 6;
const open: TreeServer[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server[Symbol.asyncDispose]();
});

function placeOf(name: string, server: TreeServer): Place {
  const connect = () => new FtpSide(settingsFor(name, server), { clock: systemClock });
  return { key: name, name, at: (path) => `${name}:${path}`, connect, limit: 4 };
}

describe("a target that is given commands ahead and sets no times", () => {
  test.each([
    { fxp: "only", form: "facts" },
    { fxp: "never", form: "facts" },
    { fxp: "never", form: "lines" },
  ] as const)("is known again by what was written (%o)", async ({ fxp, form }) => {
    const source = await treeServer({
      tree: treeOf({ files: FILES, directories: 2, octets: [5, 5] }),
      greeting: "220 (vsFTPd 3.0.5)",
    });
    const target = await treeServer({ form, keepsTimes: false, greeting: "220 (vsFTPd 3.0.5)" });
    open.push(source, target);
    const { deps } = copyDeps();
    const written = writtenHere();
    const transfer = { fxp, verify: "size", resume: "record", preserveTimes: true } as const;
    const request = mirrorRequest(placeOf("source", source), placeOf("target", target), { transfer });
    const { signal } = new AbortController();
    const first = await mirror(request, { ...deps, written }, signal);
    expect(first.files).toMatchObject({ copied: FILES, kept: 0 });
    const second = await mirror(request, { ...deps, written }, signal);
    expect(second.files).toMatchObject({ copied: 0, kept: FILES });
  });
});

test("a day of a known zone is the day there, and is written as the minute at which it begins", () => {
  const [atMs, listedMs] = [Date.UTC(2020, 1, 2, 15), Date.UTC(2020, 1, 3)];
  const day = { atMs, listedMs, precision: "day", zone: "utc" } as const;
  const second = (ms: number) => ({ atMs: ms, precision: "second", zone: "utc" }) as const;
  expect(isSameTime(day, second(atMs), 0, 0)).toBe(true);
  expect(isSameTime(day, second(atMs + 86_399_000), 0, 0)).toBe(true);
  expect(isSameTime(day, second(atMs - 1_000), 0, 0)).toBe(false);
  expect(isSameTime(day, second(atMs + 86_400_000), 0, 0)).toBe(false);
  expect(formatListedTime(day)).toBe("2020-02-02T15:00Z");
});
