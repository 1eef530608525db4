import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { link, mkdir, readFile, rename, unlink, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { BusyError } from "../transfer/errors.ts";
import type { Begun, Claim, Ledger } from "../transfer/ledger.ts";
import { ownerOf, unless, writeWhole } from "./directory.ts";

const Entry = z.object({
  machine: z.string(),
  process: z.number().int(),
  /** When that process began, so that another one with its number is not taken for it. */
  since: z.string(),
  /** Whether the process had given the right back. */
  isFree: z.boolean(),
  begun: z.object({
    source: z.string(),
    sizeBytes: z.number().optional(),
    modifiedMs: z.number().optional(),
  }),
});
type Entry = z.infer<typeof Entry>;

const HERE = { machine: hostname(), process: process.pid, since: sinceWhen(process.pid) ?? "" };

/**
 * A ledger in files: one for each target that is being written or has a partial file. Creating the file is
 * taking the right, and a file whose process has died can be taken over.
 */
export async function fileLedger(directory: string): Promise<Ledger> {
  const folder = join(directory, "transfers");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const owner = await ownerOf(directory);
  return { owner, claim: (key, fresh) => claim(join(folder, `${key}.json`), fresh) };
}

async function claim(file: string, fresh: Begun): Promise<Claim> {
  for (;;) {
    if (await isCreated(file, fresh)) return claimOf(file, undefined, fresh);
    const before = await read(file);
    if (before === "gone") continue;
    if (before !== undefined && isHeld(before)) {
      const who = before.process === HERE.process ? "another transfer" : `process ${before.process}`;
      throw new BusyError(
        `${who} is writing this target${before.machine === HERE.machine ? "" : ` on ${before.machine}`}`,
      );
    }
    if (await isTakenAway(file, before)) {
      const begun = before && begunOf(before);
      if (await isCreated(file, begun ?? fresh)) return claimOf(file, begun, begun ?? fresh);
    }
  }
}

/** The file comes to be with all that is in it, or not at all. */
async function isCreated(file: string, begun: Begun): Promise<boolean> {
  const aside = `${file}.${randomBytes(4).toString("hex")}`;
  await writeFile(aside, textOf(begun, false), { mode: 0o600 });
  try {
    return (await link(aside, file).then(() => true, unless("EEXIST"))) === true;
  } finally {
    await unlink(aside);
  }
}

/** Only one of those who want it can rename it; who finds that it was somebody's after all puts it back. */
async function isTakenAway(file: string, expected: Entry | undefined): Promise<boolean> {
  const aside = `${file}.${randomBytes(4).toString("hex")}`;
  const moved = await rename(file, aside).then(() => true, unless("ENOENT"));
  if (moved !== true) return false;
  const found = await read(aside);
  const isExpected = JSON.stringify(found) === JSON.stringify(expected);
  if (!isExpected) await link(aside, file).catch(unless("EEXIST"));
  await unlink(aside);
  return isExpected;
}

function claimOf(file: string, begun: Begun | undefined, first: Begun): Claim {
  let recorded = first;
  return {
    begun,
    async begin(now) {
      recorded = now;
      await writeWhole(file, textOf(recorded, false));
    },
    async release(kept) {
      if (kept) await writeWhole(file, textOf(recorded, true));
      else await unlink(file).catch(unless("ENOENT"));
    },
  };
}

/** Undefined for a file that says nothing: its writer died in the middle of it. */
async function read(file: string): Promise<Entry | "gone" | undefined> {
  try {
    const entry = Entry.safeParse(JSON.parse(await readFile(file, "utf8")));
    return entry.success ? entry.data : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "gone";
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function begunOf({ begun }: Entry): Begun {
  const { source, sizeBytes, modifiedMs } = begun;
  return {
    source,
    ...(sizeBytes === undefined ? {} : { sizeBytes }),
    ...(modifiedMs === undefined ? {} : { modifiedMs }),
  };
}

function textOf(begun: Begun, isFree: boolean): string {
  return `${JSON.stringify({ ...HERE, isFree, begun } satisfies Entry)}\n`;
}

/** Of another machine's processes we cannot know; they are believed to live. */
function isHeld({ machine, process: number, since, isFree }: Entry): boolean {
  if (isFree) return false;
  if (machine !== HERE.machine) return true;
  return isAlive(number) && (sinceWhen(number) ?? since) === since;
}

function isAlive(number: number): boolean {
  try {
    return process.kill(number, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** The start time of a process in clock ticks since the machine's start (proc(5)); undefined without /proc. */
function sinceWhen(number: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${number}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")")).split(" ")[20];
  } catch {
    return undefined;
  }
}
