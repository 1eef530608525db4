import type { Command } from "../../../ftp/command.ts";
import type { Client } from "../../../ftp/session/client.ts";
import type { Role } from "../../role.ts";
import type { AttemptOutcome } from "./attempt/attempt-state.ts";

/** One of the two servers, and how it is asked to move the file. */
export interface TransferParty {
  readonly client: Client;
  readonly command: Command & { readonly verb: "RETR" | "STOR" | "APPE" };
  /** Bytes that are there already and passed over; 0: none, and no REST is sent. */
  readonly restartAt: number;
  /** Of RETR: the first byte that is not wanted (RANG); absent: the file is wanted to its end. */
  readonly end?: number;
}

export type Parties = Readonly<Record<Role, TransferParty>>;

/** How much may be written before a reply has come, and what goes with it. */
export interface Ahead {
  /** Whether this method has worked between these two. */
  readonly isProven: boolean;
  /** Whether transfer commands go out together with PORT; only to servers that take that. */
  readonly isAhead: boolean;
  /** Whether another file follows on these connections. */
  readonly hasNext: boolean;
  /** Until bytes may move: when what has to be said of earlier files is written. */
  readonly begin: () => Promise<void>;
  /** Called behind a transfer command, where the server takes questions there. */
  readonly ask: (role: Role) => void;
}

/** A file on its way from server to server. */
export interface FileInTransit {
  /** Rejects only when it was cancelled or given up. */
  readonly outcome: Promise<AttemptOutcome>;
  /** Has something done when both servers have been asked to move the file; never where it comes to no such thing. */
  whenStarted(act: () => void): void;
  /** Has something done a moment after both servers have begun, where neither has ended by then. */
  whenBegun(act: () => void): void;
  /** Ends it: the source's connection is closed, for nothing else stops every server. */
  giveUp(reason: Error): void;
}

/** Alone on its connections, waiting for each reply. */
export const IN_STEP: Ahead = {
  isProven: false,
  isAhead: false,
  hasNext: false,
  begin: async () => {},
  ask: () => {},
};
