import type { Effect, ServerListing } from "../../console/effects.ts";
import { IMAGE } from "../../console/session.ts";
import type { ListingEntry } from "../../ftp/listing/entry.ts";
import { ListingError } from "../../ftp/listing/errors.ts";
import { messageOf } from "../../shared/errors.ts";
import { encodeText } from "../../shared/octets.ts";
import { printable } from "../../shared/printable.ts";
import type { ConsoleTranscript } from "./conversation.ts";
import type { ConsoleIo } from "./io.ts";
import type { LocalFiles } from "./local-files.ts";
import { list, names } from "./raw.ts";
import type { ServerLink } from "./server-link.ts";
import { listingLines } from "./shown/events.ts";
import { abortable } from "./shown/watch.ts";

export interface ListingDeps {
  readonly io: ConsoleIo;
  readonly conversation: ConsoleTranscript;
  readonly files: LocalFiles;
}

/** A listing as the server sends it, to where a person wants it. */
export async function listTo(
  { io, conversation, files }: ListingDeps,
  link: ServerLink,
  { verb, argument, local }: Extract<Effect, { kind: "list" }>,
  signal: AbortSignal,
): Promise<void> {
  const client = await link.represent({ ...IMAGE, type: "A" }, signal);
  const command = argument === undefined ? { verb } : { verb, argument };
  const safe = (octets: Uint8Array) => (io.isTerminal ? encodeText(safeLines(octets)) : octets);
  const shown = io.tell && listingLines(link.name, io.tell);
  await abortable([link], signal, () =>
    conversation.showing("transfers", () => list(client, command, local, files, { safe, shown }, signal)),
  );
}

/** As the engine lists a directory; where not all lines can be read, those that can, and what is wrong. */
export async function listForConsole(
  link: ServerLink,
  directory: string,
  signal: AbortSignal,
): Promise<ServerListing> {
  await link.represent(IMAGE, signal);
  const path = link.absolute(directory) ?? directory;
  const entries: ListingEntry[] = [];
  try {
    await abortable([link], signal, async () => {
      for await (const entry of link.side.list(path, signal)) entries.push(entry);
    });
  } catch (error) {
    if (!(error instanceof ListingError) || entries.length === 0) throw error;
    return { entries, fault: messageOf(error) };
  }
  return { entries };
}

/** Names that the server gives for a pattern. */
export async function namesFor(
  { conversation, files }: ListingDeps,
  link: ServerLink,
  pattern: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const client = await link.represent({ ...IMAGE, type: "A" }, signal);
  return abortable([link], signal, () =>
    conversation.showing("transfers", () => names(client, pattern, files, signal)),
  );
}

function safeLines(octets: Uint8Array): string {
  return Buffer.from(octets)
    .toString("utf8")
    .split("\n")
    .map((line) => printable(line).replaceAll("\\x09", "\t"))
    .join("\n");
}
