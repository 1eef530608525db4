import { joinPath, parentOf } from "../../ftp/pathname.ts";
import { isoTime } from "../../shared/iso-time.ts";
import type { Side } from "../../transfer/sides/side.ts";

/** Puts something into the trash under the path that it had; directories above it are made once. */
export class Trash {
  readonly #folder: string;
  readonly #made = new Map<string, Promise<void>>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  async put(side: Side, from: string, path: string, signal: AbortSignal): Promise<void> {
    await side.move(from, await this.placeFor(side, path, signal), signal);
  }

  /** @returns where something with this path goes, in a directory that is there */
  async placeFor(side: Side, path: string, signal: AbortSignal): Promise<string> {
    const to = joinPath(this.#folder, path);
    const above = parentOf(to);
    const making = this.#made.get(above) ?? side.makeDirectory(above, signal);
    this.#made.set(above, making);
    making.catch(() => this.#made.delete(above));
    await making;
    return to;
  }
}

/** The folder of one run in the trash: its time to the second, in UTC, as a name that sorts. */
export function trashFolder(trash: string, nowMs: number): string {
  return joinPath(trash, isoTime(nowMs).slice(0, 19).replaceAll(":", "-"));
}
