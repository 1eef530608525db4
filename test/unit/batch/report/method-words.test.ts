import { expect, test } from "vitest";
import { methodWords } from "../../../../src/batch/report/method-words.ts";

test.each([
  [{}, undefined],
  [{ by: "third-party", method: "source-pasv" }, "source-pasv"],
  [{ by: "server-side", method: null }, "server-side"],
  [{ by: "relay", method: null }, "relay"],
  [{ by: "relay", local: "source" }, "upload"],
  [{ by: "relay", local: "target" }, "download"],
  [{ by: "relay", local: "both" }, "local copy"],
] as const)("%j is called %s", (moved, words) => expect(methodWords(moved)).toBe(words));
