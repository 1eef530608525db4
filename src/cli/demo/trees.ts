import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { chmod, cp, mkdir, open, readdir, rename, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Small files of the tree that is copied, and bytes of its large one. */
const SMALL_FILES = 20;
const LARGE = 268_435_456;
/** Images of discs, and bytes of each. */
const DISCS = 5;
const DISC = 67_108_864;
/** Directories of the tree that is mirrored, and files in each. */
const DIRECTORIES = 30;
const PAGES = 100;

/** `pub`: many small files and a large one. */
export async function growPub(root: string): Promise<void> {
  for (const name of ["pub", "pub/docs", "pub/docs/2025", "pub/docs/2026"]) await makeOpen(join(root, name));
  for (let index = 0; index < SMALL_FILES; index += 1) {
    const name = `${index % 2 === 0 ? "2025" : "2026"}/report ${String(index).padStart(2, "0")}.txt`;
    await writeFile(join(root, "pub/docs", name), `Report ${index}\n`.repeat(index * 60));
  }
  await using image = await open(join(root, "pub/image.iso"), "w", 0o644);
  const block = Buffer.alloc(1_048_576);
  for (let at = 0; at < LARGE; at += block.length)
    await image.write(block.fill(at / block.length), 0, block.length, at);
}

/** Images of discs on the server that takes its time over them. */
export async function growDiscs(root: string): Promise<void> {
  for (let disc = 1; disc <= DISCS; disc += 1) {
    const path = join(root, `disc-${disc}.iso`);
    await writeFile(path, "");
    await truncate(path, DISC);
  }
}

/** `site`: thousands of small files. @returns how many */
export async function growSite(root: string): Promise<number> {
  await makeOpen(join(root, "site"));
  for (let index = 0; index < DIRECTORIES; index += 1) {
    const directory = join(root, "site", directoryName(index));
    await makeOpen(directory);
    for (let page = 0; page < PAGES; page += 1)
      await writeFile(
        join(directory, `page-${page}.html`),
        `<p>Page ${page} of ${index}</p>\n`.repeat(page + 1),
      );
  }
  return DIRECTORIES * PAGES;
}

/**
 * Takes all directories of `site` but the first away, in one step: a run that meanwhile saw a few of them gone would
 * rightly delete these. @returns how many
 */
export async function loseMostOfSite(root: string): Promise<number> {
  const [site, left, full] = ["site", "site.left", "site.full"].map((name) => join(root, name)) as [
    string,
    string,
    string,
  ];
  await makeOpen(left);
  const first = directoryName(0);
  await cp(join(site, first), join(left, first), { recursive: true, preserveTimestamps: true });
  await rename(site, full);
  await rename(left, site);
  await rm(full, { recursive: true });
  return DIRECTORIES - 1;
}

function directoryName(index: number): string {
  return `chapter-${String(index).padStart(2, "0")}`;
}

async function makeOpen(path: string): Promise<void> {
  await mkdir(path);
  await chmod(path, 0o777);
}

interface Sum {
  readonly digest: string;
  readonly files: number;
  readonly octets: number;
}

/** One digest over the names and contents of a tree. */
export async function sumOf(root: string): Promise<Sum> {
  const hash = createHash("sha256");
  const all = await readdir(root, { recursive: true, withFileTypes: true });
  const paths = all
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
  let octets = 0;
  for (const path of paths.sort()) {
    hash.update(path.slice(root.length));
    for await (const chunk of createReadStream(path)) {
      hash.update(chunk as Buffer);
      octets += (chunk as Buffer).length;
    }
  }
  return { digest: hash.digest("hex"), files: paths.length, octets };
}
