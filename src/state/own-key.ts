import { randomBytes } from "node:crypto";
import { existsSync, lstatSync } from "node:fs";
import { join } from "node:path";
import { ConfigError } from "../shared/errors.ts";
import { isCreated, readText } from "./directory.ts";
import { makeOwnDirectory, writingState } from "./state-error.ts";

const FORM = /^[0-9a-f]{64}$/;

/**
 * The key of an installation, in a file that only its user can read; made when it is first asked for. All processes
 * with the same data directory have the same one.
 * @param setting what a person sets to have the directory elsewhere
 * @throws ConfigError where the file is not this user's alone, or is no key; StateError where it cannot be made
 */
export function ownKey(directory: string, setting?: string): Buffer {
  const file = join(directory, "signing-key");
  makeOwnDirectory(directory, setting);
  if (!existsSync(file))
    writingState(directory, () => isCreated(file, `${randomBytes(32).toString("hex")}\n`), setting);
  const { uid, mode } = lstatSync(file);
  if (uid !== process.getuid?.() || (mode & 0o077) !== 0)
    throw new ConfigError(
      `${file} must belong to this user and be readable only by this user; run chmod 600 on it, or delete it`,
    );
  const text = readText(file)?.trim() ?? "";
  if (!FORM.test(text))
    throw new ConfigError(`${file} is damaged: expected 64 hexadecimal digits; delete it`);
  return Buffer.from(text, "hex");
}
