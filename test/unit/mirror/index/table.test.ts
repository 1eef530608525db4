import { describe, expect, test } from "vitest";
import type { IndexEntry } from "../../../../src/mirror/index/entry.ts";
import {
  decodeIndex,
  digestOfOptions,
  encodeIndex,
  IndexTable,
  keyOfDirectory,
  RECORD_BYTES,
} from "../../../../src/mirror/index/table.ts";

const OPTIONS = digestOfOptions("compare: size+time");

function entry(seed: number): IndexEntry {
  const print = seed.toString(16).padStart(16, "0");
  return { source: print, target: print.replace("0", "f"), sinceS: seed, exactS: seed + 100, targetS: seed };
}

function tableOf(count: number): IndexTable {
  const table = new IndexTable();
  for (let at = 0; at < count; at += 1) table.note(keyOfDirectory(`d${at}`), entry(at));
  return table;
}

function reread(table: IndexTable, isComplete = false): IndexTable {
  return new IndexTable(table.records(isComplete) ?? expect.fail("nothing to keep"));
}

describe("the table of an index", () => {
  test("finds all that was noted, now and when it is read again", () => {
    const table = tableOf(200);
    for (const of of [table, reread(table)])
      for (let at = 0; at < 200; at += 1) expect(of.find(keyOfDirectory(`d${at}`))).toEqual(entry(at));
    expect(reread(table).find(keyOfDirectory("e"))).toBeUndefined();
  });

  test("takes 40 bytes for a directory", () => {
    expect(tableOf(50).records(false)?.length).toBe(50 * RECORD_BYTES);
    expect(RECORD_BYTES).toBe(40);
  });

  test("keeps nothing of what was forgotten, and the last that was noted of a directory", () => {
    const table = reread(tableOf(3));
    table.forget(keyOfDirectory("d0"));
    table.note(keyOfDirectory("d1"), entry(77));
    const again = reread(table);
    expect(again.find(keyOfDirectory("d0"))).toBeUndefined();
    expect(again.find(keyOfDirectory("d1"))).toEqual(entry(77));
    expect(again.find(keyOfDirectory("d2"))).toEqual(entry(2));
  });

  test("drops directories that are gone only after a complete run", () => {
    const table = reread(tableOf(2));
    table.find(keyOfDirectory("d0"));
    expect(table.records(false)).toBeUndefined();
    expect(reread(table, true).find(keyOfDirectory("d1"))).toBeUndefined();
  });

  test("is not written again where nothing has changed", () => {
    const table = reread(tableOf(1));
    table.find(keyOfDirectory("d0"));
    table.forget(keyOfDirectory("elsewhere"));
    expect(table.records(true)).toBeUndefined();
  });
});

describe("an index as it is kept", () => {
  const kept = encodeIndex(OPTIONS, tableOf(5).records(false) ?? Buffer.alloc(0));

  test("is read as it was written", () => {
    const records = decodeIndex(kept, OPTIONS);
    if (typeof records === "string") return expect.fail(records);
    expect(new IndexTable(records).find(keyOfDirectory("d3"))).toEqual(entry(3));
  });

  test("of comparisons with other options is another index", () => {
    expect(decodeIndex(kept, digestOfOptions("compare: digest"))).toBe("other-options");
  });

  test("in which any bit is wrong, or that was cut, is not believed", () => {
    for (let at = 0; at < kept.length; at += 1) {
      const spoilt = Buffer.from(kept);
      spoilt[at] = (spoilt[at] ?? 0) ^ (1 << (at % 8));
      expect(decodeIndex(spoilt, OPTIONS)).toBe("damaged");
      expect(decodeIndex(kept.subarray(0, at), OPTIONS)).toBe("damaged");
    }
  });
});
