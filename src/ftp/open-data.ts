import type { HostPort } from "./address.ts";
import type { Client } from "./client.ts";
import type { Command } from "./command.ts";
import { connectData, type DataConnection, listenForData } from "./connection/data-connection.ts";
import { NoDataConnectionError, ReplyError } from "./errors.ts";
import * as verbs from "./verbs.ts";

/** A data connection between a server and us, for the command that is told, as the host's file wants it opened. */
export async function openData(client: Client, about: Command, signal: AbortSignal): Promise<DataConnection> {
  const { host, isProtected } = client;
  // How much a listing says is known by its end alone; a file has a size.
  const isEndWatched = /^(MLSD|LIST|NLST)$/.test(about.verb);
  const options = { host, isProtected, tlsSession: () => client.tlsSession, isEndWatched };
  if (host.dataOpening !== "active") {
    try {
      return connectData(await listenForUs(client, about, signal), options, signal);
    } catch (error) {
      const mayGoOn = host.dataOpening === "auto" && client.isReady && !signal.aborted;
      if (!mayGoOn) throw error;
    }
  }
  const servers = [client.peerAddress, ...host.dataAddresses];
  const { hostPort, data } = await listenForData(client.localAddress, servers, options, signal);
  try {
    await announce(client, hostPort, signal);
    return data;
  } catch (error) {
    data.close();
    throw error;
  }
}

async function listenForUs(client: Client, about: Command, signal: AbortSignal): Promise<HostPort> {
  for (const form of passiveForms(client)) {
    try {
      return await client.listen(form, about, signal);
    } catch (error) {
      remember(client, form, error);
    }
  }
  throw new NoDataConnectionError(`${client.name}: opens no passive data connection`);
}

/** Tells the server where we listen. */
async function announce(client: Client, hostPort: HostPort, signal: AbortSignal): Promise<void> {
  const ways = isIpv6(client) ? (["EPRT"] as const) : (["PORT", "EPRT"] as const);
  for (const way of ways.filter((one) => !client.refused.has(one))) {
    try {
      await client.ask(way === "PORT" ? verbs.port(hostPort) : verbs.extendedPort(hostPort), signal);
      return;
    } catch (error) {
      remember(client, way, error);
    }
  }
  throw new NoDataConnectionError(`${client.name}: opens no active data connection`);
}

/** The ways to let the server listen for us that it has not refused, the better one first. */
export function passiveForms(client: Client): readonly ("EPSV" | "PASV")[] {
  const both = client.has("EPSV") ? (["EPSV", "PASV"] as const) : (["PASV", "EPSV"] as const);
  return (isIpv6(client) ? (["EPSV"] as const) : both).filter((form) => !client.refused.has(form));
}

function isIpv6({ peerAddress }: Client): boolean {
  return peerAddress.includes(":");
}

/** A command refused as such is not tried again; any other failure is the caller's. */
function remember(client: Client, way: string, error: unknown): void {
  if (!(error instanceof ReplyError) || error.reply.code < 500) throw error;
  client.refused.add(way);
}
