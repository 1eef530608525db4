import { isServer } from "../sides/side.ts";
import type { Ends } from "./relay.ts";

/** How bytes of a file came to the target. */
export interface DataPath {
  /** Null where that is not known. */
  readonly by: "third-party" | "relay" | "server-side" | null;
  /** Name of the third-party method. */
  readonly method: string | null;
  /**
   * Whether the data connections were private; null where that is not known, as after a process was killed, and
   * where there were none, as for a copy that a server makes itself, or one within this machine.
   */
  readonly protected: boolean | null;
}

/** What moves the bytes of a file, or is being tried for them. */
export interface MoveMethod extends Pick<DataPath, "method"> {
  readonly by: Exclude<DataPath["by"], null>;
}

/** Bytes whose sender recorded nothing of them. */
export const UNKNOWN_PATH: DataPath = { by: null, method: null, protected: null };

/** What {@link DataPath.protected} is for bytes that pass this machine, while both sides have their data connections. */
export function protectionBetween({ source, target }: Ends): boolean | null {
  const servers = [source.side, target.side].filter((side) => isServer(side));
  return servers.length === 0 ? null : servers.every((side) => side.isProtected);
}

/** The way of the last bytes, and whether all of them were private. */
function joined(paths: readonly DataPath[]): DataPath {
  const last = paths.at(-1) ?? UNKNOWN_PATH;
  return { ...last, protected: areAllPrivate(paths) };
}

function areAllPrivate(paths: readonly DataPath[]): boolean | null {
  if (paths.some((path) => path.protected === false)) return false;
  return paths.some((path) => path.protected === null) ? null : true;
}

/** How the bytes of one partial file came there, over all tries. */
export class DataPaths {
  #earlier: readonly DataPath[];
  #attempts: DataPath[] = [];

  /** @param earlier of the bytes that an earlier try has left; absent: there are none */
  constructor(earlier?: DataPath) {
    this.#earlier = earlier === undefined ? [] : [earlier];
  }

  /** What was there is deleted. */
  startAnew(): void {
    this.#earlier = [];
    this.#attempts = [];
  }

  /** From now on bytes come this way. What an attempt before this one has sent is sent again. */
  note(path: DataPath): void {
    this.#attempts.push(path);
  }

  /** Of a file that is complete: attempts before the last one left nothing in it. */
  get ofFile(): DataPath {
    return joined([...this.#earlier, ...this.#attempts.slice(-1)]);
  }

  /** Of a file that is not complete; undefined where nothing was sent. */
  get ofPartial(): DataPath | undefined {
    const paths = [...this.#earlier, ...this.#attempts];
    return paths.length === 0 ? undefined : joined(paths);
  }
}
