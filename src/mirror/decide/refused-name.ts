import { ReplyError } from "../../ftp/errors.ts";

/** Whether a target refuses to make a directory, for good and not for want of room. */
export function refusesName(error: unknown): boolean {
  return error instanceof ReplyError && error.command.verb === "MKD" && error.retry === "never";
}
