import { readFile } from "node:fs/promises";
import { until } from "./until.ts";

// Before the first test that drives the program: until test/support/packed.ts has installed it.

const installed = process.env["FXPD_TEST_INSTALLED"];
let fault: string | undefined;
if (installed !== undefined)
  await until(
    async () => (fault = await readFile(installed, "utf8").catch(() => undefined)) !== undefined,
    "the package is installed",
    300_000,
  );
if (fault) throw new Error(fault);
