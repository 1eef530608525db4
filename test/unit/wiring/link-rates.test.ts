import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { rateFor } from "../../../src/batch/file/rate-for.ts";
import { CopyOptions } from "../../../src/config/schema/options.ts";
import { copyRequestOf } from "../../../src/wiring/requests.ts";

// Which limits hold between two places, as host files say.

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "fxpd-link-rates-"));
  await mkdir(join(root, "config/hosts"), { recursive: true, mode: 0o700 });
  await mkdir(join(root, "jobs"), { mode: 0o700 });
  const hosts = {
    archive: "limits: {rateTo: {local: 5M, edge: 1M}}",
    edge: "limits: {rate: 2M, rateFrom: {local: 3M, archive: 4M}}",
  };
  for (const [name, limits] of Object.entries(hosts))
    await writeFile(join(root, `config/hosts/${name}.yaml`), `address: ${name}.example.org\n${limits}\n`);
});
afterAll(() => rm(root, { recursive: true, force: true }));

test.each([
  ["archive:/a", "file:///tmp/b", [/^link .*archive\.example\.org.* local$/]],
  [
    "archive:/a",
    "edge:/b",
    [
      /^host .*edge\.example\.org/,
      /^link \S*archive\.example\.org.*edge\.example\.org/,
      /^link from \S*archive\.example\.org.*edge\.example\.org/,
    ],
  ],
  ["edge:/a", "file:///tmp/b", [/^host .*edge\.example\.org/]],
  ["file:///tmp/a", "edge:/b", [/^host .*edge\.example\.org/, /^link from local .*edge\.example\.org/]],
  ["file:///tmp/a", "archive:/b", []],
])("from %s to %s", async (from, target, keys) => {
  const directories = { config: join(root, "config"), jobs: join(root, "jobs") };
  const options = CopyOptions.parse({});
  const request = await copyRequestOf({ sources: [from], target, options, dryRun: false, directories }, {});
  const asked: string[] = [];
  const limit = { current: () => undefined, take: async () => {}, giveBack: () => {} };
  const rates = { of: (key: string) => (asked.push(key), limit) };
  const [source] = request.sources;
  if (source === undefined) throw new Error("no source");
  rateFor(request, rates, source.place);
  expect(asked).toHaveLength(keys.length);
  for (const [at, key] of keys.entries()) expect(asked[at]).toMatch(key);
});
