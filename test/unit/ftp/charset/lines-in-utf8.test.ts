import { expect, test } from "vitest";
import { linesInUtf8 } from "../../../../src/ftp/charset/lines-in-utf8.ts";
import { codecOf } from "../../../../src/ftp/charset/name-codec.ts";

test("lines are converted to UTF-8 wherever they are cut", () => {
  const names = codecOf("shift_jis");
  const octets = names.encode("表 1\nソ\n能");
  for (let cut = 0; cut <= octets.length; cut += 1) {
    const lines = linesInUtf8(names);
    const parts = [lines.push(octets.subarray(0, cut)), lines.push(octets.subarray(cut)), lines.end()];
    expect(Buffer.concat(parts).toString()).toBe("表 1\nソ\n能");
  }
});
