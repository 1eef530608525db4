import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Script } from "node:vm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundleProgram, bundleScript } from "../../../.config/bundling.mjs";
import * as tested from "../../fixtures/emit/retried.ts";

const FIXTURE = fileURLToPath(new URL("../../fixtures/emit/retried.ts", import.meta.url));
type Fixture = typeof tested;

let directory = "";
let script: Fixture;
let program: Fixture;

/** As `src/cli/main.ts` starts it: with the code cache of a script that has run. */
async function started(file: string): Promise<Fixture> {
  const source = await readFile(file, "latin1");
  const load = (cachedData?: Buffer) => {
    const made = new Script(source, { filename: file, ...(cachedData && { cachedData }) });
    const define = made.runInThisContext() as (require: NodeJS.Require, url: string) => Fixture;
    return { made, exported: define(createRequire(import.meta.url), String(pathToFileURL(file))) };
  };
  const first = load();
  await first.exported.retried();
  const again = load(first.made.createCachedData());
  expect(again.made.cachedDataRejected).toBe(false);
  return again.exported;
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "fxpd-emit-"));
  await bundleScript(FIXTURE, join(directory, "script.js"));
  await bundleProgram(FIXTURE, join(directory, "program.mjs"), "esm");
  script = await started(join(directory, "script.js"));
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

test("the tests and the bundle run the same code of a function", () => {
  const plain = (text: string) => text.replaceAll(/\/\/.*|[\s;]+/g, "");
  const inBundle = plain(String(script.retried));
  expect(plain(String(tested.retried))).toBe(inBundle);
  expect(inBundle).toContain("__addDisposableResource");
});
