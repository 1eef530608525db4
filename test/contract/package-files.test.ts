import { execFile } from "node:child_process";
import { cp, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** What somebody has made who works in a checkout, as the README says. */
const OWN = [
  "config/daemon.yaml",
  "config/hosts/archive.yaml",
  "config/hosts/archive.password",
  "jobs/nightly.yaml",
];

test("a package has the examples in it, and no host, password or job of whoever packs it", async () => {
  const directory = await mkdtemp(join(tmpdir(), "fxpd-pack-"));
  try {
    for (const name of ["package.json", "config", "jobs"])
      await cp(join(ROOT, name), join(directory, name), { recursive: true });
    for (const name of OWN) await writeFile(join(directory, name), "own\n");
    const { stdout } = await promisify(execFile)(
      "npm",
      ["pack", "--dry-run", "--json", "--ignore-scripts", "--loglevel=error"],
      { cwd: directory },
    );
    const [{ files }] = JSON.parse(stdout) as [{ readonly files: readonly { readonly path: string }[] }];
    const packed = files.map(({ path }) => path);
    for (const name of OWN) expect(packed).not.toContain(name);
    for (const directoryOfExamples of [
      "config/hosts",
      "jobs",
      "config/schema",
      "config/kubernetes/example/hosts",
    ]) {
      const examples = (await readdir(join(ROOT, directoryOfExamples)))
        .filter((name) => /^example-|README|json$/.test(name))
        .map((name) => `${directoryOfExamples}/${name}`);
      expect(examples).not.toEqual([]);
      expect(packed).toEqual(expect.arrayContaining(examples));
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
