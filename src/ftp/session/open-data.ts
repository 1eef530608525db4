import type { HostPort } from "../address.ts";
import { type Command, listsOverData } from "../command.ts";
import {
  connectData,
  type DataConnection,
  type DataOptions,
  listenForData,
} from "../connection/data/data-connection.ts";
import { AddressError, NoDataConnectionError, ProtocolError, ReplyError } from "../errors.ts";
import { formatReply } from "../reply.ts";
import type { DataChannel } from "./data-channel.ts";
import * as verbs from "./verbs.ts";
import { isCancellation, messageOf } from "../../shared/errors.ts";

type Way = "PASV" | "EPSV" | "PORT" | "EPRT";

/** A data connection between a server and us for the given command, opened as the host's file says. */
export async function openData(
  channel: DataChannel,
  about: Command,
  signal: AbortSignal,
): Promise<DataConnection> {
  const { control, host, isProtected } = channel;
  // How much a listing says is known by its end alone; a file has a size.
  const isEndWatched = listsOverData(about);
  const options = { host, isProtected, tlsSession: () => control.socket.tlsSession, isEndWatched };
  let passiveFailure: unknown;
  if (host.dataOpening !== "active") {
    try {
      return await passiveData(channel, about, options, signal);
    } catch (error) {
      const mayGoOn = host.dataOpening === "auto" && control.isUsable && control.isIdle && !signal.aborted;
      if (!mayGoOn) throw error;
      passiveFailure = error;
    }
  }
  const servers = [channel.peerAddress, ...host.dataAddresses];
  const { hostPort, data } = await listenForData(control.socket.localAddress, servers, options, signal);
  try {
    await announce(channel, hostPort, signal);
    return passiveFailure === undefined ? data : explained(data, passiveFailure);
  } catch (error) {
    data.close();
    throw bothFailed(error, passiveFailure);
  }
}

/**
 * Connects to where the server listens. On a server of no known family, a form that has not worked on this connection
 * yet is tried before anything depends on it: what listens behind a firewall may answer, and not be reached. A reply that
 * names an address that nobody should connect to, or none at all, is no reason against the other form either.
 */
async function passiveData(
  channel: DataChannel,
  about: Command,
  options: DataOptions,
  signal: AbortSignal,
): Promise<DataConnection> {
  let unreachable: unknown;
  let unusable: { readonly form: "EPSV" | "PASV"; readonly error: Error } | undefined;
  // Only once the other form has worked: a reply may be of no use once.
  const leave = () => {
    if (unusable !== undefined && !channel.capabilities.has(unusable.form))
      channel.capabilities.fails(unusable.form, messageOf(unusable.error));
  };
  const passing: string[] = [];
  for (const form of channel.ownForms) {
    let at: HostPort | undefined;
    try {
      at = await listenForUs(channel, form, about, passing, signal);
    } catch (error) {
      if (!isUnusable(error, channel)) throw error;
      unusable ??= { form, error };
    }
    if (at === undefined) continue;
    const data = connectData(at, options, signal);
    const hasWorked = channel.capabilities.has(`data by ${form}`) || channel.session.family !== undefined;
    if (hasWorked) {
      leave();
      return data;
    }
    try {
      await data.opened;
      channel.capabilities.works(`data by ${form}`, "a data connection was opened");
      leave();
      return data;
    } catch (error) {
      data.close();
      signal.throwIfAborted();
      channel.capabilities.fails(form, messageOf(error));
      unreachable = error;
    }
  }
  // It says which setting to change. Where the other form led nowhere, what needs no data connection may still be tried.
  const hasLedNowhere = (["EPSV", "PASV"] as const).some((form) => channel.capabilities.of(form).is === "no");
  if (unusable !== undefined && !hasLedNowhere) throw unusable.error;
  const advice = unusable === undefined ? "" : `; ${messageOf(unusable.error)}`;
  const why =
    unreachable === undefined ? refusals(channel, ["EPSV", "PASV"], passing) : `: ${messageOf(unreachable)}`;
  throw new NoDataConnectionError(
    `${channel.host.name}: cannot open a passive data connection${why}${advice}`,
    unreachable,
  );
}

/** Whether the server has said where it listens, and not so that anybody could connect there. */
function isUnusable(error: unknown, { control }: DataChannel): error is AddressError | ProtocolError {
  return control.isUsable && (error instanceof AddressError || error instanceof ProtocolError);
}

/**
 * @param passing gets the server's reply to a form that it has accepted before
 * @returns undefined where the server refuses this form
 */
async function listenForUs(
  channel: DataChannel,
  form: "EPSV" | "PASV",
  about: Command,
  passing: string[],
  signal: AbortSignal,
): Promise<HostPort | undefined> {
  try {
    const at = await channel.listen(form, about, signal);
    channel.capabilities.works(form, "it has listened");
    return at;
  } catch (error) {
    const { reply } = remember(channel, form, error);
    if (!channel.capabilities.lacks(form)) passing.push(`${form}: ${formatReply(reply)}`);
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
async function announce(channel: DataChannel, hostPort: HostPort, signal: AbortSignal): Promise<void> {
  const ways = channel.peerAddress.includes(":") ? (["EPRT"] as const) : (["PORT", "EPRT"] as const);
  for (const way of ways.filter((one) => !channel.capabilities.lacks(one))) {
    try {
      await channel.ask(way === "PORT" ? verbs.port(hostPort) : verbs.extendedPort(hostPort), signal);
      return;
    } catch (error) {
      remember(channel, way, error);
    }
  }
  const why = refusals(channel, ways);
  throw new NoDataConnectionError(`${channel.host.name}: cannot open an active data connection${why}`);
}

/** The server's replies to commands that it has refused; empty where it has refused none of them. */
function refusals(
  { capabilities, control }: DataChannel,
  ways: readonly Way[],
  passing: readonly string[] = [],
): string {
  const refused = ways.flatMap((way) => {
    const known = capabilities.of(way);
    return known.is === "refused" ? [`${way}: ${formatReply(known.reply)}`] : [];
  });
  const reasons = [...refused, ...passing];
  return reasons.length === 0 ? "" : control.masked(` (${reasons.join("; ")})`);
}

/**
 * A command refused as such is not tried again; any other failure is the caller's. One that has worked on this connection
 * is known to the server, whatever it says once.
 */
function remember(channel: DataChannel, way: Way, error: unknown): ReplyError {
  if (!(error instanceof ReplyError) || error.reply.code < 500 || error.retry === "later") throw error;
  if (channel.capabilities.has(way)) channel.capabilities.forget(way);
  else channel.capabilities.refused(way, error.reply);
  return error;
}
