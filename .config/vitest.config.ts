import { defineConfig } from "vitest/config";
import { LongestFirst } from "./longest-first.ts";
import { typeScriptForVite } from "./compiled.mjs";

const SETUP = ["test/support/seed.ts"];
/**
 * One project per folder of test/. A test that needs a server fails, and does not skip, when it has none. One process loads
 * the modules for all files of a project that it runs: they leave nothing behind in it.
 */
const project = (name: string, settings: object = {}) => ({
  extends: true as const,
  test: { name, include: [`test/${name}/**/*.test.ts`], setupFiles: SETUP, isolate: false, ...settings },
});
const inMemory = { globalSetup: ["test/support/random-seed.ts"] };
// They wait for servers and for Redis more than they reckon, so that more of them than there are cores run at once.
const onServers = {
  setupFiles: [...SETUP, "test/support/put-back.ts"],
  testTimeout: 120_000,
  hookTimeout: 240_000,
  maxWorkers: 5,
  sequence: { groupOrder: 1 },
};

export default defineConfig({
  root: new URL("..", import.meta.url).pathname,
  plugins: [typeScriptForVite],
  oxc: false,

  test: {
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    // The report is what `.ci/run` counts from.
    reporters: process.env["FXPD_TEST_REPORT"] ? ["default", "json"] : ["default"],
    ...(process.env["FXPD_TEST_REPORT"] ? { outputFile: { json: process.env["FXPD_TEST_REPORT"] } } : {}),
    projects: [
      project("unit", { ...inMemory, testTimeout: 30_000 }),
      project("property", { ...inMemory, testTimeout: 60_000 }),
      project("contract", onServers),
      project("e2e", {
        ...onServers,
        globalSetup: ["test/support/packed.ts"],
        setupFiles: [...onServers.setupFiles, "test/support/installed.ts"],
      }),
    ],
  },
});
