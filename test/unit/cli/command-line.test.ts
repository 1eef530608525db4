import { Command } from "commander";
import { describe, expect, test } from "vitest";
import { type TransferOptions, withTransferOptions } from "../../../src/cli/command-line.ts";
import { copyOptionsOf } from "../../../src/cli/run/run-copy.ts";

/** The options as a command's action gets them. */
function said(...words: readonly string[]): TransferOptions {
  let options: TransferOptions = {};
  withTransferOptions(new Command())
    .action((given: TransferOptions) => void (options = given))
    .parse(words, { from: "user" });
  return options;
}

describe("the command line overrides the job", () => {
  test("and what it does not say leaves the job's word as it is", () => {
    expect(copyOptionsOf(said(), { resume: false, parallel: 7 })).toMatchObject({
      resume: false,
      parallel: 7,
    });
    expect(copyOptionsOf(said(), {})).toMatchObject({ resume: true, parallel: 4 });
    expect(copyOptionsOf(said("--no-resume", "--parallel", "2"), { parallel: 7 })).toMatchObject({
      resume: false,
      parallel: 2,
    });
  });

  test("and what is wrong is named by its option", () => {
    expect(() => copyOptionsOf(said("--on-exists", "weep"))).toThrow(/^--on-exists: expected overwrite, /);
  });
});
