import { describe, expect, test } from "vitest";
import { DirectoryCounts } from "../../../../src/wiring/hooks/directory-counts.ts";

function counted() {
  const told: [string, object][] = [];
  return { counts: new DirectoryCounts((directory, files) => told.push([directory, files])), told };
}

describe("a directory is finished", () => {
  test("when all of its files have ended, and not before all are planned", () => {
    const { counts, told } = counted();
    counts.planned("b:d");
    counts.ended("b:d", "copied");
    expect(told).toEqual([]);
    counts.planned("b:d");
    counts.listed("b:d");
    expect(told).toEqual([]);
    counts.ended("b:d", "failed");
    expect(told).toEqual([["b:d", { copied: 1, left: 0, failed: 1 }]]);
    counts.finish();
    expect(told).toHaveLength(1);
  });

  test("by itself, whatever others do", () => {
    const { counts, told } = counted();
    for (const directory of ["b:d", "b:d/e"]) {
      counts.planned(directory);
      counts.listed(directory);
    }
    counts.ended("b:d/e", "copied");
    expect(told.map(([directory]) => directory)).toEqual(["b:d/e"]);
  });

  test("at the end of the run, where a file of it had its turn later", () => {
    const { counts, told } = counted();
    counts.planned("b:d");
    counts.held("b:d");
    counts.listed("b:d");
    counts.ended("b:d", "copied");
    counts.ended("b:d", "copied");
    expect(told).toEqual([]);
    counts.finish();
    expect(told).toEqual([["b:d", { copied: 2, left: 0, failed: 0 }]]);
  });

  test("never, where not all of its files were tried", () => {
    const { counts, told } = counted();
    counts.planned("b:d");
    counts.planned("b:d");
    counts.listed("b:d");
    counts.ended("b:d", "copied");
    counts.finish();
    expect(told).toEqual([]);
  });

  test("without a word, where all files were left as they were", () => {
    const { counts, told } = counted();
    counts.planned("b:d");
    counts.listed("b:d");
    counts.ended("b:d", "left");
    counts.listed("b:empty");
    counts.finish();
    expect(told).toEqual([]);
  });
});
