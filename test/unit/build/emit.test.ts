import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundleProgram, bundleScripts } from "../../../.config/bundling.mjs";
import { cacheOf, loadBuilt } from "../../../src/cli/built.ts";
import { importsOf } from "../../support/imports.ts";
import * as tested from "../../fixtures/emit/retried.ts";

const FIXTURE = fileURLToPath(new URL("../../fixtures/emit/retried.ts", import.meta.url));
const NODE_MODULES = fileURLToPath(new URL("../../../node_modules", import.meta.url));
type Fixture = typeof tested;

let directory = "";
let script: Fixture;
let program: Fixture;

/** As `src/cli/main.ts` starts it: with the code cache of a script that has run. */
async function started(file: string): Promise<Fixture> {
  const first = loadBuilt<Fixture>(file);
  await first.exported.retried();
  expect([...first.loaded().values()]).toEqual([false]);
  await writeFile(cacheOf(file), first.compiled());
  const again = loadBuilt<Fixture>(file);
  expect([...again.loaded().values()]).toEqual([true]);
  return again.exported;
}

beforeAll(async () => {
  directory = await mkdtemp(join(NODE_MODULES, ".fxpd-emit-")); // from where packages are found
  await bundleScripts(FIXTURE, directory);
  await bundleProgram(FIXTURE, join(directory, "program.mjs"), "esm");
  script = await started(join(directory, "retried.js"));
  program = (await import(/* @vite-ignore */ join(directory, "program.mjs"))) as Fixture;
});
afterAll(() => rm(directory, { recursive: true, force: true }));

test.each([
  ["the tests", () => tested],
  ["the bundled script", () => script],
  ["a bundled program", () => program],
])("in %s an error in one round of a loop with using is not thrown in the next", async (_, compiled) => {
  expect(await compiled().retried()).toEqual([
    "asynchronous 1 given back",
    "Error: 425",
    "Lent used",
    "asynchronous 2 given back",
    "synchronous 1 given back",
    "Error: 426",
    "synchronous 2 given back",
    "Lent used",
    "synchronous 3 given back",
  ]);
});

test.each([
  ["the tests", () => tested],
  ["the bundled script", () => script],
])("in %s a package that is imported late is found", async (_, compiled) => {
  expect(await compiled().loadedLate()).toBe("function");
});

test("code that another build of Node has compiled is not run", async () => {
  const file = join(directory, "retried.js");
  const kept = await readFile(cacheOf(file));
  const version = Buffer.from(`"node":"${process.versions.node}"`);
  expect(kept.includes(version)).toBe(true);
  kept.write('"node":"0', kept.indexOf(version));
  await writeFile(cacheOf(file), kept);
  const loaded = loadBuilt<Fixture>(file);
  expect([...loaded.loaded().values()]).toEqual([false]);
  expect(await loaded.exported.loadedLate()).toBe("function");
});

test("the tests and the bundle run the same code of a function", () => {
  const plain = (text: string) => text.replaceAll(/\/\/.*|[\s;]+/g, "");
  const inBundle = plain(String(script.retried));
  expect(plain(String(tested.retried))).toBe(inBundle);
  expect(inBundle).toContain("__addDisposableResource");
});

test("what src imports from packages, the bundled scripts have by the same names", async () => {
  const imported = await packagesOf("src");
  const all = new Map<string, Set<string>>();
  for (const { from = "", names } of imported) all.set(from, new Set([...(all.get(from) ?? []), ...names]));
  const lines = [...all].flatMap(([from, names], at) =>
    [...names].map((name) => ({
      line: `import { ${name} as _${at}_${name} } from "${from}";`,
      at,
      from,
      name,
    })),
  );
  expect(lines.length).toBeGreaterThan(20);
  const kinds = lines.map(({ at, from, name }) => `["${name} of ${from}", typeof _${at}_${name}]`);
  const source = [...lines.map(({ line }) => line), `export const kinds = [${kinds.join()}];`].join("\n");
  const [inside, file] = [join(directory, "names"), join(directory, "names.mjs")];
  await writeFile(file, source);
  await bundleScripts(file, inside);
  const { kinds: bundled } = loadBuilt<{ readonly kinds: unknown }>(join(inside, "names.js")).exported;
  const { kinds: tests } = (await import(/* @vite-ignore */ file)) as { readonly kinds: string[][] };
  expect(bundled).toEqual(tests);
  expect(tests.filter(([, kind]) => kind === "undefined")).toEqual([]);
});

/** What the files below a directory import from packages, but for those of the page. */
async function packagesOf(root: string): Promise<Awaited<ReturnType<typeof importsOf>>> {
  const directory = join(NODE_MODULES, "..", root);
  const files = (await readdir(directory, { recursive: true }))
    .filter((file) => file.endsWith(".ts") && !file.startsWith("dashboard/"))
    .map((file) => join(directory, file))
    .filter((file) => /(from|import\() ?"(?!\.|node:)/.test(readFileSync(file, "utf8")));
  const imported = (await Promise.all(files.map(importsOf))).flat();
  return imported.filter(({ from }) => from !== undefined && !/^(\.|node:)/.test(from));
}
