import { randomBytes } from "node:crypto";
import { link, mkdir, readFile, rename, unlink, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

/**
 * Where what outlives a run is kept: `$FXPD_STATE`, else `fxpd` in `$XDG_STATE_HOME`, else in `~/.local/state`.
 */
export function stateDirectory(environment: Readonly<Record<string, string | undefined>>): string {
  const { FXPD_STATE, XDG_STATE_HOME } = environment;
  return FXPD_STATE || join(XDG_STATE_HOME || join(homedir(), ".local/state"), "fxpd");
}

/**
 * Letters and digits by which this directory's temporary files are known; made when it is first asked for.
 * A file that was spoilt stays, and all agree on the next one: nobody deletes what another has read.
 */
export async function ownerOf(directory: string): Promise<string> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  for (let turn = 0; ; turn += 1) {
    const file = join(directory, turn === 0 ? "owner" : `owner.${turn}`);
    const made = randomBytes(4).toString("hex");
    const owner = (await readText(file)) ?? ((await isCreated(file, made)) ? made : await readText(file));
    if (owner !== undefined && /^[0-9a-z]{4,16}$/.test(owner.trim())) return owner.trim();
  }
}

/** Writes a file so that nobody ever sees half of it. */
export async function writeWhole(file: string, text: string): Promise<void> {
  const aside = await writeAside(file, text);
  try {
    await rename(aside, file);
  } catch (error) {
    await unlink(aside).catch(unless("ENOENT"));
    throw error;
  }
}

/** Makes a file with all that is in it, or not at all. @returns whether there was none of this name */
export async function isCreated(file: string, text: string): Promise<boolean> {
  const aside = await writeAside(file, text);
  try {
    return (await link(aside, file).then(() => true, unless("EEXIST"))) === true;
  } finally {
    await unlink(aside).catch(unless("ENOENT"));
  }
}

async function writeAside(file: string, text: string): Promise<string> {
  const aside = `${file}.${randomBytes(4).toString("hex")}`;
  try {
    await writeFile(aside, text, { mode: 0o600 });
    return aside;
  } catch (error) {
    await unlink(aside).catch(() => {});
    throw error;
  }
}

/** Undefined when there is no such file. */
export function readText(file: string): Promise<string | undefined> {
  return readFile(file, "utf8").catch(unless("ENOENT"));
}

/** Passes over the errors of this code. */
export function unless(code: string): (error: NodeJS.ErrnoException) => undefined {
  return (error) => {
    if (error.code !== code) throw error;
  };
}
