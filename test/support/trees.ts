import { execFile } from "node:child_process";
import { chmod, mkdir, utimes, writeFile } from "node:fs/promises";
import { join, posix } from "node:path";
import { promisify } from "node:util";
import { encodeText } from "../../src/shared/octets.ts";
import { MODIFIED_MS, octetsOf, type Tree, type TreeEntry } from "./tree-server-tree.ts";

export interface TreeShape {
  readonly files: number;
  /** From 1: the root is one of them. */
  readonly directories: number;
  /** Sizes and times follow from it; default 1. */
  readonly seed?: number;
  /** Least and most bytes of a file; default 0 and 200. */
  readonly octets?: readonly [number, number];
  /** Every tenth file has a name that breaks clients, though all servers can hold it; default false. */
  readonly hasOddNames?: boolean;
}

/** Directories in a directory, at most. */
const FAN_OUT = 25;

/** Names that every one of the real servers stores and lists as they are. */
const ODD_NAMES = [
  " leading space",
  "-rf",
  ".hidden",
  "a -> b",
  "st*r [x] {a,b} ?",
  "per%20cent",
  "~tilde",
  "na\u00efve \u540d \ud83d\ude00",
  "total 12",
  "it's",
];

/**
 * A tree of files spread evenly over directories `d1` … of which `FAN_OUT` lie in each, as a heap is numbered.
 * Any directory of it can be told without the others, so that a large one costs nothing. The same shape is the
 * same tree.
 */
export function treeOf(shape: TreeShape): Tree {
  return (path) => {
    const directory = path === "/" ? 0 : Number(/\/d([1-9]\d*)$/.exec(path)?.[1] ?? Number.NaN);
    if (!(directory < shape.directories) || pathOf(directory) !== path) return undefined;
    const entries: TreeEntry[] = [];
    const first = directory * FAN_OUT + 1;
    for (let below = first; below < Math.min(first + FAN_OUT, shape.directories); below += 1) {
      entries.push({ name: `d${below}`, kind: "directory" });
    }
    for (let file = directory; file < shape.files; file += shape.directories)
      entries.push(fileOf(shape, file));
    return entries;
  };
}

function pathOf(directory: number): string {
  if (directory === 0) return "/";
  return posix.join(pathOf(Math.floor((directory - 1) / FAN_OUT)), `d${directory}`);
}

function fileOf({ seed = 1, octets = [0, 200], hasOddNames = false }: TreeShape, index: number): TreeEntry {
  const odd =
    hasOddNames && index % 10 === 9 ? ODD_NAMES[Math.floor(index / 10) % ODD_NAMES.length] : undefined;
  const [least, most] = octets;
  return {
    name: odd === undefined ? `f${index}.bin` : `${odd} ${index}`,
    kind: "file",
    sizeBytes: least + Math.floor(chance(seed, 2 * index) * (most - least + 1)),
    // Within twenty years of the default, and never as new as a copy.
    modifiedMs: MODIFIED_MS - Math.floor(chance(seed, 2 * index + 1) * 20 * 365 * 86_400) * 1_000,
  };
}

/** From 0 to less than 1, the same for the same seed and index (the mixing of mulberry32). */
export function chance(seed: number, index: number): number {
  const state = (Math.imul(seed, 0x9e3779b1) + Math.imul(index + 1, 0x6d2b79f5)) | 0;
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}

/** Writes a tree to disk, writable for all; the directory may be there. */
export async function growTree(root: string, tree: Tree, directory = "/"): Promise<void> {
  const here = join(root, directory);
  await mkdir(here, { recursive: true });
  // A server that runs as somebody else has to be able to write here.
  await chmod(here, 0o777);
  for (const entry of tree(directory) ?? []) {
    if (entry.kind === "directory") await growTree(root, tree, posix.join(directory, entry.name));
    else await growFile(here, entry);
  }
}

async function growFile(directory: string, entry: TreeEntry): Promise<void> {
  const path = Buffer.concat([Buffer.from(`${directory}/`), encodeText(entry.name)]);
  const modified = new Date(entry.modifiedMs ?? MODIFIED_MS);
  await writeFile(path, octetsOf(entry));
  await chmod(path, 0o666);
  await utimes(path, modified, modified);
}

/** What `diff -r` finds between two trees on disk, its first line; undefined for nothing. Empty directories count. */
export async function differenceOf(one: string, other: string): Promise<string | undefined> {
  const said = await run("diff", ["-r", "-q", "--no-dereference", one, other], ROOM).then(
    () => "",
    ({ stdout, stderr }: { readonly stdout: string; readonly stderr: string }) => stdout + stderr,
  );
  return said.split("\n", 1)[0] || undefined;
}

/** The first file that has not the same modification time, to the second, by `find`; undefined for none. */
export async function timeDifferenceOf(one: string, other: string): Promise<string | undefined> {
  const [times, others] = await Promise.all([timesIn(one), timesIn(other)]);
  const known = new Set(others);
  return times.find((line) => !known.has(line));
}

/** Of each file its time in seconds since 1970 and its path. */
async function timesIn(root: string): Promise<readonly string[]> {
  const { stdout } = await run("find", [root, "-type", "f", "-printf", "%Ts %P\\0"], ROOM);
  return stdout.split("\0");
}

const run = promisify(execFile);
const ROOM = { maxBuffer: 2 ** 28, encoding: "latin1" } as const;
