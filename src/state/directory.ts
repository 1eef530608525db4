import { randomBytes } from "node:crypto";
import { mkdir, readFile, rename, unlink, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

/**
 * Where what outlives a run is kept: `$FXPD_STATE`, else `fxpd` in `$XDG_STATE_HOME`, else in `~/.local/state`.
 */
export function stateDirectory(environment: Readonly<Record<string, string | undefined>>): string {
  const { FXPD_STATE, XDG_STATE_HOME } = environment;
  return FXPD_STATE || join(XDG_STATE_HOME || join(homedir(), ".local/state"), "fxpd");
}

/** Letters and digits by which this directory's temporary files are known; made when it is first asked for. */
export async function ownerOf(directory: string): Promise<string> {
  const file = join(directory, "owner");
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await writeFile(file, randomBytes(4).toString("hex"), { flag: "wx" }).catch(unless("EEXIST"));
  const owner = (await readFile(file, "utf8")).trim();
  if (/^[0-9a-z]{4,16}$/.test(owner)) return owner;
  await unlink(file).catch(unless("ENOENT"));
  return ownerOf(directory);
}

/** Writes a file so that nobody ever sees half of it. */
export async function writeWhole(file: string, text: string): Promise<void> {
  const aside = `${file}.${randomBytes(4).toString("hex")}`;
  await writeFile(aside, text, { mode: 0o600 });
  await rename(aside, file);
}

/** Passes over the errors of this code. */
export function unless(code: string): (error: NodeJS.ErrnoException) => undefined {
  return (error) => {
    if (error.code !== code) throw error;
  };
}
