/**
 * Changes one line of the program at a time, in a copy of it, and looks which tests notice:
 * `npm run mutants [-- PART OF A NAME …]`. Status 1: a mutant survives, or it or one of its tests is no longer to be found.
 */
import { spawn } from "node:child_process";
import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Mutant } from "./mutant.ts";
import { mutants } from "./mutants.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** What the tests need of the project. `node_modules` is linked, which no test writes to. */
const COPIED = ["src", "test", "config", "jobs", ".config", "package.json", "tsconfig.json", "README.md"];
/** A mutant that makes its tests hang is noticed, too. */
const LIMIT_MS = 300_000;

const print = (line: string) => process.stdout.write(`${line}\n`);

type Result = "killed" | "survives" | "not found";

async function copyOfProject(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "fxpd-mutants-"));
  for (const name of COPIED) await cp(join(ROOT, name), join(directory, name), { recursive: true });
  await symlink(join(ROOT, "node_modules"), join(directory, "node_modules"));
  return directory;
}

/** @returns the status of its end; 124 where the time was up */
function vitest(directory: string, tests: readonly string[]): Promise<number> {
  const program = [join(ROOT, "node_modules/vitest/vitest.mjs"), "run", "--bail", "1"];
  const args = [...program, "--config", ".config/vitest.config.ts", "--passWithNoTests=false", ...tests];
  const child = spawn("setpriv", ["--pdeathsig", "TERM", "--", process.execPath, ...args], {
    cwd: directory,
    stdio: "ignore",
    timeout: LIMIT_MS,
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (status) => resolve(status ?? 124));
  });
}

async function resultOf({ file, from, to, tests }: Mutant, directory: string): Promise<Result> {
  if (!tests.every((part) => paths.some((path) => path.includes(part)))) return "not found";
  const path = join(directory, file);
  const text = await readFile(path, "utf8").catch(() => "");
  if (text.split(from).length !== 2) return "not found";
  await writeFile(
    path,
    text.replace(from, () => to),
  );
  try {
    return (await vitest(directory, tests)) === 0 ? "survives" : "killed";
  } finally {
    await writeFile(path, text);
  }
}

const names = await readdir(join(ROOT, "test"), { recursive: true });
const paths = names.map((name) => join("test", name));
const parts = process.argv.slice(2);
const chosen = mutants.filter(({ name }) => parts.length === 0 || parts.some((part) => name.includes(part)));
const waiting = [...chosen];
const results = new Map<string, Result>();

/** Each has a copy of its own, so that several mutants are tried at once. */
async function work(): Promise<void> {
  const directory = await copyOfProject();
  try {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const result = await resultOf(next, directory);
      results.set(next.name, result);
      print(`${result.padEnd(9)}  ${next.name}  (${next.tests.join(", ")})`);
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

await Promise.all(Array.from({ length: Math.max(1, Math.floor(availableParallelism() / 2)) }, work));
const others = [...results].filter(([, result]) => result !== "killed");
print(`${chosen.length} mutants, ${chosen.length - others.length} killed`);
for (const [name, result] of others) print(`${name}: ${result}`);
process.exitCode = chosen.length > 0 && others.length === 0 ? 0 : 1;
