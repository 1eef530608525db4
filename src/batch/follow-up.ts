import type { TransferEvent } from "./events.ts";

/** How one file came to its end; `left`: as it was. */
export type FileEnd = "copied" | "left" | "failed";

/** What is started outside the engine when files and directories are finished. */
export interface FollowUp {
  /** A file was copied. Never throws; what follows is started when there is room. */
  copied(event: TransferEvent): void;
  /** Until another file may begin, so that what follows does not pile up. @throws the signal's reason */
  room(signal: AbortSignal): Promise<void>;
  /** Until all that was started has ended. Never rejects. */
  settled(): Promise<void>;
  readonly directories: DirectoryProgress;
}

/** How far a run is with the files of each directory of the target, which is named by its location. */
export interface DirectoryProgress {
  /** A file of it is to be copied. */
  planned(directory: string): void;
  /** A file of it comes in its turn, or may: the directory is not finished before the run is. */
  held(directory: string): void;
  /** All files of it that are to be copied are planned. */
  listed(directory: string): void;
  ended(directory: string, how: FileEnd): void;
}
