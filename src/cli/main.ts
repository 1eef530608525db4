#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Script } from "node:vm";
import type { run } from "./program.ts";

/**
 * Starts the built program: one script, and beside it what V8 made of it when it was built, which saves a third of
 * the start. Another V8 than that one compiles it anew.
 */
const file = join(__dirname, "program.js");
const script = new Script(readFileSync(file, "latin1"), {
  filename: file,
  cachedData: readFileSync(`${file}.cache`),
});
type Define = (require: NodeJS.Require, url: string) => { readonly run: typeof run };
const program = (script.runInThisContext() as Define)(createRequire(file), String(pathToFileURL(file)));
void program.run(process.argv.slice(2));
