// Whose code ships, and on what terms.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** Terms that ask for no more than that they are passed on. */
const PERMISSIVE = new Set([
  "0BSD",
  "Apache-2.0",
  "BlueOak-1.0.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "ISC",
  "MIT",
  "MIT-0",
]);

/** The package of a file, as the lock file names it; undefined for a file of ours. */
const packageOf = (file) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file)?.[0];

/**
 * What dist/THIRD-PARTY.md says. @param files all that was bundled
 * @throws Error for a package whose terms are unknown or not permissive, or that is bundled without its licence
 */
export async function thirdParties(files) {
  const { packages } = JSON.parse(await readFile("package-lock.json", "utf8"));
  const bundled = new Set(files.map(packageOf).filter((name) => name !== undefined));
  const rows = [];
  const texts = [];
  for (const [path, { version }] of Object.entries(packages).sort()) {
    if (!bundled.delete(path)) continue;
    const name = path.replace(/^.*node_modules\//, "");
    const { license } = JSON.parse(await readFile(join(path, "package.json"), "utf8"));
    if (!PERMISSIVE.has(license))
      throw new Error(`${name} ${version}: may it be used? Its licence is ${license}`);
    rows.push(`| ${name} | ${version} | ${license} |`);
    const file = (await readdir(path)).find((one) => /^licen[cs]e(\.|$)/i.test(one));
    if (file === undefined) throw new Error(`${name} ${version}: it has no licence to pass on`);
    texts.push(`## ${name} ${version}\n\n${(await readFile(join(path, file), "utf8")).trim()}\n`);
  }
  if (bundled.size > 0) throw new Error(`bundled, but no dependency: ${[...bundled].join(", ")}`);
  return [
    "# Third parties\n",
    "dist/ contains code of these packages; their licences are below.\n",
    `| package | version | licence |\n| --- | --- | --- |\n${rows.join("\n")}\n`,
    ...texts,
  ].join("\n");
}
