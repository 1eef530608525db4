import { expect, test } from "vitest";
import { Meter } from "../../../../../src/cli/ftp/shown/meter.ts";

function shown(
  columns: number | undefined,
  hashBytes: number | undefined,
  moves: readonly [number, number?][],
) {
  let [out, err] = ["", ""];
  const io = {
    out: (text: Uint8Array | string) => void (out += Buffer.from(text).toString()),
    err: (text: string) => void (err += text),
    isTerminal: columns !== undefined,
    ...(columns === undefined ? {} : { columns: () => columns }),
    directory: "/",
  };
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
