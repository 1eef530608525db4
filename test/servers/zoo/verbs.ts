import type { Socket } from "node:net";
import { posix } from "node:path";
import { finished } from "node:stream/promises";
import { formatTimeVal, parseTimeVal } from "../../../src/ftp/time-val.ts";
import { encodeText } from "../../../src/shared/octets.ts";
import type { Conduct, ZooKind } from "./kind.ts";
import { factsOf, type Listed } from "./listing.ts";
import type { Cut } from "./server.ts";
import { closedPort, Refused, type Visit } from "./visit.ts";

/** Verbs that a server has only where its FEAT says so (RFC 2389), or where {@link ZooKind.habits} has them. */
const ANNOUNCED: Readonly<Record<string, string>> = {
  ...{ MLSD: "MLST", MLST: "MLST", SIZE: "SIZE", MDTM: "MDTM", MFMT: "MFMT", EPSV: "EPSV", EPRT: "EPRT" },
  ...{ AUTH: "AUTH", PBSZ: "PBSZ", PROT: "PROT", PRET: "PRET", REST: "REST", OPTS: "UTF8" },
  ...{ SSCN: "SSCN", CPSV: "CPSV" },
};
/** What servers without FEAT mostly have nevertheless. */
const USUAL = ["SIZE", "MDTM", "REST"];

/** Whether this kind of server has this verb at all. */
export function knows({ features, lacks = [] }: ZooKind, verb: string): boolean {
  if (lacks.includes(verb)) return false;
  if (verb === "FEAT") return features !== undefined;
  const feature = ANNOUNCED[verb];
  if (feature === undefined) return true;
  if (features === undefined) return USUAL.includes(verb);
  return features.some((line) => line.split(" ")[0] === feature);
}

/** What this kind does with a command in place of the usual thing. */
export function habitOf(visit: Visit, verb: string, argument: string): Conduct | undefined {
  const line = argument === "" ? verb : `${verb} ${argument}`;
  const keys = Object.keys(visit.kind.habits ?? {}).filter(
    (key) => key === verb || (key.includes(" ") && line.startsWith(key)),
  );
  const [key = ""] = keys.sort((one, other) => other.length - one.length);
  const habit = visit.kind.habits?.[key];
  return typeof habit === "function" ? habit(visit, argument) : habit;
}

type Answer = (visit: Visit, argument: string, cut: Cut) => void | Promise<void>;

/** The usual answers by verb. */
export const VERBS: Readonly<Record<string, Answer>> = {
  USER: (visit, user) => visit.say("user", user),
  PASS: (visit) => visit.say("loggedIn", "tester"),
  ACCT: (visit) => visit.reply("202 ACCT command ignored."),
  SYST: (visit) => visit.reply(visit.kind.system ?? "215 UNIX Type: L8"),
  FEAT: (visit) =>
    visit.reply(
      "211-Extensions supported:",
      ...(visit.kind.features ?? []).map((line) => ` ${line}`),
      "211 END",
    ),
  PWD: (visit) => {
    const { home = "" } = visit.kind;
    const path = home !== "" && visit.directory === "/" ? home : posix.join(home || "/", visit.directory);
    visit.say("where", path.replaceAll('"', '""'));
  },
  TYPE: (visit, type) => visit.say("type", type),
  MODE: (visit) => visit.reply("200 Mode S ok."),
  STRU: (visit) => visit.reply("200 Structure F ok."),
  OPTS: (visit) => visit.reply("200 OPTS command successful."),
  NOOP: (visit) => visit.say("noop"),
  ALLO: (visit) => visit.reply("202 ALLO command ignored."),
  SITE: (visit, argument) => visit.say("unknown", `SITE ${argument}`),
  CWD: (visit, argument) => {
    const path = visit.path(argument);
    if (path === undefined || !visit.tree.isDirectory(path)) return visit.say("noDirectory", argument);
    visit.directory = path;
    visit.say("entered", argument);
  },
  CDUP: (visit) => {
    visit.directory = posix.dirname(visit.directory);
    visit.say("entered", "..");
  },
  PBSZ: (visit) => visit.reply("200 PBSZ=0"),
  PROT: (visit, level) => {
    visit.isPrivate = level === "P";
    visit.reply(`200 PROT ${level} OK.`);
  },
  PRET: (visit) => {
    visit.hasPret = true;
    visit.reply("200 OK, will use master for upcoming transfer");
  },
  SSCN: (visit, argument) => {
    visit.isTlsClient = argument.toUpperCase() === "ON";
    visit.reply(`200 SSCN:${visit.isTlsClient ? "CLIENT" : "SERVER"} METHOD`);
  },
  CPSV: async (visit) => {
    visit.say("passive", (await visit.listen())[0]);
    visit.isTlsClientOnce = true;
  },
  PASV: async (visit) => visit.say("passive", (await visit.listen())[0]),
  EPSV: async (visit) => {
    const [, port] = await visit.listen();
    const told = visit.kind.data?.isEpsvUnreachable === true ? await closedPort(visit.address) : port;
    visit.reply(`229 Entering Extended Passive Mode (|||${told}|)`);
  },
  PORT: (visit, hostPort) => {
    const address = hostPort.split(",").slice(0, 4).join(".");
    const { foreignPort } = visit.kind.data ?? {};
    if (foreignPort !== undefined && visit.isForeign(address)) return visit.reply(foreignPort);
    visit.connectLater(hostPort);
    visit.say("port");
  },
  EPRT: (visit, argument) => {
    const [, , address = "", port = "0"] = argument.split("|");
    const hostPort = `${address.replaceAll(".", ",")},${Number(port) >> 8},${Number(port) & 255}`;
    return VERBS["PORT"]?.(visit, hostPort, { left: undefined });
  },
  LIST: async (visit, argument) => {
    // ls of old takes options; a path behind them, or none.
    const path = argument.replace(/^(-\S+ ?)+/, "");
    const entries = listed(visit, path);
    const lines = visit.kind.list(entries.map((entry) => zoned(visit.kind, entry)));
    await send(visit, "LIST", path, Buffer.concat(lines.map((line) => encodeText(`${line}\r\n`))));
  },
  NLST: async (visit, argument) => {
    const path = argument.replace(/^(-\S+ ?)+/, "");
    const names = listed(visit, path).map(({ name }) => encodeText(`${name}\r\n`));
    await send(visit, "NLST", path, Buffer.concat(names));
  },
  MLSD: async (visit, path) => {
    const lines = listed(visit, path).map((entry) => encodeText(`${factsOf(entry)} ${entry.name}\r\n`));
    await send(visit, "MLSD", path, Buffer.concat(lines));
  },
  MLST: (visit, argument) => {
    const entry = visit.tree.find(visit.path(argument) ?? "");
    if (entry === undefined) visit.say("missing", argument);
    else visit.reply("250-Listing", ` ${factsOf(entry)} ${argument}`, "250 End");
  },
  STAT: (visit) => visit.reply("211 FTP server status OK."),
  SIZE: (visit, argument) => {
    const { sizeOfDirectory, sizeOfEmpty } = visit.kind.files ?? {};
    const entry = visit.tree.find(visit.path(argument) ?? "");
    if (entry?.kind === "directory" && sizeOfDirectory !== undefined)
      return visit.reply(`213 ${sizeOfDirectory}`);
    if (entry?.kind !== "file") return visit.say("missing", argument);
    const isEmpty = entry.sizeBytes === 0 && sizeOfEmpty !== undefined;
    visit.reply(isEmpty ? sizeOfEmpty : `213 ${entry.sizeBytes}`);
  },
  MDTM: (visit, argument) => {
    const [, time, name] = /^(\d{14}) (.*)$/s.exec(argument) ?? [];
    if (visit.kind.files?.setsTimes === "MDTM" && time !== undefined && name !== undefined)
      return setModified(visit, time, name, "253 Date/time changed okay.");
    const entry = visit.tree.find(visit.path(argument) ?? "");
    if (entry?.kind === "file") visit.reply(`213 ${formatTimeVal(entry.modifiedMs)}`);
    else visit.say("missing", argument);
  },
  MFMT: (visit, argument) => {
    const [, time = "", name = ""] = /^(\d{14}) (.*)$/s.exec(argument) ?? [];
    setModified(visit, time, name, `213 Modify=${time}; ${name}`);
  },
  REST: (visit, from) => {
    visit.restartAt = Number(from);
    visit.say("restart", from);
  },
  RETR: (visit, argument, cut) => retrieve(visit, argument, cut),
  STOR: (visit, argument, cut) => store(visit, argument, cut, false),
  APPE: (visit, argument, cut) => store(visit, argument, cut, true),
  DELE: (visit, argument) => {
    if (visit.tree.removeFile(visit.path(argument) ?? "")) visit.say("deleted", argument);
    else visit.say("missing", argument);
  },
  RMD: (visit, argument) => {
    if (visit.tree.removeDirectory(visit.path(argument) ?? "")) visit.say("removed", argument);
    else visit.say("noDirectory", argument);
  },
  MKD: (visit, argument) => {
    const path = visit.path(argument);
    if (path === undefined) return visit.say("badName", argument);
    if (visit.tree.makeDirectory(path)) visit.say("made", argument.replaceAll('"', '""'));
    else visit.say("notMade", argument);
  },
  RNFR: (visit, argument) => {
    visit.renaming = visit.path(argument) ?? "";
    if (visit.tree.find(visit.renaming) === undefined) visit.say("missing", argument);
    else visit.say("renaming");
  },
  RNTO: (visit, argument) => {
    const path = visit.path(argument);
    if (path === undefined) return visit.say("badName", argument);
    const { noRenameOver } = visit.kind.files ?? {};
    const isThere = path !== visit.renaming && visit.tree.find(path) !== undefined;
    if (isThere && noRenameOver !== undefined) return visit.reply(noRenameOver);
    if (visit.tree.rename(visit.renaming, path)) visit.say("renamed");
    else visit.say("notRenamed", argument);
  },
  ABOR: (visit) => visit.reply("226 ABOR command successful."),
  QUIT: (visit) => {
    visit.say("bye");
    visit.control.end();
  },
};

function setModified(visit: Visit, time: string, name: string, reply: string): void {
  const atMs = parseTimeVal(time);
  const path = visit.path(name);
  const isSet = atMs !== undefined && path !== undefined && visit.tree.setModified(path, atMs);
  if (isSet) visit.reply(reply);
  else visit.say("missing", name);
}

/** @throws Refused where there is no such directory, or where this kind will not list it */
function listed(visit: Visit, argument: string): readonly Listed[] {
  const path = visit.path(argument === "" ? "." : argument);
  const entries = path === undefined ? undefined : visit.tree.list(path);
  if (entries === undefined) throw new Refused(visit.word("noDirectory", argument));
  const { emptyDirectory } = visit.kind.files ?? {};
  if (entries.length === 0 && emptyDirectory !== undefined) throw new Refused(emptyDirectory);
  return entries;
}

function zoned({ zoneMs = 0 }: ZooKind, entry: Listed): Listed {
  return { ...entry, modifiedMs: entry.modifiedMs + zoneMs };
}

async function retrieve(visit: Visit, argument: string, cut: Cut): Promise<void> {
  const from = visit.restartAt;
  visit.restartAt = 0;
  const octets = visit.tree.read(visit.path(argument) ?? "");
  if (octets === undefined) throw new Refused(visit.word("missing", argument));
  await send(visit, "RETR", argument, octets.subarray(from), cut);
}

async function send(
  visit: Visit,
  verb: string,
  about: string,
  octets: Buffer,
  cut: Cut = { left: undefined },
): Promise<void> {
  const data = await visit.data(visit.word("begins", about || "/bin/ls"));
  const { left } = cut;
  const isCut = left !== undefined && left < octets.length;
  if (isCut) cut.left = undefined;
  // In two steps: with both in one, Node leaves close_notify away.
  await new Promise<void>((resolve) =>
    data.write(isCut ? octets.subarray(0, left) : octets, () => resolve()),
  );
  data.end();
  const isSent = await finished(data, { readable: false }).then(
    () => true,
    () => false,
  );
  const done = (verb === "RETR" && visit.kind.data?.done?.RETR) || visit.word("done", about);
  visit.reply(isSent && !isCut ? done : "426 Connection closed; transfer aborted.");
}

async function store(visit: Visit, argument: string, cut: Cut, isAppended: boolean): Promise<void> {
  const { tree, kind } = visit;
  const path = visit.path(argument);
  const { noRestartStore, noOverwrite } = kind.files ?? {};
  const old = (path !== undefined && tree.read(path)) || Buffer.alloc(0);
  const from = isAppended ? old.length : visit.restartAt;
  visit.restartAt = 0;
  if (from > 0 && !isAppended && noRestartStore !== undefined) throw new Refused(noRestartStore);
  if (from === 0 && noOverwrite !== undefined && path !== undefined && tree.read(path) !== undefined)
    throw new Refused(noOverwrite);
  const isPlaced = path !== undefined && tree.isDirectory(posix.dirname(path)) && !tree.isDirectory(path);
  if (!isPlaced) throw new Refused(visit.word("badName", argument));
  const data = await visit.data(visit.word("begins", argument));
  const { octets, isCut } = await received(data, cut);
  tree.write(path, Buffer.concat([old.subarray(0, from), octets]));
  const done = kind.data?.done?.STOR ?? visit.word("done", argument);
  visit.reply(isCut ? "426 Connection closed; transfer aborted." : done);
}

async function received(
  data: Socket,
  cut: Cut,
): Promise<{ readonly octets: Buffer; readonly isCut: boolean }> {
  const chunks: Buffer[] = [];
  let length = 0;
  let isCut = false;
  try {
    for await (const chunk of data as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      length += chunk.length;
      if (cut.left === undefined || length <= cut.left) continue;
      isCut = true;
      break;
    }
  } catch {
    // A reset ends a file as a close does: the sender knows whether it was the whole one.
  }
  const octets = Buffer.concat(chunks);
  if (!isCut) return { octets, isCut };
  const { left = 0 } = cut;
  cut.left = undefined;
  data.destroy();
  return { octets: octets.subarray(0, left), isCut };
}
