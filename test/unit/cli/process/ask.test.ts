import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { countedFiles, questionsOn } from "../../../../src/cli/process/ask.ts";

const NAMES = ["a", "b\u001b[2J", "c", "d", "e", "f", "g"];

/** Each line is an answer; the input ends behind them. */
async function asked(...answers: readonly string[]) {
  const [input, output] = [new PassThrough(), new PassThrough()];
  input.end(answers.map((answer) => `${answer}\n`).join(""));
  const ask = questionsOn({ input, output });
  const isAgreed = await ask({ what: "delete 7 files", names: NAMES }, new AbortController().signal);
  return { isAgreed, text: String(output.read()) };
}

test("only yes is yes: not an empty line, and not the end of the input", async () => {
  for (const answer of ["y", "YES", " yes "]) expect((await asked(answer)).isAgreed).toBe(true);
  for (const answer of ["", "n", "no", "yep", "delete"]) expect((await asked(answer)).isAgreed).toBe(false);
  expect((await asked()).isAgreed).toBe(false);
});

test("the question has the first names, and a list of all on request, safe to show", async () => {
  const question = "delete 7 files: a, b\\x1b[2J, c, d, e and 2 more? [y]es, [N]o, [l]ist all: ";
  expect((await asked("n")).text).toBe(question);
  const list = "  a\n  b\\x1b[2J\n  c\n  d\n  e\n  f\n  g\n";
  expect(await asked("l", "y")).toEqual({ isAgreed: true, text: `${question}${list}${question}` });
});

test("whoever is interrupted is not asked any longer", async () => {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const controller = new AbortController();
  const answer = questionsOn({ input, output })({ what: "delete", names: ["a"] }, controller.signal);
  output.once("data", () => controller.abort());
  await expect(answer).rejects.toThrow(/abort/i);
});

test.each([
  [0, 0, "0 files"],
  [1, 1, "1 file and 1 directory"],
  [2, 0, "2 files"],
  [0, 3, "3 directories"],
])("%i and %i", (files, directories, words) => {
  expect(countedFiles(files, directories)).toBe(words);
});
