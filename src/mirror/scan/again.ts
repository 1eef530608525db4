import { parentOf } from "../../ftp/pathname.ts";
import type { Next, ScanDeps, ScanOrder, ScanListener } from "../contract.ts";
import { Scan } from "./scan.ts";

/** Directories that are looked at again, at most. */
const MOST = 50_000;

/** Directories in which a run has something to do: when it is done, they are looked at once more, for the index. */
export class Again {
  /** Below the roots. */
  readonly #paths = new Set<string>();

  /** Takes what a scan has found. */
  note(found: Parameters<ScanListener>[0]): void {
    if (this.#paths.size >= MOST) return;
    if (found.step === "copy") this.#paths.add(parentOf(found.file.path));
    else if (found.step === "link" || found.step === "extra" || found.step === "conflict")
      this.#paths.add(parentOf(found.path));
    // One that was made, and the one it was made in.
    else if (found.step === "make-directory") this.#paths.add(found.path).add(parentOf(found.path));
  }

  /** @throws when cancelled; what cannot be looked at is compared by the next run */
  async look(order: ScanOrder, deps: ScanDeps, signal: AbortSignal): Promise<void> {
    const all = [...this.#paths].map((path): Next => ({ path, at: "both", depth: path.split("/").length }));
    const scan = new Scan({ ...order, isAfterwards: true, makesDirectories: false }, deps);
    try {
      await scan.run(async () => {}, all, signal);
    } catch {
      signal.throwIfAborted();
    }
  }
}
