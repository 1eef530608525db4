import type { Readable, Writable } from "node:stream";
import type { NameCodec } from "../../ftp/charset/name-codec.ts";
import type { Algorithm, DigestOffer } from "../../ftp/session/digest.ts";
import type { EntryKind, ListedTime, ListingEntry } from "../../ftp/listing/entry.ts";
import type { Family } from "../../ftp/quirks.ts";
import type { Client } from "../../ftp/session/client.ts";
import type { Pipelining } from "../../ftp/session/pipelining.ts";
import type { HostSettings } from "../../ftp/settings.ts";
import type { PipeliningKnowledge, RoutePipelining } from "../pipelining.ts";
import type { NameQuery, Presence } from "../../ftp/session/names/presence.ts";
import type { SymbolicLinks } from "../../ftp/session/names/unlink.ts";

/** What is known of one object; what is not known is absent. */
export interface FileFacts {
  readonly kind: EntryKind;
  readonly sizeBytes?: number;
  readonly modified?: ListedTime;
  /** Unix permission bits, 0 … 0o7777. */
  readonly permissions?: number;
}

/** What a digest is taken of. */
export interface DigestRange {
  /** Bytes in the whole file: how long to wait is measured by it. */
  readonly sizeBytes: number;
  /** Only the first so many; absent: all. */
  readonly length?: number;
}

/** A file that is about to get its name. */
export interface Publishing {
  readonly temporary: string;
  readonly path: string;
  /** Milliseconds since 1970; absent: its time stays as it is. */
  readonly modifiedMs?: number | undefined;
  /** Where a file goes that is under the name; absent: it is overwritten. */
  readonly aside?: string | undefined;
}

export interface Published {
  readonly isNamed: boolean;
  readonly timeFault?: string;
  /** Whether {@link Side.setModified} may know another way to set the time. */
  readonly mayHaveOther?: boolean;
}

/** Bytes on their way out of a side. */
export interface ByteSource extends AsyncDisposable {
  readonly stream: Readable;
  /** Waits until the side itself says that all bytes were sent. */
  finish(signal: AbortSignal): Promise<void>;
}

/** Bytes on their way into a side. */
export interface Writing extends AsyncDisposable {
  readonly stream: Writable;
  /** Waits until the side itself says that all bytes are stored. */
  finish(signal: AbortSignal): Promise<void>;
  /** Waits until all that the stream has taken so far is stored for good; absent: only the end tells that. */
  store?(): Promise<void>;
}

/** Where files come from or go to: a server, or this machine. Paths are `/`-separated. */
export interface Side {
  /** What a server has beyond what all sides have is in {@link ServerSide}. */
  readonly kind: "server" | "local";
  readonly name: string;
  /** How names are written here. */
  readonly names: NameCodec;
  /** A path here as nobody else's is written, whatever a host is called: the same file has the same one. */
  locate(path: string): string;
  /** Connects and logs in where that is needed and not done. */
  ready(signal: AbortSignal): Promise<void>;
  /**
   * Size and, where `isTimed`, time of a file that is there, with as few turns as the side allows. `written` is
   * called where the question is on its way before the answer has come.
   * @returns undefined where it is to be asked for again by {@link facts}
   */
  glance(
    path: string,
    isTimed: boolean,
    written: () => void,
    signal: AbortSignal,
  ): Promise<FileFacts | undefined>;
  /** One object, links followed; undefined when there is certainly none. */
  facts(path: string, signal: AbortSignal): Promise<FileFacts | undefined>;
  /** Whether each of these is there, by what the side answers when it is asked for that very name. */
  presence(asked: readonly NameQuery[], signal: AbortSignal): Promise<readonly Presence[]>;
  /**
   * The entries of a directory; throws where not all of them can be known. `isStrict`: a refusal that is known to
   * mean "empty" is thrown as well (`saysEmpty`). `ended` is called after the last one, with whether nobody on the way can
   * have cut the listing short without being noticed: as far as the transport tells.
   */
  list(
    directory: string,
    signal: AbortSignal,
    isStrict?: boolean,
    ended?: (isWhole: boolean) => void,
  ): AsyncIterable<ListingEntry>;
  /** Makes a directory and those above it; harmless where it exists. */
  makeDirectory(path: string, signal: AbortSignal): Promise<void>;
  /** Gives a file another name, in place of whatever file is there. */
  replace(path: string, by: string, signal: AbortSignal): Promise<void>;
  /**
   * Gives a verified file its time and its name, with as few turns as the side allows. `written` is called where
   * all that has to be said for it is on its way before the answers have come.
   * @returns whether it has its name, or {@link replace} is to be tried; and why its time could not be set
   */
  publish(file: Publishing, written: () => void, signal: AbortSignal): Promise<Published>;
  /**
   * Deletes a file or a symbolic link.
   * @returns undefined when it was deleted; the refusal of a side that finds none there
   */
  remove(path: string, signal: AbortSignal): Promise<Error | undefined>;
  /** Deletes an empty directory; as {@link remove}. */
  removeDirectory(path: string, signal: AbortSignal): Promise<Error | undefined>;
  /**
   * Deletes what is listed as a directory if it is a symbolic link to one. @returns whether it was
   * @throws where that cannot be known, so that nothing in it may be deleted
   */
  unlink(path: string, signal: AbortSignal): Promise<boolean>;
  /**
   * Names in a directory that may be listed as something else, or not at all, and are known to be symbolic links;
   * undefined: not known.
   */
  linksIn(directory: string, signal: AbortSignal): Promise<SymbolicLinks | undefined>;
  /** Gives a file or a directory another name, which nothing has. */
  move(from: string, to: string, signal: AbortSignal): Promise<void>;
  /** Makes a symbolic link that leads to `to`, as that is written. @throws TransferError where it cannot */
  makeLink(path: string, to: string, signal: AbortSignal): Promise<void>;
  /** Sets Unix permission bits, 0 … 0o7777. @returns why that could not be done; undefined when it was */
  setPermissions(path: string, bits: number, signal: AbortSignal): Promise<string | undefined>;
  /** Whether it is known beforehand that times can be set. */
  keepsTimes(signal: AbortSignal): Promise<boolean>;
  /**
   * Why a file cannot be stored under exactly this pathname; undefined where nothing is known against it.
   * @param alone waited for where that has to be tried, and the connection must be for nothing else
   * @returns a promise only where the side has to be asked
   */
  refusalOfTarget(
    path: string,
    alone: () => Promise<void>,
    signal: AbortSignal,
  ): Promise<string | undefined> | string | undefined;
  /** Whether two names in a directory would be one file here, as far as can be found out without harm; in doubt they are. */
  areOneName(directory: string, names: readonly [string, string], signal: AbortSignal): Promise<boolean>;
  /** Sets a file's modification time. @returns why that could not be done; undefined when it was */
  setModified(path: string, atMs: number, signal: AbortSignal): Promise<string | undefined>;
  /** Which digests can be had here without moving the file. */
  digests(signal: AbortSignal): Promise<readonly DigestOffer[]>;
  /** The digest of a file, or of its first `length` bytes, in lower-case hexadecimal digits. */
  digest(path: string, algorithm: Algorithm, extent: DigestRange, signal: AbortSignal): Promise<string>;
  /** The bytes from `restartAt` on. */
  read(path: string, restartAt: number, signal: AbortSignal): Promise<ByteSource>;
  /** Stores under a name that nobody else uses; behind its first `restartAt` bytes where that is not 0. */
  write(path: string, restartAt: number, signal: AbortSignal): Promise<Writing>;
  /**
   * Writes into a file that is there, from this byte on; what is before, and behind what is written, stays. Whether a
   * server does that has to be tried.
   * @param at bytes, 1 …
   */
  writeInto(path: string, at: number, signal: AbortSignal): Promise<Writing>;
  /** Ends connections in good order. */
  close(isAwaited?: boolean): Promise<void>;
}

/** A server as a side, and its control connection. */
export interface ServerSide extends Side {
  readonly kind: "server";
  readonly host: HostSettings;
  /** The connection, where one takes commands now. */
  readonly connected: Client | undefined;
  /** The software that the last connection was to, where we know it. */
  readonly family: Family | undefined;
  /** What may be written ahead of replies on the connection that there is. */
  readonly pipelining: Pipelining;
  /** Whether bytes that pass between the server and us are private. */
  readonly isProtected: boolean;
  /** Whether nothing more can be found out by {@link acquaint}. */
  readonly isAcquainted: boolean;
  /** A logged-in connection that takes commands. */
  client(signal: AbortSignal): Promise<Client>;
  /** Finds out whether a server of an unknown kind takes questions ahead of replies, where that is not known. */
  acquaint(server: PipeliningKnowledge, signal: AbortSignal): Promise<void>;
  /** Files go by this route from now on, and what it knows of writing ahead of replies counts. */
  follow(route: RoutePipelining): void;
  /** After a transfer that came to nothing: a connection that does not answer any more is given up. */
  resync(signal: AbortSignal): Promise<void>;
}

export function isServer(side: Side): side is ServerSide {
  return side.kind === "server";
}
