import { type RunningServer, startPrepared } from "../running.ts";
import type { Prepare } from "../server.ts";
import { prepareGlobus } from "./globus.ts";
import { prepareInetutils, prepareLinuxFtpd } from "./inetd.ts";
import { prepareFtpSrv, prepareNodeFtpd, prepareSimpleFtpd } from "./node.ts";
import { prepareAioftp, prepareTwisted } from "./python.ts";

/** Real servers that fxpd was not written against: they have no quirks of their own in its source. */
const PREPARE = {
  "inetutils-ftpd": prepareInetutils,
  "linux-ftpd": prepareLinuxFtpd,
  "globus-gridftp": prepareGlobus,
  aioftp: prepareAioftp,
  twisted: prepareTwisted,
  "ftp-srv": prepareFtpSrv,
  "node-ftpd": prepareNodeFtpd,
  "simple-ftpd": prepareSimpleFtpd,
} as const satisfies Readonly<Record<string, Prepare>>;

export type Stranger = keyof typeof PREPARE;
export const STRANGERS = Object.keys(PREPARE) as readonly Stranger[];

/** What a host's file has to say for a server beside its address and account. */
export const HOST_KEYS: Readonly<Partial<Record<Stranger, string>>> = {
  // On this machine it takes every client for one that is behind the same NAT, and names this address.
  "ftp-srv": "dataAddresses: [127.0.0.1]",
};

export function startStranger(name: Stranger): Promise<RunningServer<Stranger>> {
  return startPrepared(name, PREPARE[name], {});
}
