import type { Client } from "./client.ts";
import { CutListingError, ListingError, UnreadableLinesError } from "../listing/errors.ts";
import { nameOf } from "../pathname.ts";
import { saysCut } from "../quirks.ts";
import { formatReply, type Reply } from "../reply.ts";
import { literal } from "../../shared/name-pattern.ts";
import { accountKey } from "../settings.ts";
import type { ListingMethod } from "./listing-commands.ts";
import { closingOf } from "./tls-closing.ts";

/**
 * Whether all of a listing has come, as far as its data connection tells: one in clear tells nothing against it.
 * @throws CutListingError where it may have been cut; ListingError where those before it were
 */
export function requireEnd(
  client: Client,
  { command }: ListingMethod,
  isClosed: boolean | undefined,
): boolean {
  if (isClosed === undefined) return true;
  const closing = closingOf(accountKey(client.host), client.session.quirks.closesTls);
  const ending = closing.ending(isClosed);
  const what = `${client.name}: ${command.verb}`;
  if (ending === "cut") {
    const because =
      "the TLS data connection ended without close_notify, so the listing may have been cut short";
    throw new CutListingError(`${what}: ${because}`);
  }
  if (ending === "were-cut") {
    const because =
      "the server does end TLS with close_notify, so earlier listings were cut short on the way";
    throw new ListingError(`${what}: ${because}`);
  }
  return ending === "whole";
}

/** Pure-FTPd's words for it, in which no name stands. */
const COUNTED = /\boutput truncated to \d+ matches\b/i;

/**
 * To be called when all that was listed of a directory is known.
 * @param last the final reply behind the listing; undefined: it was a reply itself
 * @throws UnreadableLinesError where the server says that it has left entries out
 */
export function requireAll(client: Client, directory: string, last: Reply | undefined): void {
  const isCut =
    last !== undefined &&
    (COUNTED.test(last.lines.join(" ")) || saysCut(wordsOf(last, client.absolute(directory))));
  if (!isCut) return;
  const hint =
    client.session.family === "pure-ftpd" ? "; raise its limit, the first number of LimitRecursion (-L)" : "";
  const said = client.masked(formatReply(last));
  throw new UnreadableLinesError(
    `${client.name}: ${directory}: the server has not listed everything in it: ${said}${hint}`,
  );
}

/** Without the directory, whose name may be any words, where it stands alone. */
function wordsOf({ lines }: Reply, directory: string): string {
  const alone = (name: string) => new RegExp(`(?<![\\p{L}\\p{N}_])${literal(name)}(?![\\p{L}\\p{N}_])`, "gu");
  return [directory, nameOf(directory)]
    .filter((name) => name.length > 1)
    .reduce((words, name) => words.replace(alone(name), ""), lines.join(" "));
}
