import { existsSync } from "node:fs";
import { open, readdir } from "node:fs/promises";
import { basename, dirname, extname, join, resolve } from "node:path";
import type { z } from "zod";
import { ConfigError } from "../../shared/errors.ts";
import { reasonAt } from "../../shared/reason-at.ts";
import { requireOwn } from "../../shared/trust/trusted.ts";
import { formatFault, type Read, readDocument, type Schema, type ValidRead } from "./document.ts";
import { HOST_NAME } from "../locations/location.ts";
import { suggestion } from "./nearest.ts";

/** Whether something of this name is described by a file of a directory. */
export function isDescribed(name: string, directory: string): boolean {
  return (
    HOST_NAME.test(name) && EXTENSIONS.some((extension) => existsSync(join(directory, name + extension)))
  );
}

/** Whether there is such a file or directory now. */
export function isThere(path: string): boolean {
  return existsSync(path);
}

/** Whether nothing of this name is described; false where the directory is not there, or cannot be read. */
export async function isAbsent(name: string, directory: string): Promise<boolean> {
  const names = await readdir(directory).catch(() => undefined);
  return names !== undefined && !EXTENSIONS.some((extension) => names.includes(name + extension));
}

/** Reads one file by the name of what it describes; no other is opened. */
export async function load<T extends z.ZodType>(
  what: "host" | "job",
  name: string,
  directory: string,
  schema: Schema<T>,
): Promise<{ readonly file: string } & ValidRead<z.output<T>>> {
  const paths = EXTENSIONS.map((extension) => join(directory, name + extension));
  const [file, other] = HOST_NAME.test(name) ? paths.filter((path) => existsSync(path)) : [];
  if (file === undefined) {
    const near = suggestion(name, (await yamlFiles(directory)).map(definitionName));
    const next =
      near === "" && what === "host" && HOST_NAME.test(name) ? `; to create it: fxpd host add ${name}` : near;
    throw new ConfigError(`no such ${what}: ${name} (no ${name}.yaml in ${directory})${next}`);
  }
  if (what === "host") requireOwn(dirname(directory));
  if (other !== undefined)
    throw new ConfigError(`the ${what} ${name} is defined in two files, ${file} and ${other}`);
  return { file, ...valid(await readFileAs(file, schema)) };
}

/** @throws ConfigError that names every fault */
export function valid<T>(read: Read<T>): ValidRead<T> {
  if (read.kind === "valid") return read;
  throw new ConfigError(read.faults.map(formatFault).join("\n"));
}

export async function readFileAs<T extends z.ZodType>(
  file: string,
  schema: Schema<T>,
): Promise<Read<z.output<T>>> {
  try {
    return checked(file, await readOwn(file), schema);
  } catch (error) {
    const isOwners = error instanceof ConfigError;
    if (!isOwners && !(error instanceof Error && "syscall" in error)) throw error;
    const message = isOwners ? error.message : `cannot be read: ${reasonAt(file, error)}`;
    return { kind: "faulty", faults: [{ file, line: 1, column: 1, message }] };
  }
}

/** Files that were checked lately, by their paths. */
const CHECKED = new Map<
  string,
  { readonly text: string; readonly schema: unknown; readonly read: unknown }
>();
const MOST_CHECKED = 32;

/** A text that is still the same, as for each slice of a run, is not checked again. */
function checked<T extends z.ZodType>(file: string, text: string, schema: Schema<T>): Read<z.output<T>> {
  const before = CHECKED.get(file);
  if (before?.text === text && before.schema === schema) return before.read as ValidRead<z.output<T>>;
  CHECKED.delete(file);
  const read = readDocument(file, text, schema);
  if (read.kind === "valid") CHECKED.set(file, { text, schema, read });
  const [oldest] = CHECKED.keys();
  if (CHECKED.size > MOST_CHECKED && oldest !== undefined) CHECKED.delete(oldest);
  return read;
}

/**
 * The text of a file that decides what is done.
 * @throws ConfigError where somebody else may have written it, or may put another one into its place
 */
export async function readOwn(path: string): Promise<string> {
  await using file = await open(path); // its owner and its text are of one file, whatever becomes of the name
  requireOwn(path, await file.stat());
  requireOwn(dirname(path));
  return await file.readFile("utf8");
}

const EXTENSIONS = [".yaml", ".yml"];

/** The files of a directory that describe something, in the order of their names. */
export async function yamlFiles(directory: string): Promise<readonly string[]> {
  if (!existsSync(directory)) return [];
  requireOwn(directory);
  const names = await readdir(directory).catch((error: unknown) => {
    throw new ConfigError(`cannot be read: ${reasonAt(directory, error)}`, directory);
  });
  return names
    .filter((name) => EXTENSIONS.includes(extname(name)))
    .sort()
    .map((name) => join(directory, name));
}

/** The name of what a file describes. */
export function definitionName(file: string): string {
  return basename(file, extname(file));
}

/** What a relative path in a file means. */
export function besideFile(file: string, path: string): string {
  return resolve(dirname(file), path);
}
