import { readFileSync } from "node:fs";
import { afterEach, describe, expect, test, vi } from "vitest";
import {
  commandHere,
  habitCommands,
  optionHere,
  optionsIn,
  ownOptions,
} from "../../../../src/cli/foreign/foreign-habits.ts";
import { FOREIGN_COMMANDS, FOREIGN_OPTIONS } from "../../../../src/cli/foreign/foreign-names.ts";
import { perform, program } from "../../../../src/cli/program.ts";

const own = ownOptions(program.commands);

afterEach(() => {
  vi.restoreAllMocks();
});

/** What the program says of a command line that its parser refuses. */
async function refusal(...args: readonly string[]): Promise<string> {
  let said = "";
  vi.spyOn(process.stderr, "write").mockImplementation((text) => Boolean((said += String(text))));
  await perform(args);
  expect(process.exitCode).toBe(2);
  process.exitCode = undefined;
  return said;
}

describe("options of other programs are answered with those here", () => {
  test.each([
    [["copy", "--transfers", "8", "a:", "b:"], "(--transfers 8 (rclone) is --parallel 8 here)"],
    [["mirror", "--transfers=8", "a:", "b:"], "(--transfers=8 (rclone) is --parallel 8 here)"],
    [["run", "--transfers"], "(--transfers (rclone) is --parallel VALUE here)"],
    [["ls", "--transfers", "8", "a:"], "(--transfers 8 (rclone) is --parallel 8 of fxpd copy and fxpd move)"],
    [["mirror", "-P4", "a:", "b:"], "(-P4 (lftp) is --parallel 4 here)"],
    [["mirror", "--only-newer", "a:"], "(--only-newer (lftp) is --on-exists newer here)"],
    [["copy", "--max-age", "7d"], "(--max-age 7d (rclone) is --newer-than 7d of fxpd mirror and fxpd diff)"],
    [["copy", "-preview", "a:"], "(-preview (WinSCP) is --dry-run here)"],
    [["copy", "-nooverwrite", "a:"], "(-nooverwrite (WinSCP) is --on-exists skip here)"],
    [["copy", "-az", "a:"], "(-a (rsync) is --preserve-times, which fxpd mirror does by default here)"],
    [["--parallel", "8", "copy"], "(options follow the command: fxpd copy --parallel …)"],
    [["--transfers", "8", "copy"], "(--transfers 8 (rclone) is --parallel 8 here)"],
    [["sync", "a:", "b:"], "(sync (rclone) is fxpd mirror --delete SOURCE TARGET here)"],
  ] as const)("%j", async (args, sentence) => {
    const said = await refusal(...args);
    expect(said).toContain(sentence);
    expect(said).not.toContain("Did you mean");
  });

  test("an option of several programs is answered for each of them", async () => {
    const said = await refusal("copy", "-u", "a:", "b:");
    expect(said).toContain("(-u (rclone and rsync) is --on-exists newer here)");
    expect(said).toContain("(-u (curl) is USER@ in the location");
  });

  test("what nobody has, and names that every object has, get no sentence", async () => {
    for (const name of ["--nonsense", "constructor", "__proto__", "", "-", "--"]) {
      expect(optionHere(name, ["copy", name], own)).toEqual([]);
      expect(commandHere(name)).toEqual([]);
    }
    expect(await refusal("mirror", "--delet")).toContain("Did you mean --delete");
  });
});

test.each([
  [["copy"], "(usage: fxpd copy [options] SOURCE... TARGET)\n"],
  [["host", "test"], "(usage: fxpd host test [options] <host>)\n"],
])("a command without its arguments shows which it takes: %j", async (args, usage) => {
  expect(await refusal(...args)).toContain(usage);
});

describe("the table says what is true of this program", () => {
  test.each(FOREIGN_OPTIONS.map((one) => [one.names.join(" "), one.from, one] as const))(
    "%s of %s",
    async (_, __, one) => {
      const commands = habitCommands(one, own);
      expect(commands).not.toEqual([]);
      const named = optionsIn(one.here);
      const isNone = one.here.startsWith("no option");
      for (const option of named) {
        const having = [...own].filter(([, flags]) => flags.has(option)).map(([name]) => name);
        expect(having, option).not.toEqual([]);
        if (!isNone) expect(having, option).toEqual(expect.arrayContaining([...commands]));
      }
      requireCommands(one.here);
      for (const name of one.names) {
        const free = commands.filter(
          (command) => own.get(command)?.has(name) === false && command !== "ftp" && command !== "restore",
        );
        expect(free, `${name} is an option of all these commands itself`).not.toEqual([]);
        for (const command of free.slice(0, 3))
          expect(await refusal(command, name)).toContain(
            one.here.startsWith("no option")
              ? `(fxpd has no ${name} (${one.from}): ${one.here.slice("no option: ".length)})`
              : `${name} (${one.from}) is `,
          );
      }
    },
  );

  test.each(FOREIGN_COMMANDS.map((one) => [one.names.join(" "), one] as const))(
    "command %s",
    async (_, one) => {
      requireCommands(one.here);
      for (const name of one.names) {
        expect([...own.keys()], "it is a command here as well").not.toContain(name);
        expect(await refusal(name)).toContain(`${name} (${one.from}) is ${one.here} here`);
      }
    },
  );

  test("and no two rows answer the same name of the same program on the same command", () => {
    const seen = new Set<string>();
    for (const one of FOREIGN_OPTIONS)
      for (const name of one.names)
        for (const command of habitCommands(one, own)) {
          const key = `${command} ${name} ${one.from}`;
          expect(seen).not.toContain(key);
          seen.add(key);
        }
  });

  test("and the reference has all of it, once", () => {
    const text = readFileSync("src/cli/README.md", "utf8").replace(/ +/g, " ");
    for (const { names, from, here } of [...FOREIGN_OPTIONS, ...FOREIGN_COMMANDS]) {
      const shown = names.map((name) => `\`${name}\``).join(", ");
      const line = `| ${shown} | ${from} | ${here.replaceAll("|", "\\|")} |`;
      expect(text.split(line), line).toHaveLength(2);
    }
  });
});

/** Each `fxpd NAME` is a command, and has the options behind it. */
function requireCommands(here: string): void {
  for (const [, name = "", rest = ""] of here.matchAll(/fxpd ([a-z]+)((?: (?!fxpd)[^ ,]+)*)/g)) {
    if (["copies", "resumes", "knows", "sets", "never", "speaks", "tries"].includes(name)) continue;
    expect([...own.keys()]).toContain(name);
    for (const option of optionsIn(rest))
      if (name !== "ftp") expect([...(own.get(name) ?? [])]).toContain(option);
  }
}
