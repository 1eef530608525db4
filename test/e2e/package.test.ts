import { readdir, readFile, stat } from "node:fs/promises";
import { builtinModules } from "node:module";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { importsOf } from "../support/imports.ts";
import { MAIN } from "../support/program.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const INSTALLED = join(dirname(MAIN), "../..");
const BUILTIN = new Set(builtinModules.flatMap((name) => [name, `node:${name}`]));

/** Files with one of these endings below a directory, node_modules left out. */
async function filesOf(directory: string, ...endings: readonly string[]): Promise<readonly string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && endings.some((ending) => entry.name.endsWith(ending)))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !relative(directory, file).startsWith("node_modules"));
}

test("end-to-end tests drive the installed package, and not the source tree", () => {
  expect(relative(ROOT, MAIN)).toMatch(/^\.\.\//);
  expect(MAIN).toContain("node_modules/fxpd/dist/");
});

/** All scripts of the command line. */
async function textOfScripts(): Promise<string> {
  const scripts = await filesOf(dirname(MAIN), ".js");
  return (await Promise.all(scripts.map((file) => readFile(file, "utf8")))).join("\n");
}

describe("what ships", () => {
  test("installs no other package", async () => {
    const about = JSON.parse(await readFile(join(INSTALLED, "package.json"), "utf8")) as object;
    const { dependencies, optionalDependencies, peerDependencies } = about as Readonly<
      Record<string, unknown>
    >;
    expect([dependencies, optionalDependencies, peerDependencies]).toEqual([{}, undefined, undefined]);
    await expect(readdir(join(INSTALLED, "node_modules"))).rejects.toThrow("ENOENT");
  });

  test("is not larger than half of what it was before packages were bundled", async () => {
    const files = await readdir(INSTALLED, { recursive: true, withFileTypes: true });
    const sizes = files
      .filter((entry) => entry.isFile())
      .map(async (entry) => (await stat(join(entry.parentPath, entry.name))).size);
    const bytes = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
    expect(bytes).toBeLessThan(12e6);
  });

  test("asks for Node's own modules and for its own scripts, and for nothing else", async () => {
    const scripts = await filesOf(join(INSTALLED, "dist"), ".js", ".mjs", ".cjs");
    expect(scripts.length).toBeGreaterThan(2);
    const asked = (await Promise.all(scripts.map(importsOf))).flat();
    expect(asked.length).toBeGreaterThan(50);
    const own = new Set(scripts.map((file) => `./${basename(file)}`));
    const others = asked
      .map(({ from }) => from)
      .filter((from) => from === undefined || !(own.has(from) || BUILTIN.has(from)));
    expect(others).toEqual([]);
  });

  test("keeps names and lines, so that a stack trace can be read", async () => {
    const program = await textOfScripts();
    expect(program).toMatch(/^ *async function lsCommand\(/m);
    expect(program).toMatch(/^ *\/\/ src\/batch\/file\/file-copier\.ts$/m);
    const lines = program.split("\n");
    expect(program.length / lines.length).toBeLessThan(60);
  });

  test("says on what terms each package is used that is in it", async () => {
    const parties = await readFile(join(INSTALLED, "dist/THIRD-PARTY.md"), "utf8");
    const rows = [...parties.matchAll(/^\| (\S+) \| ([\d.]+) \| (\S+) \|$/gm)];
    const program = await textOfScripts();
    const inside = new Set(
      [...program.matchAll(/^ *\/\/ node_modules\/((?:@[^/]+\/)?[^/]+)\//gm)].map(([, name]) => name),
    );
    for (const name of ["zod", "bullmq", "hono", "luxon"]) expect(inside).toContain(name);
    const bundled = rows.map(([, name]) => name);
    // The page's script is minified: nothing in it names what it is made of.
    expect(bundled.sort()).toEqual([...inside, "preact", "uplot"].sort());
    for (const name of bundled)
      expect(parties).toMatch(new RegExp(`^## ${name} [\\d.]+\n\n[^]*?Copyright`, "m"));
  });

  test("has a manual page, where man looks for those of programs in the same prefix", async () => {
    const page = await readFile(join(INSTALLED, "../../../share/man/man1/fxpd.1"), "utf8");
    expect(page).toMatch(/^\.TH "FXPD" 1 "" "fxpd \d/);
    expect(page).toContain('\n.SS "fxpd mirror [options] ');
  });

  test("has no tests and no sources in it", async () => {
    expect(await filesOf(INSTALLED, ".ts")).toEqual([]);
  });
});
