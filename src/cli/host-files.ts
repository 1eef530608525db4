import { chmod, mkdir, open, readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isDescribed } from "../config/load/files.ts";
import { ConfigError } from "../shared/errors.ts";
import { reasonAt } from "../shared/reason-at.ts";
import { encodeText } from "../shared/octets.ts";
import { requireOwn } from "../shared/trust/trusted.ts";

/** A file of a host or a job that is to be made, and the secrets that it names. */
export interface NewFile {
  readonly directory: string;
  readonly name: string;
  readonly text: string;
  /** By the ends of their file names. */
  readonly secrets: ReadonlyMap<string, string>;
}

/** `unchanged`: it is there already, with the same text and secrets; `exists`: with others, and it stays as it is. */
export type Creation = "written" | "unchanged" | "exists";

/**
 * Writes files that are not there yet; nothing that is there is changed. Secrets come first, so that a host file that is
 * there can be used.
 * @param isTried whether nothing is written, and only shown what would be
 * @throws ConfigError where somebody else could change what is written, or it cannot be written
 */
export async function createFile(file: NewFile, isTried: boolean): Promise<Creation> {
  const path = pathOf(file);
  if (isDescribed(file.name, file.directory)) return (await isSame(file)) ? "unchanged" : "exists";
  for (const [kind, secret] of file.secrets) {
    const there = await contentOf(secretPath(file, kind));
    if (there !== undefined && there !== `${secret}\n`) return "exists";
  }
  if (isTried) return "written";
  try {
    await mkdir(file.directory, { recursive: true });
    requireOwn(dirname(file.directory));
    requireOwn(file.directory);
    for (const [kind, secret] of file.secrets) await create(secretPath(file, kind), `${secret}\n`, 0o600);
    return (await create(path, file.text, 0o644)) ? "written" : "exists";
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError(`cannot be written: ${reasonAt(path, error)}`, path, error);
  }
}

export function pathOf({ directory, name }: NewFile): string {
  return join(directory, `${name}.yaml`);
}

export function secretPath({ directory, name }: NewFile, kind: string): string {
  return join(directory, `${name}.${kind}`);
}

/** Comments do not count: they say which file something comes from. */
async function isSame(file: NewFile): Promise<boolean> {
  const plain = (text: string | undefined) => text?.replace(/^#.*\n/gm, "");
  if (plain(await contentOf(pathOf(file))) !== plain(file.text)) return false;
  for (const [kind, secret] of file.secrets)
    if ((await contentOf(secretPath(file, kind))) !== `${secret}\n`) return false;
  return true;
}

async function contentOf(path: string): Promise<string | undefined> {
  return readFile(path).then(
    (octets) => octets.toString(),
    (error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw new ConfigError(`cannot be read: ${reasonAt(path, error)}`, path, error);
    },
  );
}

/** @returns false where there is one already, which stays; a file that could not be finished is removed */
async function create(path: string, text: string, mode: number): Promise<boolean> {
  const file = await open(path, "wx", mode).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return undefined;
    throw error;
  });
  if (file === undefined) return false;
  try {
    await file.writeFile(encodeText(text));
    await file.sync();
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
  if (mode === 0o600) await chmod(path, mode);
  return true;
}
