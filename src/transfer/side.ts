import type { Readable, Writable } from "node:stream";
import type { EntryKind, ListedTime, ListingEntry } from "../ftp/listing/entry.ts";

/** What is known of one object; what is not known is absent. */
export interface FileFacts {
  readonly kind: EntryKind;
  readonly sizeBytes?: number;
  readonly modified?: ListedTime;
}

/** Octets on their way out of a side. */
export interface Reading extends AsyncDisposable {
  readonly stream: Readable;
  /** Waits until the side itself says that all octets were sent. */
  finish(signal: AbortSignal): Promise<void>;
}

/** Octets on their way into a side. */
export interface Writing extends AsyncDisposable {
  readonly stream: Writable;
  /** Waits until the side itself says that all octets are stored. */
  finish(signal: AbortSignal): Promise<void>;
}

/** Where files come from or go to: a server, or this machine. Paths are `/`-separated. */
export interface Side {
  readonly name: string;
  /** Connects and logs in where that is needed and not done. */
  ready(signal: AbortSignal): Promise<void>;
  /** One object, links followed; undefined when there is certainly none. */
  facts(path: string, signal: AbortSignal): Promise<FileFacts | undefined>;
  /** The entries of a directory; throws where not all of them can be known. */
  list(directory: string, signal: AbortSignal): AsyncIterable<ListingEntry>;
  /** Makes a directory and those above it; harmless where it exists. */
  makeDirectory(path: string, signal: AbortSignal): Promise<void>;
  /** Gives a file another name, in place of whatever file stands there. */
  replace(path: string, by: string, signal: AbortSignal): Promise<void>;
  /** Deletes a file; harmless where there is none. */
  remove(path: string, signal: AbortSignal): Promise<void>;
  /** Why a file cannot be stored under exactly this pathname; undefined where nothing is known against it. */
  refusalOf(path: string, signal: AbortSignal): Promise<string | undefined>;
  read(path: string, restartAt: number, signal: AbortSignal): Promise<Reading>;
  /** Stores under a name that nobody else uses. */
  write(path: string, signal: AbortSignal): Promise<Writing>;
  /** Ends connections in good order. */
  close(): Promise<void>;
}
