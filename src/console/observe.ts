import { isCompletion, type Reply } from "../ftp/reply.ts";
import {
  type VerticalFormat,
  IMAGE,
  type Mode,
  type Representation,
  type ConsoleSession,
  type Structure,
  withServer,
} from "./session.ts";

/** The session after a command that a person sent verbatim: what it changed on the server has changed here as well. */
export function observed(
  session: ConsoleSession,
  verb: string,
  argument: string,
  reply: Reply,
): ConsoleSession {
  const known = session.servers[session.at]?.representation;
  if (known === undefined || !isCompletion(reply)) return session;
  return withServer(session, { representation: represented(known, verb, argument) });
}

/** The representation after a command that was accepted. */
export function represented(before: Representation, verb: string, argument: string): Representation {
  const [first = "", second = "N"] = argument.trim().toUpperCase().split(/\s+/);
  switch (verb.toUpperCase()) {
    case "TYPE":
      if (first === "A" || first === "E") return { ...before, type: first, format: second as VerticalFormat };
      return { ...before, type: first === "L" ? "L 8" : "I", format: "N" };
    case "MODE":
      return { ...before, mode: first as Mode };
    case "STRU":
      return { ...before, structure: first as Structure };
    case "REIN":
      return IMAGE;
    default:
      return before;
  }
}
