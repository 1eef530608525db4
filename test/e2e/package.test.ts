import { readdir, readFile } from "node:fs/promises";
import { builtinModules, createRequire } from "node:module";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { MAIN } from "../support/program.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const INSTALLED = join(dirname(MAIN), "../..");
const BUILTIN = new Set(builtinModules.flatMap((name) => [name, `node:${name}`]));
const { dependencies } = JSON.parse(await readFile(join(INSTALLED, "package.json"), "utf8")) as {
  readonly dependencies: Readonly<Record<string, string>>;
};

/** Files with one of these endings below a directory, node_modules left out. */
async function filesOf(directory: string, ...endings: readonly string[]): Promise<readonly string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && endings.some((ending) => entry.name.endsWith(ending)))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !relative(directory, file).startsWith("node_modules"));
}

interface Import {
  /** Undefined where it is not written out, so that nobody can tell what will be loaded. */
  readonly from: string | undefined;
  /** What is imported by name; `default` too. */
  readonly names: readonly string[];
}

const textOf = (node: ts.Node | undefined) =>
  node !== undefined && ts.isStringLiteralLike(node) ? node.text : undefined;

/** All that a file imports or requires, early or late; types are left out. */
async function importsOf(file: string): Promise<readonly Import[]> {
  const found: Import[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) && node.importClause?.isTypeOnly !== true) {
      const clause = node.importClause;
      const named = clause?.namedBindings;
      const names = named !== undefined && ts.isNamedImports(named) ? named.elements : [];
      found.push({
        from: textOf(node.moduleSpecifier),
        names: [
          ...(clause?.name === undefined ? [] : ["default"]),
          ...names.filter((one) => !one.isTypeOnly).map((one) => (one.propertyName ?? one.name).text),
        ],
      });
    } else if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined && !node.isTypeOnly) {
      found.push({ from: textOf(node.moduleSpecifier), names: [] });
    } else if (ts.isCallExpression(node)) {
      const { expression, arguments: given } = node;
      const isRequire =
        ts.isIdentifier(expression) && ["require", "__require"].includes(expression.text) && given.length > 0;
      if (isRequire || expression.kind === ts.SyntaxKind.ImportKeyword)
        found.push({ from: textOf(given[0]), names: [] });
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, await readFile(file, "utf8"), ts.ScriptTarget.Latest, true));
  return found;
}

/** `@hono/node-server` of `@hono/node-server/serve-static`. */
const packageOf = (specifier: string) => /^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier;

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
  test("asks for Node's own modules, for its own scripts and for direct dependencies, and for nothing else", async () => {
    const scripts = await filesOf(join(INSTALLED, "dist"), ".js", ".mjs", ".cjs");
    expect(scripts.length).toBeGreaterThan(2);
    const asked = (await Promise.all(scripts.map(importsOf))).flat();
    expect(asked.length).toBeGreaterThan(50);
    const own = new Set(scripts.map((file) => `./${basename(file)}`));
    const undeclared = asked
      .map(({ from }) => from)
      .filter((from) => from === undefined || !own.has(from))
      .filter((from) => from === undefined || !(BUILTIN.has(from) || packageOf(from) in dependencies));
    expect(undeclared).toEqual([]);
  });

  test("gets from require what the source imports by the same names", async () => {
    const sources = await filesOf(join(ROOT, "src"), ".ts");
    const required = createRequire(MAIN);
    const resolved = (from: string) => pathToFileURL(required.resolve(from)).href;
    const outside = (await Promise.all(sources.map(importsOf)))
      .flat()
      .filter(({ from }) => from !== undefined && packageOf(from) in dependencies)
      .map(({ from, names }) => ({ from: from ?? "", names }));
    expect(outside.length).toBeGreaterThan(5);
    for (const { from, names } of outside) {
      const got = required(from) as Record<string, unknown>;
      const imported = (await import(resolved(from))) as Record<string, unknown>;
      for (const name of names) {
        const value = name === "default" ? got : got[name];
        expect(typeof value, `${name} of ${from}`).toBe(typeof imported[name]);
        expect(value, `${name} of ${from}`).toBeDefined();
      }
    }
  });

  test("keeps names and lines, so that a stack trace can be read", async () => {
    const program = await textOfScripts();
    expect(program).toMatch(/^ *async function lsCommand\(/m);
    expect(program).toMatch(/^ *\/\/ src\/batch\/file\/file-copier\.ts$/m);
    const lines = program.split("\n");
    expect(program.length / lines.length).toBeLessThan(60);
  });

  test("says on what terms each package is used that is in it or installed with it", async () => {
    const parties = await readFile(join(INSTALLED, "dist/THIRD-PARTY.md"), "utf8");
    const rows = [...parties.matchAll(/^\| (\S+) \| (\S+) \| (\S+) \| (in dist\/|installed beside) \|$/gm)];
    const named = rows.map(([, name]) => name);
    expect(named).toEqual(expect.arrayContaining(Object.keys(dependencies)));
    const program = await textOfScripts();
    const inside = new Set(
      [...program.matchAll(/^ *\/\/ node_modules\/((?:@[^/]+\/)?[^/]+)\//gm)].map(([, name]) => name),
    );
    expect(inside).toContain("zod");
    const bundled = rows.filter(([, , , , where]) => where === "in dist/").map(([, name]) => name);
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
