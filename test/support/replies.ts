import { type Reply, ReplyParser } from "../../src/ftp/reply.ts";

/** A reply as a server writes it; ` / ` stands for a line end. */
export function replyOf(text: string): Reply {
  const [reply] = new ReplyParser().push(Buffer.from(`${text.replaceAll(" / ", "\r\n")}\r\n`));
  if (reply === undefined) throw new Error(`no reply: ${text}`);
  return reply;
}
