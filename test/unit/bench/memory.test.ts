import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { formatPeaks, measurePeak, memoryCases } from "../../bench/memory.ts";
import { parseOptions } from "../../bench/options.ts";
import { rowsFor } from "../../bench/rows.ts";

const signal = new AbortController().signal;

test("memory is a row of its own, a tenth of the tree before the whole one", () => {
  expect(rowsFor(parseOptions(["--only", "memory"]))).toEqual([]);
  const cases = memoryCases(parseOptions(["--only", "memory-equal"]));
  expect(cases.map(({ name, shape }) => [name, shape.files, shape.directories])).toEqual([
    ["memory-equal-tenth", 100_000, 2_000],
    ["memory-equal", 1_000_000, 20_000],
  ]);
  expect(memoryCases(parseOptions(["--only", "small"]))).toEqual([]);
  expect(memoryCases(parseOptions(["--client", "lftp"]))).toEqual([]);
});

test("a peak is seen when it is over, and is no figure where directories were left out", async () => {
  const work = await mkdtemp(join(tmpdir(), "fxpd-peak-"));
  try {
    const main = join(work, "main.mjs");
    // What was taken is given back before the end.
    const lines = [
      "let taken = Buffer.alloc(300_000_000, 1);",
      "await new Promise((resolve) => setTimeout(resolve, 300));",
      "taken = undefined;",
      "gc();",
      "await new Promise((resolve) => setTimeout(resolve, 300));",
    ];
    await writeFile(
      main,
      `import v8 from "node:v8"; import vm from "node:vm";
v8.setFlagsFromString("--expose-gc"); const gc = vm.runInNewContext("gc");\n${lines.join("\n")}\n`,
    );
    const shape = { files: 100, directories: 2 };
    const peak = await measurePeak({ name: "some", target: "new", shape }, main, signal);
    expect(peak).toMatchObject({ files: 100, because: "0 of 2 directories listed" });
    expect(peak.residentOctets).toBeGreaterThan(300_000_000);
    expect(peak.residentOctets).toBeLessThan(600_000_000);
    expect(formatPeaks([peak])).toMatch(
      /\| some \| 100 \| 2 \| – \| – \|\n\n- some: 0 of 2 directories listed$/,
    );
  } finally {
    await rm(work, { recursive: true, force: true });
  }
});
