import type { Capability } from "../../src/ftp/session/capabilities.ts";
import { Client } from "../../src/ftp/session/client.ts";
import { listDirectory } from "../../src/ftp/session/directory.ts";
import { ConnectionError } from "../../src/ftp/errors.ts";
import type { HostSettings } from "../../src/ftp/settings.ts";
import { type Answer, type Script, type Session, scriptedServer } from "./scripted-server.ts";
import { settingsFor } from "./settings.ts";

export const signal = new AbortController().signal;
export const NOW_MS = Date.UTC(2026, 10, 21);
export const soon = { timeouts: { connectMs: 2_000, replyMs: 300, stallMs: 2_000, idleMs: 60_000 } };

export const DOTS = ["drwxr-xr-x 2 0 0 4096 Nov 20 10:00 .", "drwxr-xr-x 9 0 0 4096 Nov 20 10:00 .."];
export const file = (name: string) => `-rw-r--r-- 1 0 0 5 Nov 20 10:00 ${name}`;

/** FEAT without MLST: LIST is all there is. */
export const WITHOUT_FACTS: Script = { FEAT: ["211-Features", " SIZE", "211 End"], CWD: "250 there" };

/** Sends lines over the data connection, and then what is said of them. */
export async function send(session: Session, lines: readonly string[], end = "226 done"): Promise<void> {
  session.reply("150 here it comes");
  await session.send(Buffer.from(lines.map((line) => `${line}\r\n`).join("")));
  if (end !== "") session.reply(end);
}

/** A listing by its argument; `""` stands for none. A text is a reply instead of a listing. */
export function listing(answers: Readonly<Record<string, string | readonly string[]>>): Answer {
  return (session, argument) => {
    const answer = answers[argument] ?? "501 what?";
    if (typeof answer === "string") return session.reply(answer);
    return send(session, answer);
  };
}

export interface Listed {
  readonly names: readonly string[];
  readonly error: unknown;
  /** What was asked after the login, `TYPE` and `PASV` left out. */
  readonly asked: readonly string[];
}

/** Lists directories of one scripted server, one after the other over one connection. */
export async function list(
  script: Script,
  directories: readonly string[] = ["/"],
  {
    refused = [],
    isInTurn = false,
    ...more
  }: Partial<HostSettings> & { readonly refused?: readonly Capability[]; readonly isInTurn?: boolean } = {},
): Promise<readonly Listed[]> {
  await using server = await scriptedServer({ ...WITHOUT_FACTS, ...script }, { isInTurn });
  const client = await Client.connect(settingsFor("alpha", server, { ...soon, ...more }), undefined, signal);
  for (const way of refused) client.capabilities.fails(way, "not in this test");
  const all: Listed[] = [];
  for (const directory of directories) {
    const before = server.commands.length;
    const names: string[] = [];
    let error: unknown;
    try {
      for await (const entry of listDirectory(client, directory, NOW_MS, signal)) names.push(entry.name);
    } catch (thrown) {
      error = thrown;
    }
    const asked = server.commands
      .slice(before)
      .map((line) => (/^(PORT|EPRT) /.test(line) ? line.slice(0, 4) : line))
      .filter((line) => line !== "PASV");
    all.push({ names, error, asked });
  }
  client.destroy(new ConnectionError("test over"));
  return all;
}

export async function listOnce(...of: Parameters<typeof list>): Promise<Listed> {
  const [one] = await list(...of);
  if (one === undefined) throw new Error("nothing listed");
  return one;
}
