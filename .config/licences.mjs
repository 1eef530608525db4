// Whose code ships, or is installed with what ships, and on what terms.
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

/** The package of a file below node_modules; undefined for one of ours. */
const packageOf = (file) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1];

/**
 * What dist/THIRD-PARTY.md says. @param files all that was bundled
 * @throws Error for a package whose terms are unknown or not permissive, or that is bundled without its licence
 */
export async function thirdParties(files) {
  const { packages } = JSON.parse(await readFile("package-lock.json", "utf8"));
  const bundled = new Set(files.map(packageOf).filter((name) => name !== undefined));
  const rows = [];
  const texts = [];
  for (const [path, { version, dev, optional, peer }] of Object.entries(packages).sort()) {
    const name = path.replace(/^.*node_modules\//, "");
    const isBundled = bundled.delete(name);
    if (path === "" || ((dev || peer) && !isBundled)) continue;
    const about = await readFile(join(path, "package.json"), "utf8").catch(() => undefined);
    if (about === undefined && optional) continue; // for another system
    const { license } = JSON.parse(about ?? "{}");
    if (!PERMISSIVE.has(license))
      throw new Error(`${name} ${version}: may it be used? Its licence is ${license}`);
    rows.push(`| ${name} | ${version} | ${license} | ${isBundled ? "in dist/" : "installed beside"} |`);
    if (!isBundled) continue;
    const file = (await readdir(path)).find((one) => /^licen[cs]e(\.|$)/i.test(one));
    if (file === undefined) throw new Error(`${name} ${version}: it has no licence to pass on`);
    texts.push(`## ${name} ${version}\n\n${(await readFile(join(path, file), "utf8")).trim()}\n`);
  }
  if (bundled.size > 0) throw new Error(`bundled, but no dependency: ${[...bundled].join(", ")}`);
  return [
    "# Third parties\n",
    "fxpd stands on these packages. What is in dist/ has its licence below; each of the others brings its own.\n",
    `| package | version | licence | where |\n| --- | --- | --- | --- |\n${rows.join("\n")}\n`,
    ...texts,
  ].join("\n");
}
