import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
let work: string;

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), "fxpd-bench-test-"));
});
afterAll(() => rm(work, { recursive: true, force: true }));

/** `npm run bench` without building again. */
const bench = (...args: readonly string[]) =>
  run(process.execPath, ["--import", "./.config/register.mjs", "test/bench/main.ts", ...args], {
    cwd: ROOT,
    timeout: 100_000,
  });

interface Results {
  readonly rows: readonly {
    readonly name: string;
    readonly files: number;
    readonly runs: readonly {
      readonly client: string;
      readonly outcome: string;
      readonly areTimesKept: boolean;
      readonly isTimed: boolean;
      readonly counted?: { readonly turns: number; readonly commands: number };
    }[];
  }[];
}

describe("npm run bench", () => {
  test("moves one list by fxpd and lftp, verifies every run, and says so in a table and in JSON", async () => {
    const out = join(work, "results.json");
    const row = ["--quick", "--only", "small-0-vsftpd"];
    // Not "lftp tuned", which sometimes hangs on any server.
    const clients = ["--client", "fxpd", "--client", "lftp"];
    const { stdout } = await bench(...row, ...clients, "--files", "4", "--out", out);
    expect(stdout).toContain("### small-0-vsftpd");
    for (const [client, runs] of [
      ["fxpd, cold", "1/1"],
      ["fxpd", "2/2"],
      ["lftp", "2/2"],
    ] as const)
      expect(stdout).toMatch(new RegExp(`^\\| ${client} +\\| +${runs} \\|`, "m"));
    const { rows } = JSON.parse(await readFile(out, "utf8")) as Results;
    expect(rows.map(({ name, files }) => [name, files])).toEqual([["small-0-vsftpd", 4]]);
    const runs = rows[0]?.runs ?? [];
    // At no distance no proxy is in the way of what is timed, and each client is counted in a run of its own.
    expect(runs.map(({ client, isTimed }) => [client, isTimed])).toEqual([
      ...[
        ["fxpd, cold", true],
        ["fxpd", true],
        ["lftp", true],
      ],
      ...[
        ["fxpd", false],
        ["lftp", false],
      ],
    ]);
    for (const one of runs) {
      expect(one).toMatchObject({ outcome: "verified" });
      if (one.client.startsWith("fxpd")) expect(one.areTimesKept).toBe(true);
      expect(one.counted === undefined).toBe(one.isTimed);
      if (one.counted === undefined) continue;
      // Each file needs at least PASV, PORT, STOR and RETR, and one wait for the address.
      expect(one.counted.commands).toBeGreaterThanOrEqual(16);
      expect(one.counted.turns).toBeGreaterThanOrEqual(4);
    }
  });

  test("a row that is not there is refused, and the rows are named", async () => {
    await expect(bench("--only", "nothing")).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/no row is called so; there are: small-0-vsftpd, .*start-ls/),
    });
  });
});
