import { expect, test } from "vitest";
import { withLiveLine } from "../../../../../src/cli/ftp/shown/live-line.ts";
import { Meter } from "../../../../../src/cli/ftp/shown/meter.ts";

function shown(
  columns: number | undefined,
  hashBytes: number | undefined,
  moves: readonly [number, number?][],
) {
  let [out, err] = ["", ""];
  const terminal = {
    out: (text: Uint8Array | string) => void (out += Buffer.from(text).toString()),
    err: (text: string) => void (err += text),
    isTerminal: columns !== undefined,
    directory: "/",
  };
  const io = columns === undefined ? terminal : withLiveLine(terminal, () => columns);
  const meter = new Meter(io, "pub/a.iso", { hashBytes, progress: true, bell: false });
  for (const [bytes, size] of moves) meter.at(bytes, size);
  meter.end();
  return { out, err };
}

test("on a terminal a line tells how much of the file has moved, and is taken away at the end", () => {
  const { out, err } = shown(80, undefined, [[1024 ** 2, 4 * 1024 ** 2]]);
  expect(err).toMatch(/^\r\x1b\[Kpub\/a\.iso {2}1\.0 MiB of 4\.0 MiB 25 % {2}[^\r]*\r\x1b\[K$/);
  expect(out).toBe("");
});

test("without a size it tells what has moved", () => {
  expect(shown(80, undefined, [[1024 ** 2]]).err).toMatch(/pub\/a\.iso {2}1\.0 MiB {2}/);
});

test("the line is never as wide as the terminal: the name is cut, and not the figures", () => {
  const { err } = shown(40, undefined, [[1024 ** 2, 4 * 1024 ** 2]]);
  const line = err.split("\x1b[K")[1]?.replace("\r", "") ?? "";
  expect(line.length).toBeLessThan(40);
  expect(line).toContain("25 %");
});

test("hash marks take its place, also where there is no terminal", () => {
  expect(
    shown(80, 1_000, [
      [2_500, 5_000],
      [5_000, 5_000],
    ]),
  ).toEqual({ out: "#####\n", err: "" });
  expect(shown(undefined, undefined, [[2_500, 5_000]])).toEqual({ out: "", err: "" });
});

test("what else is written takes the line away first, and nothing is taken away twice", () => {
  let seen = "";
  const terminal = {
    out: (text: Uint8Array | string) => void (seen += Buffer.from(text).toString()),
    err: (text: string) => void (seen += text),
    isTerminal: true,
    directory: "/",
  };
  const io = withLiveLine(terminal, () => 0);
  io.out("150 here\n");
  io.live?.draw("a.iso  25 %");
  io.out("226 done\n");
  io.err("a note\n");
  io.live?.clear();
  expect(seen).toBe("150 here\n\r\x1b[Ka.iso  25 %\r\x1b[K226 done\na note\n");
  expect(io.live?.columns()).toBe(80);
});
