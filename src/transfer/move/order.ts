import type { Digest } from "../../ftp/session/digest.ts";
import type { Clock } from "../../shared/clock.ts";
import type { DataTurn } from "../lane.ts";
import { WORTH_RESUMING } from "../prove/resume.ts";
import type { RateLimit } from "../rate-limit.ts";
import type { Role } from "../role.ts";
import type { DataPath, MoveMethod } from "./data-path.ts";
import type { Ends } from "./relay.ts";
import type { Route } from "./third-party/route.ts";
import type { SizeProbe } from "./third-party/watch.ts";

/** `prefer`: third-party, else through us; `only`: third-party or not at all; `never`: through us. */
export type FxpPolicy = "prefer" | "only" | "never";

/** What one file's bytes are to be moved by. */
export interface Order {
  readonly ends: Ends;
  /** Bytes that are at the target already. */
  readonly from: number;
  readonly sizeBytes: number | undefined;
  /** The first byte that is not to be moved, in the middle of a file that is there already; absent: it is moved to its end. */
  readonly end?: number;
  readonly fxp: FxpPolicy;
  readonly wantsDigest: "no" | "if-possible" | "yes";
  /** Whether the sizes of both sides are compared afterwards. */
  readonly isVerified: boolean;
  /** Whether the file is a text, whose line ends are converted. */
  readonly isText: boolean;
  readonly route: Route;
  readonly turn: DataTurn;
  /** Whether another file follows on this lane. */
  readonly hasNext: () => boolean;
  /** Asks about the file, where that may be written behind its transfer command. */
  readonly ask: (role: Role) => void;
  /** Called before each attempt: what was asked before is not about what comes now. */
  readonly forget: () => void;
  readonly clock: Clock;
  readonly progress: (octets: number) => void;
  /** Called when bytes begin to come by another path, or anew by the same. */
  readonly onPath: (path: DataPath) => void;
  /** Called a moment after both servers have begun, where neither has ended by then. */
  readonly onBegun?: () => void;
  /** Called before something is tried that moves bytes, however far that comes. */
  readonly onMethod: (method: MoveMethod) => void;
  readonly look: SizeProbe | undefined;
  /** Whether the file may pass us as it was begun; else several connections are to write it then. */
  readonly isRelayPrepared: boolean;
  /** How fast bytes may move; absent: no limit. */
  readonly rate?: RateLimit | undefined;
}

/** How the bytes went. */
export interface MoveResult extends DataPath {
  /** Why this way. */
  readonly because: string;
  /** How a limit was kept: `pacing` of what passed us, or `admission` of what did not; absent: there was none. */
  readonly limitedBy?: "pacing" | "admission";
  /** The digest of all bytes as they passed us. */
  readonly passed?: Digest;
}

/** Where a file takes longer than a turn-around, those before it get their names first. */
export function beginning({ turn, sizeBytes, from }: Order): Promise<void> {
  return turn.begin((sizeBytes ?? WORTH_RESUMING) - from >= WORTH_RESUMING);
}
