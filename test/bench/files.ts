import { execFile } from "node:child_process";
import { mkdir, open, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** The directory that is copied, below the login directory. */
export const LIST = "list";

/** A time that no copy made now has by itself. */
const MODIFIED = new Date("2020-02-02T02:02:02Z");

/** Files with different contents; one that is large is sparse but for its beginning and end. */
export async function growList(root: string, files: number, octets: number): Promise<void> {
  const directory = join(root, LIST);
  await mkdir(directory);
  for (let index = 0; index < files; index += 1) {
    const path = join(directory, `${String(index).padStart(5, "0")}.bin`);
    if (octets <= 65_536) await writeFile(path, Buffer.alloc(octets, `file ${index} `));
    else await growSparse(path, octets);
    await utimes(path, MODIFIED, MODIFIED);
  }
}

async function growSparse(path: string, octets: number): Promise<void> {
  const edge = Buffer.alloc(65_536, "the beginning and the end ");
  const file = await open(path, "w");
  try {
    await file.write(edge, 0, edge.length, 0);
    await file.write(edge, 0, edge.length, octets - edge.length);
  } finally {
    await file.close();
  }
}

/** What `diff -r` finds between two trees on disk, undefined for nothing. Files left behind count. */
export function differenceOf(source: string, target: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile("diff", ["-r", "-q", source, target], (error, stdout, stderr) => {
      resolve(error === null ? undefined : `${stdout}${stderr}`.split("\n", 1)[0] || error.message);
    });
  });
}

/** Leaves a login directory empty. */
export async function clear(root: string): Promise<void> {
  for (const name of await readdir(root)) await rm(join(root, name), { recursive: true, force: true });
}
