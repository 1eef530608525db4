import { describe, expect, test } from "vitest";
import { commandHere, optionHere, withHabit } from "../../../src/cli/foreign-habits.ts";

describe("options of other programs", () => {
  test.each([
    ["--transfers", ["copy", "--transfers", "8", "a:", "b:"], "--transfers 8 (rclone) is --parallel 8 here"],
    ["--transfers=8", ["copy", "--transfers=8"], "--transfers=8 (rclone) is --parallel 8 here"],
    ["--transfers", ["copy", "--transfers"], "--transfers (rclone) is --parallel VALUE here"],
    ["--only-newer", ["mirror", "--only-newer", "a:"], "--only-newer (lftp) is --on-exists newer here"],
    ["-preview", ["mirror", "-preview"], "-preview (WinSCP) is --dry-run here"],
  ])("%s", (option, args, sentence) => {
    expect(optionHere(option, args)).toBe(sentence);
  });

  test("what nobody has, and names that every object has, get no sentence", () => {
    for (const name of ["--nonsense", "constructor", "__proto__", ""]) {
      expect(optionHere(name, [name])).toBeUndefined();
      expect(commandHere(name)).toBeUndefined();
    }
  });
});

test("the sentence takes the place of the parser's guess, and everything else stays", () => {
  const message = "fxpd: unknown option '--max-age'\n(Did you mean --max-size?)\n";
  expect(withHabit(message, ["mirror", "--max-age", "7d"])).toBe(
    "fxpd: unknown option '--max-age'\n(--max-age 7d (rclone) is --newer-than 7d (mirror) here)\n",
  );
  expect(withHabit("fxpd: unknown command 'sync'\n", ["sync"])).toBe(
    "fxpd: unknown command 'sync'\n(sync (rclone) is fxpd mirror --delete SOURCE TARGET here)\n",
  );
  expect(withHabit("fxpd: unknown option '--x'\n(Did you mean -x?)\n", ["--x"])).toContain("Did you mean");
});
