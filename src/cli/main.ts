#!/usr/bin/env node
// First of all: whoever looks at the list of processes sees the arguments until then.
import "./process/hide-passwords.ts";
import { join } from "node:path";
import { loadBuilt } from "./built.ts";
import type { run } from "./program.ts";

const { exported } = loadBuilt<{ readonly run: typeof run }>(join(__dirname, "program.js"));
void exported.run(process.argv.slice(2));
