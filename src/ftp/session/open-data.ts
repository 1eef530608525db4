import type { HostPort } from "../address.ts";
import type { Client } from "./client.ts";
import type { Command } from "../command.ts";
import {
  connectData,
  type DataConnection,
  type DataOptions,
  listenForData,
} from "../connection/data-connection.ts";
import { NoDataConnectionError, ReplyError } from "../errors.ts";
import * as verbs from "./verbs.ts";
import { isCancellation, messageOf } from "../../shared/errors.ts";

/** A data connection between a server and us, for the command that is told, as the host's file wants it opened. */
export async function openData(client: Client, about: Command, signal: AbortSignal): Promise<DataConnection> {
  const { host, isProtected } = client;
  // How much a listing says is known by its end alone; a file has a size.
  const isEndWatched = /^(MLSD|LIST|NLST)$/.test(about.verb);
  const options = { host, isProtected, tlsSession: () => client.tlsSession, isEndWatched };
  let passiveFailure: unknown;
  if (host.dataOpening !== "active") {
    try {
      return await passiveData(client, about, options, signal);
    } catch (error) {
      const mayGoOn = host.dataOpening === "auto" && client.isReady && !signal.aborted;
      if (!mayGoOn) throw error;
      passiveFailure = error;
    }
  }
  const servers = [client.peerAddress, ...host.dataAddresses];
  const { hostPort, data } = await listenForData(client.localAddress, servers, options, signal);
  try {
    await announce(client, hostPort, signal);
    return passiveFailure === undefined ? data : explained(data, passiveFailure);
  } catch (error) {
    data.close();
    throw bothFailed(error, passiveFailure);
  }
}

/**
 * Connects to where the server listens. On a server of no known family, a form that has not worked on this connection
 * yet is tried before anything depends on it: what listens behind a firewall may answer, and not be reached.
 */
async function passiveData(
  client: Client,
  about: Command,
  options: DataOptions,
  signal: AbortSignal,
): Promise<DataConnection> {
  let unreachable: unknown;
  for (const form of passiveForms(client)) {
    const at = await listenForUs(client, form, about, signal);
    if (at === undefined) continue;
    const data = connectData(at, options, signal);
    const hasWorked = client.capabilities.has(`data by ${form}`) || client.session.family !== undefined;
    if (hasWorked) return data;
    try {
      await data.opened;
      client.capabilities.works(`data by ${form}`, "a data connection was opened");
      return data;
    } catch (error) {
      data.close();
      signal.throwIfAborted();
      client.capabilities.fails(form, messageOf(error));
      unreachable = error;
    }
  }
  const why = unreachable === undefined ? "" : `: ${messageOf(unreachable)}`;
  throw new NoDataConnectionError(`${client.name}: cannot open a passive data connection${why}`, unreachable);
}

/** @returns undefined where the server refuses this form */
async function listenForUs(
  client: Client,
  form: "EPSV" | "PASV",
  about: Command,
  signal: AbortSignal,
): Promise<HostPort | undefined> {
  try {
    return await client.listen(form, about, signal);
  } catch (error) {
    remember(client, form, error);
    return undefined;
  }
}

/** The same data connection; where it fails, the error says why a passive one had not been had. */
function explained(data: DataConnection, passiveFailure: unknown): DataConnection {
  return {
    ...data,
    begin: () =>
      data.begin().catch((error: unknown) => {
        throw bothFailed(error, passiveFailure);
      }),
  };
}

function bothFailed(error: unknown, passiveFailure: unknown): unknown {
  if (passiveFailure === undefined || isCancellation(error)) return error;
  return new NoDataConnectionError(
    `${messageOf(error)}; passive mode was tried first: ${messageOf(passiveFailure)}`,
    error,
  );
}

/** Tells the server where we listen. */
async function announce(client: Client, hostPort: HostPort, signal: AbortSignal): Promise<void> {
  const ways = isIpv6(client) ? (["EPRT"] as const) : (["PORT", "EPRT"] as const);
  for (const way of ways.filter((one) => !client.capabilities.lacks(one))) {
    try {
      await client.ask(way === "PORT" ? verbs.port(hostPort) : verbs.extendedPort(hostPort), signal);
      return;
    } catch (error) {
      remember(client, way, error);
    }
  }
  throw new NoDataConnectionError(`${client.name}: cannot open an active data connection`);
}

/** The ways to let the server listen for us that it has not refused, the better one first. */
export function passiveForms(client: Client): readonly ("EPSV" | "PASV")[] {
  const both = client.has("EPSV") ? (["EPSV", "PASV"] as const) : (["PASV", "EPSV"] as const);
  return (isIpv6(client) ? (["EPSV"] as const) : both).filter((form) => !client.capabilities.lacks(form));
}

function isIpv6({ peerAddress }: Client): boolean {
  return peerAddress.includes(":");
}

/** A command refused as such is not tried again; any other failure is the caller's. */
function remember(client: Client, way: "PASV" | "EPSV" | "PORT" | "EPRT", error: unknown): void {
  if (!(error instanceof ReplyError) || error.reply.code < 500 || error.retry === "later") throw error;
  client.capabilities.refused(way, error.reply);
}
