import type { Capability } from "./capabilities.ts";
import type { Client } from "./client.ts";
import type { Command } from "../command.ts";
import { NoDataConnectionError, ReplyError } from "../errors.ts";
import { listsFacts } from "../features.ts";
import { isCompletion } from "../reply.ts";

/** One way to have a directory listed. */
export interface ListingMethod {
  readonly command: { readonly verb: "MLSD" | "LIST" | "STAT"; readonly argument?: string };
  readonly capability: Capability;
  readonly format: "mlsd" | "list";
  /**
   * A server may take an option for a name and list nothing. The answer is believed only when
   * `.` and `..` are in it, which nothing but the option brings.
   */
  readonly needsDots: boolean;
  /** Whether it is asked for in TYPE A. */
  readonly isText?: true;
}

const MLSD: ListingMethod = {
  command: { verb: "MLSD" },
  capability: "MLSD",
  format: "mlsd",
  needsDots: false,
};
const LIST_ALL: ListingMethod = {
  command: { verb: "LIST", argument: "-a" },
  capability: "LIST -a",
  format: "list",
  needsDots: true,
};
export const LIST: ListingMethod = {
  command: { verb: "LIST" },
  capability: "LIST",
  format: "list",
  needsDots: false,
};
/** RFC 959 §4.1.3 has a listing sent as text; some servers insist on it. */
export const LIST_AS_TEXT: ListingMethod = { ...LIST, capability: "LIST in TYPE A", isText: true };
/** Over the control connection, for a server that opens no data connection to us. */
const STAT_ALL: ListingMethod = {
  command: { verb: "STAT", argument: "-la ." },
  capability: "STAT -la .",
  format: "list",
  needsDots: true,
};
const STAT: ListingMethod = {
  command: { verb: "STAT", argument: "." },
  capability: "STAT .",
  format: "list",
  needsDots: false,
};

/** @param isNamed whether the directory is listed by its name, which STAT may take for a file's */
export function listingsFor(client: Client, byLines: boolean, isNamed: boolean): readonly ListingMethod[] {
  const { features, quirks } = client.session;
  const facts = listsFacts(features) && !byLines ? [MLSD] : [];
  const hidden = quirks.hidesDotNames;
  const all = [
    ...facts,
    ...(hidden ? [LIST_ALL] : []),
    LIST,
    LIST_AS_TEXT,
    ...(hidden ? [STAT_ALL] : []),
    STAT,
  ];
  const possible = isNamed ? all.filter(({ command }) => command.verb !== "STAT") : all;
  return possible.filter((listing) => !client.capabilities.lacks(listing.capability));
}

/** @param name of the directory, where it is not the current one */
export function listingCommand({ command }: ListingMethod, name: string | undefined): Command {
  if (name === undefined) return command;
  const option = command.argument === undefined ? "" : `${command.argument} `;
  return { verb: command.verb, argument: `${option}${name}` };
}

/** Whether the server is known to take the option as such; nothing listed is then no empty directory. */
export function takesOption({ capabilities, session }: Client, listing: ListingMethod): boolean {
  return listing.needsDots && (session.quirks.alwaysListsDots || capabilities.has(listing.capability));
}

/** Whether a failure is about this way of listing, and not about the directory. */
export function allowsNext(error: unknown, client: Client, listing: ListingMethod): boolean {
  if (error instanceof NoDataConnectionError) return listing.command.verb !== "STAT";
  if (!(error instanceof ReplyError) || listing === LIST_AS_TEXT || listing === STAT) return false;
  const { code } = error.reply;
  if (listing === LIST)
    return (
      code >= 500 && code !== 530 && client.session.family === undefined && !client.capabilities.has("LIST")
    );
  if ([500, 501, 502, 504].includes(code)) return true;
  if (isCompletion(error.reply)) return listing.needsDots;
  return listing.needsDots && [450, 550].includes(code) && !takesOption(client, listing);
}
