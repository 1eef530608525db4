import type { Socket } from "node:net";
import { posix } from "node:path";
import { finished } from "node:stream/promises";
import { formatTimeVal, parseTimeVal } from "../../src/ftp/time-val.ts";
import { decodeText, encodeText } from "../../src/shared/octets.ts";
import type { Session } from "./scripted-server.ts";
import type { Faults } from "./tree-server-faults.ts";
import { factsLine, formatListing, type ListingForm } from "./tree-server-listing.ts";
import { type ChangingTree, MODIFIED_MS, type TreeEntry } from "./tree-server-tree.ts";

/**
 * What a server says to STAT: whole lines, the last of which is "hang up" where it then closes the connection.
 * @param listing lines of the directory, with `.` and `..`; none where there is no such directory
 */
export type StatusReply = (path: string, listing: readonly string[]) => readonly string[];

/** One that does it as vsftpd does. */
export const honestStatus: StatusReply = (_, listing) => [
  "213-Status follows:",
  ...listing,
  "213 End of status",
];

/** What one server is, over all its connections. */
export interface Served {
  readonly tree: ChangingTree;
  readonly faults: Faults;
  readonly form: ListingForm;
  readonly keepsTimes: boolean;
  /** How far its LIST is ahead of UTC. */
  readonly zoneMs: number;
  /** Symbolic links to directories, by where they stand, that every listing shows as directories. */
  readonly links: Map<string, string>;
  /** Whether DELE takes directories, with all in them. */
  readonly removesDirectories: boolean;
  readonly status: StatusReply | undefined;
  /** Bytes of files that passed, both ways. */
  readonly octets: { sent: number; received: number };
}

/** One connection: where it stands, and what the next command goes on from. */
export class Visit {
  readonly served: Served;
  readonly #wire: Session;
  directory = "/";
  restartAt = 0;
  renaming = "";

  constructor(served: Served, wire: Session) {
    this.served = served;
    this.#wire = wire;
  }

  reply(...lines: readonly string[]): void {
    const octets = encodeText(lines.map((line) => `${line}\r\n`).join(""));
    if (this.#wire.socket.writable) this.#wire.write(octets);
  }

  /** Links above the last name are followed. */
  path(argument: string): string {
    const path = posix.resolve(this.directory, argument);
    for (const [link, to] of this.served.links)
      if (path.startsWith(`${link}/`)) return to + path.slice(link.length);
    return path;
  }

  /** Where a path leads as a directory. */
  directoryAt(argument: string): string {
    const path = this.path(argument);
    return this.served.links.get(path) ?? path;
  }

  listen(): Promise<string> {
    return this.#wire.listen();
  }

  connectLater(hostPort: string): void {
    this.#wire.connectLater(hostPort);
  }

  /** The data connection; one that the other side breaks is no error of ours. */
  async data(): Promise<Socket> {
    return (await this.#wire.data()).on("error", () => undefined);
  }

  /** Ends the control connection without a word. */
  hangUp(): void {
    this.#wire.close();
  }

  end(): void {
    this.#wire.socket.end();
  }
}

/** What of an argument is a path: behind an option, behind a time. */
export function pathIn(verb: string, argument: string): string {
  if (verb === "LIST") return argument.replace(/^-a ?/, "");
  if (verb === "STAT") return argument.replace(/^-la /, "");
  return verb === "MFMT" ? argument.replace(/^\d+ /, "") : argument;
}

type Answer = (visit: Visit, argument: string) => void | Promise<void>;

const NO_FILE = "550 no such file";

/** Answers by verb. */
export const VERBS: Readonly<Record<string, Answer>> = {
  USER: (visit) => visit.reply("331 password"),
  PASS: (visit) => visit.reply("230 in"),
  FEAT: (visit) => visit.reply("211-Features", ...featuresOf(visit.served), "211 End"),
  SYST: (visit) => visit.reply("215 UNIX Type: L8"),
  PWD: (visit) => visit.reply(`257 "${visit.directory.replaceAll('"', '""')}" is where you are`),
  OPTS: (visit) => visit.reply("200 well"),
  TYPE: (visit) => visit.reply("200 type"),
  NOOP: (visit) => visit.reply("200 nothing"),
  CWD: (visit, argument) => {
    const path = visit.directoryAt(argument);
    if (!visit.served.tree.isDirectory(path)) return visit.reply("550 no such directory");
    visit.directory = path;
    visit.reply("250 there");
  },
  PASV: async (visit) => visit.reply(await visit.listen()),
  EPSV: async (visit) => {
    const [high = 0, low = 0] =
      /(\d+),(\d+)\)/
        .exec(await visit.listen())
        ?.slice(1)
        .map(Number) ?? [];
    visit.reply(`229 Entering Extended Passive Mode (|||${high * 256 + low}|)`);
  },
  PORT: (visit, argument) => {
    visit.connectLater(argument);
    visit.reply("200 will connect there");
  },
  MLSD: (visit, argument) => list(visit, visit.directoryAt(argument), "facts", false),
  LIST: (visit, argument) =>
    list(visit, visit.directoryAt(pathIn("LIST", argument)), "lines", argument.startsWith("-a")),
  MLST: (visit, argument) => {
    const path = visit.path(argument);
    const entry = describe(visit.served.tree, path);
    if (entry === undefined) visit.reply(NO_FILE);
    else visit.reply("250-Listing", ` ${factsLine({ ...entry, name: path })}`, "250 End");
  },
  STAT: (visit, argument) => {
    const { tree, status, zoneMs } = visit.served;
    if (status === undefined) return visit.reply("502 not here");
    const path = visit.path(pathIn("STAT", argument));
    const entries = tree.list(path);
    const lines =
      entries &&
      decodeText(formatListing(entries, "lines", true, zoneMs))
        .trimEnd()
        .split("\r\n");
    const said = status(path, lines ?? []);
    visit.reply(...said.filter((line) => line !== "hang up"));
    if (said.at(-1) === "hang up") visit.end();
  },
  SIZE: (visit, argument) => {
    const entry = visit.served.tree.find(visit.path(argument));
    visit.reply(entry?.kind === "file" ? `213 ${entry.sizeBytes ?? 0}` : NO_FILE);
  },
  MDTM: (visit, argument) => {
    const entry = visit.served.tree.find(visit.path(argument));
    visit.reply(entry?.kind === "file" ? `213 ${formatTimeVal(entry.modifiedMs ?? MODIFIED_MS)}` : NO_FILE);
  },
  MFMT: (visit, argument) => {
    const name = pathIn("MFMT", argument);
    const time = argument.slice(0, 14);
    const atMs = parseTimeVal(time);
    if (!visit.served.keepsTimes) return visit.reply("502 not here");
    if (atMs === undefined) return visit.reply("501 no time");
    const isSet = visit.served.tree.setModified(visit.path(name), atMs);
    visit.reply(isSet ? `213 Modify=${time}; ${name}` : NO_FILE);
  },
  REST: (visit, argument) => {
    visit.restartAt = Number(argument);
    visit.reply(`350 from ${argument}`);
  },
  RETR: (visit, argument) => retrieve(visit, visit.path(argument)),
  STOR: (visit, argument) => store(visit, visit.path(argument)),
  DELE: (visit, argument) => {
    const [{ tree, links, removesDirectories }, path] = [visit.served, visit.path(argument)];
    const isLink = links.delete(path);
    change(visit, isLink || removesDirectories ? tree.removeAll(path) : tree.removeFile(path));
  },
  RMD: (visit, argument) => {
    const [{ tree, links }, path] = [visit.served, visit.path(argument)];
    change(visit, !links.has(path) && tree.removeDirectory(path));
  },
  MKD: (visit, argument) => {
    const path = visit.path(argument);
    const isMade = visit.served.tree.makeDirectory(path, Date.now());
    visit.reply(isMade ? `257 "${path.replaceAll('"', '""')}" made` : "550 cannot be made");
  },
  RNFR: (visit, argument) => {
    visit.renaming = visit.path(argument);
    visit.reply(describe(visit.served.tree, visit.renaming) ? "350 to what" : NO_FILE);
  },
  RNTO: (visit, argument) => change(visit, visit.served.tree.rename(visit.renaming, visit.path(argument))),
  ABOR: (visit) => visit.reply("226 nothing goes on"),
  QUIT: (visit) => {
    visit.reply("221 bye");
    visit.end();
  },
};

function featuresOf({ form, keepsTimes }: Served): readonly string[] {
  const facts = form === "facts" ? [" MLST type*;size*;modify*;"] : [];
  return [" SIZE", " MDTM", " REST STREAM", " EPSV", " UTF8", ...facts, ...(keepsTimes ? [" MFMT"] : [])];
}

function describe(tree: ChangingTree, path: string): TreeEntry | undefined {
  return tree.isDirectory(path) ? { name: path, kind: "directory" } : tree.find(path);
}

function change(visit: Visit, isDone: boolean): void {
  visit.reply(isDone ? "250 done" : "550 cannot be done");
}

async function list(visit: Visit, path: string, form: ListingForm, withDots: boolean): Promise<void> {
  const { tree, faults } = visit.served;
  if (form === "facts" && visit.served.form !== "facts") return visit.reply("500 not here");
  const entries = tree.list(path);
  if (entries === undefined) return visit.reply("550 no such directory");
  const broken = faults.take("broken", path);
  const keep = broken?.keep ?? faults.take("cut", path)?.keep ?? entries.length;
  visit.reply("150 here it comes");
  const octets = formatListing(entries.slice(0, keep), form, withDots, visit.served.zoneMs);
  await send(visit, octets, broken === undefined ? "226 done" : (broken.reply ?? "426 connection lost"));
}

async function retrieve(visit: Visit, path: string): Promise<void> {
  const octets = visit.served.tree.read(path);
  const from = visit.restartAt;
  visit.restartAt = 0;
  if (octets === undefined) return visit.reply(NO_FILE);
  if (from > octets.length) return visit.reply("554 no such place");
  visit.reply("150 here it comes");
  visit.served.octets.sent += octets.length - from;
  await send(visit, octets.subarray(from));
}

/** Sends to the end of the data connection, however that comes. */
async function send(visit: Visit, octets: Uint8Array, reply = "226 done"): Promise<void> {
  const data = await visit.data();
  data.end(octets);
  const isSent = await finished(data, { readable: false }).then(
    () => true,
    () => false,
  );
  visit.reply(isSent ? reply : "426 connection lost");
}

async function store(visit: Visit, path: string): Promise<void> {
  const { tree, faults, octets } = visit.served;
  const from = visit.restartAt;
  visit.restartAt = 0;
  const before = (tree.read(path) ?? Buffer.alloc(0)).subarray(0, from);
  if (from > before.length) return visit.reply("554 no such place");
  if (!tree.write(path, before, Date.now())) return visit.reply("553 cannot be written");
  visit.reply("150 go ahead");
  const chunks = [before];
  let room = faults.take("full", path)?.octets ?? Number.POSITIVE_INFINITY;
  try {
    for await (const chunk of (await visit.data()) as AsyncIterable<Buffer>) {
      chunks.push(chunk.subarray(0, Math.min(room, chunk.length)));
      octets.received += chunk.length;
      room -= chunk.length;
      if (room < 0) break;
    }
  } catch {
    // A reset ends a file as a close does: the sender knows whether it was the whole one.
  }
  tree.write(path, Buffer.concat(chunks), Date.now());
  visit.reply(room < 0 ? "452 no room" : "226 done");
}
