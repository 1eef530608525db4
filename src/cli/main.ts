#!/usr/bin/env node
import { join } from "node:path";
import { loadBuilt } from "./built.ts";
import type { run } from "./program.ts";

const { exported } = loadBuilt<{ readonly run: typeof run }>(join(__dirname, "program.js"));
void exported.run(process.argv.slice(2));
