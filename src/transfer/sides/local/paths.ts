import { type FileHandle, mkdir, realpath, stat } from "node:fs/promises";
import { nameOf, parentOf } from "../../../ftp/pathname.ts";
import { decodeText, encodeText } from "../../../shared/octets.ts";
import { LocalFileError, saysErrno } from "./errors.ts";

/** Where an open file lies, where only its path can be asked: what has it now may be another file. */
export async function checkedPath(path: string, file: FileHandle, at: Buffer): Promise<string> {
  const real = await realpath(at, { encoding: "buffer" });
  const [one, other] = [await file.stat(), await stat(real)];
  if (one.dev !== other.dev || one.ino !== other.ino)
    throw new LocalFileError(path, "was replaced while it was being opened");
  return decodeText(real);
}

/** Makes a directory with all that is missing above it. Node's own never ends below a directory that takes none (/proc). */
export async function makeLocalDirectories(path: string): Promise<void> {
  const at = encodeText(path === "" ? "." : path);
  const isThere = () => isDirectory(path);
  if (path === "" || nameOf(path) === "" || (await isThere())) return;
  await makeLocalDirectories(parentOf(path));
  try {
    await mkdir(at);
  } catch (error) {
    // Somebody else may have made it meanwhile.
    if (!(await isThere())) throw error;
  }
}

/** Whether a directory is there, or a link to one. @throws what the system says of a path that it cannot look at */
export async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(encodeText(path === "" ? "." : path))).isDirectory();
  } catch (error) {
    if (saysErrno(error, "ENOENT", "ENOTDIR")) return false;
    throw error;
  }
}
