import type { Command } from "commander";
import { describe, expect, test } from "vitest";
import { manualOf } from "../../../../src/cli/manual/manual.ts";
import { escaped } from "../../../../src/cli/manual/roff.ts";
import { program } from "../../../../src/cli/program.ts";

const page = manualOf(program, "0.0.1");
const lines = page.trimEnd().split("\n");

const leaves = (command: Command): readonly Command[] =>
  command.commands.length === 0 ? [command] : command.commands.flatMap(leaves);
const commands = leaves(program).filter((command) => command.name() !== "help");

describe("the manual page", () => {
  test.each(commands.map((command) => [command.name(), command] as const))(
    "shows %s with all its options",
    (_, command) => {
      const title = lines.findIndex(
        (line) => line.startsWith(".SS ") && line.includes(escaped(`${command.name()} ${command.usage()}`)),
      );
      expect(title).toBeGreaterThan(0);
      const end = lines.findIndex((line, at) => at > title && /^\.S[HS] /.test(line));
      const own = lines.slice(title, end);
      const common = lines.slice(lines.indexOf('.SH "COMMON OPTIONS"'));
      for (const { flags } of command.options.filter(({ hidden }) => !hidden))
        expect([...own, ...common]).toContain(`\\fB${escaped(flags)}\\fR`);
    },
  );

  test("has the sections that people look for, in the usual order", () => {
    const sections = lines.flatMap((line) => /^\.SH "(.*)"$/.exec(line)?.[1] ?? []);
    expect(sections).toEqual([
      ...["NAME", "SYNOPSIS", "DESCRIPTION", "COMMANDS", "COMMON OPTIONS"],
      ...["EXIT STATUS", "ENVIRONMENT", "FILES"],
    ]);
    // A heading begins a paragraph by itself; mandoc complains of another one.
    expect(lines.filter((line, index) => line === ".PP" && /^\.S[HS]/.test(lines[index - 1] ?? ""))).toEqual(
      [],
    );
    // What apropos(1) reads.
    expect(lines[2]).toMatch(/^fxpd \\- \w/);
  });

  test("consists of ASCII, of known requests and of known escapes", () => {
    expect(page).toMatch(/^[\n\x20-\x7e]*$/);
    for (const line of lines) {
      expect(line).toMatch(/^(?:\.(?:TH|SH|SS) .+|\.(?:PP|TP|IP|nf|fi)|[^.'].*|)$/);
      expect(line.replaceAll(/\\(?:[-e&]|f[BR]|\((?:aq|ga|ha|ti|dq)|\[u[0-9A-F]{4,6}\])/g, "")).not.toContain(
        "\\",
      );
    }
  });

  test("says once what the help of several commands repeats", () => {
    const [first = ""] = /A location is host:path[^]{40}/.exec(page) ?? [];
    expect(page.split(first)).toHaveLength(2);
  });

  test("names each exit status", async () => {
    const { EXIT } = await import("../../../../src/cli/process/exit.ts");
    for (const status of Object.values(EXIT)) expect(lines).toContain(`\\fB${status}\\fR`);
  });
});
