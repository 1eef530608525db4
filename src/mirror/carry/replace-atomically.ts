import { randomBytes } from "node:crypto";
import { joinPath, parentOf } from "../../ftp/pathname.ts";
import type { Side } from "../../transfer/sides/side.ts";
import { TEMPORARY_PREFIX } from "../../transfer/publish/temporary-name.ts";

/** How long it may take to delete what did not get its name. */
const DISCARD_MS = 10_000;

/**
 * Makes something under a temporary name and gives it its own, so that what is there stays until then.
 * @param make what is to be, under the name that it is given
 * @param aside where goes what is there; undefined: nowhere
 */
export async function replaceAtomically(
  side: Side,
  path: string,
  make: (temporary: string) => Promise<void>,
  aside: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const name = `${TEMPORARY_PREFIX}${randomBytes(6).toString("hex")}.part`;
  const temporary = joinPath(parentOf(path), name);
  try {
    await make(temporary);
    const file = { temporary, path, ...(aside === undefined ? {} : { aside }) };
    const { isNamed } = await side.publish(file, () => {}, signal);
    if (!isNamed) await side.replace(path, temporary, signal);
  } catch (error) {
    await side.remove(temporary, AbortSignal.timeout(DISCARD_MS)).catch(() => {});
    throw error;
  }
}
