import { ReplyError } from "../../ftp/errors.ts";
import { refusesRestart } from "../../ftp/quirks.ts";
import type { Client } from "../../ftp/session/client.ts";
import { NoRestartError } from "../errors.ts";
import type { ByteSource, Writing } from "./side.ts";

/** The commands that a restart is for, and REST itself; PASV and the others are refused for their own sake. */
const MOVES = /^(REST|RETR|STOR|APPE)$/;

export async function openReading(
  client: Client,
  path: string,
  restartAt: number,
  signal: AbortSignal,
): Promise<ByteSource> {
  const opening = open(client, "RETR", path, restartAt, signal);
  return restartAt === 0 ? opening : restarted(opening);
}

/** REST and STOR; where the server refuses that, APPE, which needs no REST (RFC 959 §4.1.3). */
export async function openWriting(
  client: Client,
  path: string,
  restartAt: number,
  signal: AbortSignal,
): Promise<Writing> {
  try {
    return await open(client, "STOR", path, restartAt, signal);
  } catch (error) {
    const isRefused = error instanceof ReplyError && refusesRestart(error.reply);
    if (restartAt === 0 || !isRefused || !client.isReady) throw error;
  }
  return restarted(open(client, "APPE", path, 0, signal));
}

/** REST and STOR, and nothing else: APPE would write behind what is there. */
export async function openWritingInto(
  client: Client,
  path: string,
  at: number,
  signal: AbortSignal,
): Promise<Writing> {
  if (at < 1)
    throw new RangeError("expected an offset greater than 0: STOR without REST starts the file over");
  return restarted(open(client, "STOR", path, at, signal));
}

async function open(
  client: Client,
  verb: "RETR" | "STOR" | "APPE",
  path: string,
  restartAt: number,
  signal: AbortSignal,
): Promise<ByteSource & Writing> {
  const transfer = await client.open({ verb, argument: client.absolute(path) }, restartAt, signal);
  try {
    const stream = await transfer.stream(signal);
    return {
      stream,
      finish: async (until) => void (await transfer.finish(client.host.timeouts.stallMs, until)),
      [Symbol.asyncDispose]: () => transfer[Symbol.asyncDispose](),
    };
  } catch (error) {
    await transfer[Symbol.asyncDispose]();
    throw error;
  }
}

/** A refusal of what should go on somewhere; from its start it may pass. */
async function restarted<T>(opening: Promise<T>): Promise<T> {
  try {
    return await opening;
  } catch (error) {
    const isRefused =
      error instanceof ReplyError && MOVES.test(error.command.verb) && refusesRestart(error.reply);
    throw isRefused ? new NoRestartError(error.message, error) : error;
  }
}
