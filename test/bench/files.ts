import { execFile } from "node:child_process";
import { mkdir, open, readdir, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** The directory that is copied, below the login directory. */
export const LIST = "list";

/** A time that no copy made now has by itself. */
export const MODIFIED = new Date("2020-02-02T02:02:02Z");

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

/** Whether all files of the list have the modification time that they have at the source, to the second. */
export async function areTimesKept(source: string, target: string): Promise<boolean> {
  const seconds = async (root: string, name: string) =>
    Math.floor((await stat(join(root, LIST, name))).mtimeMs / 1_000);
  for (const name of await readdir(join(source, LIST))) {
    if ((await seconds(source, name)) !== (await seconds(target, name))) return false;
  }
  return true;
}

/** Leaves a login directory empty. */
export async function clear(root: string): Promise<void> {
  for (const name of await readdir(root)) await rm(join(root, name), { recursive: true, force: true });
}
