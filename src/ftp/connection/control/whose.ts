import { type Command, listsOverData } from "../../command.ts";
import { ProtocolError } from "../../errors.ts";
import { endsDownload } from "../../quirks.ts";
import { classOf, formatReply, type Reply } from "../../reply.ts";

/** A command that waits for its final reply. */
export interface Waiting {
  readonly command: Command;
  /** Whether it has had a 1yz. */
  readonly hasBegun: boolean;
}

/**
 * Whose a reply is, among the commands that wait, the oldest being 0: its beginning (1yz) or its end; the end of a
 * download, in words for one that broke off; or the answer to a question written behind a transfer command, in the
 * middle of that transfer. What nobody asked for is an announcement: that the connection will end, or that a data
 * connection was turned away.
 */
type Whose =
  | { readonly is: "farewell" }
  | { readonly is: "turned-away" }
  | { readonly is: "beginning" | "end" | "broken" | "inside"; readonly index: number };

/**
 * What was asked first is answered first (RFC 959 §4.2), with the exceptions above.
 * @throws ProtocolError for a reply that can be nobody's: one before it has been lost, or came too late
 */
export function whoseReply(waiting: readonly Waiting[], reply: Reply): Whose {
  const [oldest] = waiting;
  if (oldest === undefined) {
    if (reply.code === 421) return { is: "farewell" };
    if (reply.code === 425) return { is: "turned-away" };
    throw new ProtocolError(`unexpected reply: ${formatReply(reply)}`);
  }
  const { verb } = oldest.command;
  const asked = TRANSFERS.has(verb) || listsOverData(oldest.command) ? ANSWERS.get(reply.code) : undefined;
  const inside = asked === undefined ? -1 : waiting.findIndex(({ command }) => asked.test(command.verb));
  if (inside >= 0) return { is: "inside", index: inside };
  const refused =
    oldest.hasBegun && reply.code === 450 ? REFUSED_INSIDE.exec(reply.lines[0] ?? "")?.[1] : undefined;
  const behind = waiting.findIndex(({ command }, index) => index > 0 && command.verb === refused);
  if (behind > 0) return { is: "inside", index: behind };
  if (oldest.hasBegun && endsDownload(reply)) return { is: "broken", index: 0 };
  if (classOf(reply) === "preliminary")
    return { is: "beginning", index: Math.max(begunBy(waiting, verb, reply), 0) };
  if (HOST_PORTS.has(reply.code) && !LISTENS.test(verb))
    throw new ProtocolError(`unexpected reply to ${verb}: ${formatReply(reply)}`);
  return { is: "end", index: 0 };
}

/**
 * pyftpdlib says that a transfer has begun before it answers the PORT in the same segment; and, of one whose data
 * connection it has turned away already, that it begins: it would send that file's octets on the next one.
 */
function begunBy(waiting: readonly Waiting[], oldest: string, reply: Reply): number {
  if (oldest === "PORT" || oldest === "EPRT")
    return waiting.findIndex(({ command }) => TRANSFERS.has(command.verb));
  if (OPENS.has(reply.code) && AT_ONCE.test(oldest))
    throw new ProtocolError(`reply announces a transfer that has already ended: ${formatReply(reply)}`);
  return 0;
}

/** Replies that announce a data connection (RFC 959 §4.2.2). */
const OPENS: ReadonlySet<number> = new Set([125, 150]);
/** Commands that are never answered by these (RFC 959 §5.4). */
const AT_ONCE = /^(NOOP|PASV|EPSV|SIZE|MDTM|CWD|TYPE|REST|RNFR|RNTO|DELE|MKD)$/;
const TRANSFERS: ReadonlySet<string> = new Set(["RETR", "STOR", "APPE"]);

/** What is answered so, and by no transfer. */
const ANSWERS: ReadonlyMap<number, RegExp> = new Map([
  [213, /^(SIZE|MDTM)$/],
  [227, /^(PASV|CPSV)$/],
  [229, /^EPSV$/],
]);
/** How ProFTPD refuses what it reads in the middle of a transfer. */
const REFUSED_INSIDE = /^(PASV|EPSV|SIZE|MDTM): data transfer in progress/;
/** A host-port is for a command that asks for one, and no other. */
const HOST_PORTS: ReadonlySet<number> = new Set([227, 229]);
const LISTENS = /^(PASV|CPSV|EPSV)$/;
