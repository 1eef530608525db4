import { createInterface } from "node:readline";
import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { NEW_SEARCH, searchable, searchAfter } from "../../../../../src/cli/ftp/input/history-search.ts";

/** Newest first, as readline has them. */
const LINES = ["get b.txt", "cd pub", "get a.txt", "user me"];
const CTRL_R = "\x12";
const CTRL_S = "\x13";
const CTRL_G = "\x07";
const BACKSPACE = "\x7f";

/** The line that is carried out after these keys. */
async function typed(keys: string): Promise<{ readonly line: string; readonly seen: string }> {
  const [input, output] = [new PassThrough(), new PassThrough()];
  let seen = "";
  output.on("data", (chunk: Buffer) => (seen += chunk.toString()));
  const reader = createInterface({ input, output, terminal: true, history: [...LINES] });
  searchable(reader, LINES);
  const line = new Promise<string>((tell) => reader.question("ftp> ", tell));
  input.write(keys);
  try {
    return { line: await line, seen };
  } finally {
    reader.close();
  }
}

test.each([
  [`${CTRL_R}get\r`, "get b.txt"],
  [`${CTRL_R}get${CTRL_R}\r`, "get a.txt"],
  [`${CTRL_R}get${CTRL_R}${CTRL_S}\r`, "get b.txt"],
  [`${CTRL_R}a.t\r`, "get a.txt"],
  [`${CTRL_R}a.tx${BACKSPACE}${BACKSPACE}${BACKSPACE}${BACKSPACE}pub\r`, "cd pub"],
  [`half${CTRL_R}get${CTRL_G}\r`, "half"],
  [`half${CTRL_R}nowhere\r`, "half"],
  [`${CTRL_R}pub\x05lic\r`, "cd public"],
])("after the keys %j the line is %s", async (keys, expected) => {
  expect((await typed(keys)).line).toBe(expected);
});

test("the search and what it found are shown, and the prompt is back when it ends", async () => {
  const { seen } = await typed(`${CTRL_R}pub\r`);
  expect(seen).toContain("(reverse-i-search)`pub': cd pub");
  expect(seen.lastIndexOf("ftp> cd pub")).toBeGreaterThan(seen.lastIndexOf("reverse-i-search"));
  expect((await typed(`${CTRL_R}nowhere${CTRL_G}\r`)).seen).toContain("(failed reverse-i-search)`nowhere': ");
});

test("a search that fails keeps the line that it found before; Escape gives up", () => {
  const key = (name: string, ctrl = false) => ({ name, ctrl, meta: false, shift: false });
  let search = NEW_SEARCH;
  for (const letter of "me") {
    const next = searchAfter(search, letter, key(letter), LINES);
    if (typeof next === "string") throw new Error(next);
    search = next;
  }
  expect(search).toEqual({ wanted: "me", at: 3, isFailing: false });
  expect(searchAfter(search, undefined, key("r", true), LINES)).toEqual({ ...search, isFailing: true });
  expect(searchAfter(search, undefined, key("escape"), LINES)).toBe("cancelled");
  expect(searchAfter(search, undefined, key("c", true), LINES)).toBe("cancelled");
  expect(searchAfter(search, "\t", key("tab"), LINES)).toBe("accepted");
});
