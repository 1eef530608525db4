import type { CopyEvent } from "../../../batch/events.ts";

interface Counts {
  readonly files: number;
  /** Bytes. */
  readonly bytes: number;
}

/** What a run is known to have to copy, to all its targets. */
export class Planned {
  readonly #targets = new Map<string, Counts>();

  /** @returns whether there is something new */
  note(event: CopyEvent): boolean {
    if (event.event !== "scan" && event.event !== "plan") return false;
    this.#targets.set(event.to ?? "", event);
    return true;
  }

  get sum(): Counts {
    let [files, bytes] = [0, 0];
    for (const one of this.#targets.values()) [files, bytes] = [files + one.files, bytes + one.bytes];
    return { files, bytes };
  }
}
