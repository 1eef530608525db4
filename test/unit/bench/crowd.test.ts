import { expect, test } from "vitest";
import { crowdCases, formatCrowds, growthOf } from "../../bench/crowd.ts";
import { parseOptions } from "../../bench/options.ts";
import { rowsFor } from "../../bench/rows.ts";
import { sessionsIn } from "../../bench/sessions.ts";

const line = (pid: number, what: string) => `Sat Nov 21 13:24:29 2026 [pid ${pid}] ${what}`;
const connect = (pid: number) => line(pid, 'CONNECT: Client "127.0.0.1"');
const quit = (pid: number) => line(pid, '[ftp] FTP command: Client "127.0.0.1", "QUIT"');

test("a crowd is a row of its own, a tenth of it before the whole one", () => {
  const options = parseOptions(["--only", "many-10000"]);
  expect(rowsFor(options)).toEqual([]);
  expect(crowdCases(options).map(({ files }) => files)).toEqual([1_000, 10_000]);
  expect(crowdCases(parseOptions(["--only", "many-lanes"]))).toEqual([]);
});

test("a session is there from its connection to its QUIT", () => {
  expect(sessionsIn("")).toEqual({ most: 0, refused: 0 });
  const log = [connect(7), connect(8), quit(7), connect(9), quit(8), quit(9), connect(7)].join("\n");
  expect(sessionsIn(log)).toEqual({ most: 2, refused: 0 });
});

test("a refused connection is counted as refused and not as open", () => {
  const refusal = `${connect(9)}, "Connection refused: too many sessions for this address."`;
  expect(sessionsIn([connect(8), refusal, quit(8)].join("\n"))).toEqual({ most: 1, refused: 1 });
});

test("a name with QUIT in it ends no session", () => {
  const stored = line(8, '[ftp] FTP command: Client "127.0.0.1", "STOR a "QUIT"x"');
  expect(sessionsIn([connect(8), stored, connect(9)].join("\n")).most).toBe(2);
});

test("memory that grows with the files is no figure", () => {
  const few = {
    name: "few",
    files: 10,
    residentOctets: 5e7,
    seconds: 1,
    mostSessions: 8,
    because: undefined,
  };
  expect(growthOf(few, { ...few, files: 100, residentOctets: 1e8 })).toBeUndefined();
  expect(growthOf(few, { ...few, files: 100, residentOctets: 1.3e8 })).toBe(
    "2.6 times the memory of 10 files",
  );
});

test("what is no figure is said below the table", () => {
  const crowd = {
    name: "some",
    files: 10,
    residentOctets: 5e7,
    seconds: 1,
    mostSessions: 8,
    because: undefined,
  };
  expect(formatCrowds([crowd])).toMatch(/\| some \| 10 \| 8 \| 50\.0 \| 1\.0 \|$/);
  expect(formatCrowds([{ ...crowd, because: "status 1" }])).toMatch(/\| – \| – \| – \|\n\n- some: status 1$/);
});
