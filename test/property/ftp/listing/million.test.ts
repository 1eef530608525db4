import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { createListingReader } from "../../../../src/ftp/listing/list.ts";
import { NOW_MS } from "./read-all.ts";

describe("a million entries", () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const heapUsed = () => {
    collect();
    return process.memoryUsage().heapUsed;
  };

  test.each([
    [
      "mlsd",
      (at: number) =>
        `type=file;size=${at};modify=20261120023607;UNIX.mode=0644;unique=fe00g20e${at}; an entry ${at}`,
    ],
    ["list", (at: number) => `-rw-r--r--    1 0        0        ${at} Nov 20 02:36 an entry ${at}`],
    ["list", (at: number) => `11-20-26  02:36AM ${String(at).padStart(20)} an entry ${at}`],
  ] as const)("pass through in the memory of a few: %s %#", (format, line) => {
    const [batches, each] = [1_000, 1_000];
    const reader = createListingReader({ nowMs: NOW_MS, format });
    const before = heapUsed();
    let [entries, bytes, most] = [0, 0, 0];
    for (let batch = 0; batch < batches; batch += 1) {
      const lines = Array.from({ length: each }, (_, at) => `${line(batch * each + at)}\r\n`);
      for (const { sizeBytes = 0 } of reader.push(Buffer.from(lines.join("")))) {
        entries += 1;
        bytes += sizeBytes;
      }
      if (batch % 100 === 99) most = Math.max(most, heapUsed() - before);
    }
    for (const { sizeBytes = 0 } of reader.end()) {
      entries += 1;
      bytes += sizeBytes;
    }
    expect({ entries, bytes }).toEqual({ entries: 1_000_000, bytes: 499_999_500_000 });
    expect(reader.misread).toBeUndefined();
    expect(most).toBeLessThan(20_000_000);
  });
});
