import { expect, test } from "vitest";
import { parseLine, quoteWord, wordsOf } from "../../../../src/console/grammar/words.ts";
import fc from "fast-check";

test.each([
  ["get a b", "get", ["a", "b"]],
  ["  put  file.txt  ", "put", ["file.txt"]],
  ["binary\r", "binary", []],
  ['get "two words" x', "get", ["two words", "x"]],
  ["put |tar\\ cf\\ -\\ . x.tar", "put", ["|tar cf - .", "x.tar"]],
  ['user tester ""', "user", ["tester", ""]],
  ["$up a", "$", ["up", "a"]],
])("the line %j is the command %s with its words", (text, name, words) => {
  expect(parseLine(text)).toMatchObject({ name, words });
});

test.each(["", "   ", "\r\n", "# comment", "  # comment"])("the line %j is no command", (text) => {
  expect(parseLine(text)).toBeUndefined();
});

test("what follows ! goes to the shell as it is", () => {
  expect(parseLine('!echo "a  b" | wc')).toMatchObject({ name: "!", rest: 'echo "a  b" | wc' });
});

test("a word that was quoted is the same word again", () => {
  fc.assert(
    fc.property(fc.string(), (word) => {
      expect(wordsOf(quoteWord(word))).toEqual([word]);
    }),
  );
});
