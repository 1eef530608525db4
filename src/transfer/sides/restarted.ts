import { ReplyError } from "../../ftp/errors.ts";
import { refusesRestart } from "../../ftp/quirks.ts";
import { NoRestartError } from "../errors.ts";

/** A refusal of what should go on somewhere; from its start it may pass. */
export async function restarted<T>(opening: Promise<T>): Promise<T> {
  try {
    return await opening;
  } catch (error) {
    const isRefused =
      error instanceof ReplyError && MOVES.test(error.command.verb) && refusesRestart(error.reply);
    throw isRefused ? new NoRestartError(error.message, error) : error;
  }
}

/** The commands that a restart is for, and REST itself; PASV and the others are refused for their own sake. */
const MOVES = /^(REST|RETR|STOR|APPE)$/;
