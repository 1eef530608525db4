import { describe, expect, test } from "vitest";
import { type DataPath, DataPaths, UNKNOWN_PATH } from "../../../../src/transfer/move/data-path.ts";

const encrypted: DataPath = { by: "third-party", method: "target-sscn", protected: true };
const clear: DataPath = { by: "relay", method: null, protected: false };
const onServer: DataPath = { by: "server-side", method: null, protected: null };

function paths(earlier: DataPath | undefined, ...attempts: readonly DataPath[]): DataPaths {
  const all = new DataPaths(earlier);
  for (const path of attempts) all.note(path);
  return all;
}

describe("whether a file was protected", () => {
  test.each([
    { name: "one private path", all: paths(undefined, encrypted), is: true },
    { name: "one clear path", all: paths(undefined, clear), is: false },
    { name: "clear after private", all: paths(encrypted, clear), is: false },
    { name: "private after clear", all: paths(clear, encrypted), is: false },
    { name: "private after private", all: paths(encrypted, encrypted), is: true },
    { name: "private after unknown", all: paths(UNKNOWN_PATH, encrypted), is: null },
    { name: "clear after unknown", all: paths(UNKNOWN_PATH, clear), is: false },
    { name: "a copy that the server made", all: paths(undefined, onServer), is: null },
    { name: "nothing but what an earlier try sent in clear", all: paths(clear), is: false },
    { name: "nothing but what an earlier try sent, unknown how", all: paths(UNKNOWN_PATH), is: null },
    {
      name: "an attempt in this try that was repeated by another method",
      all: paths(undefined, clear, encrypted),
      is: true,
    },
  ])("$name: $is", ({ all, is }) => expect(all.ofFile.protected).toBe(is));

  test("the way is that of the last bytes", () => {
    expect(paths(encrypted, clear).ofFile).toMatchObject({ by: "relay", method: null });
    expect(paths(encrypted).ofFile).toMatchObject({ by: "third-party", method: "target-sscn" });
  });

  test("of a partial file every attempt counts; where nothing was sent, nothing is recorded", () => {
    expect(paths(undefined, clear, encrypted).ofPartial?.protected).toBe(false);
    expect(paths(undefined).ofPartial).toBeUndefined();
  });

  test("what is deleted counts no more", () => {
    const all = paths(clear, clear);
    all.startAnew();
    all.note(encrypted);
    expect(all.ofFile).toEqual(encrypted);
  });
});
