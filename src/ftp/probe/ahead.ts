import type { Client } from "../session/client.ts";
import { beforeAbort } from "../connection/dial.ts";
import { ConnectionError } from "../errors.ts";
import type { Reply } from "../reply.ts";
import * as verbs from "../session/verbs.ts";
import { judgeAhead } from "./judge.ts";
import type { Finding } from "./result.ts";
import { anySignal } from "../../shared/any-signal.ts";

/** How long the next reply to commands in one write may take. */
const SILENCE_MS = 3_000;

/** Harmless commands whose replies can be distinguished. */
export const SEVERAL: readonly verbs.Verb<unknown>[] = (() => {
  const nothing = verbs.noOperation();
  return [nothing, verbs.workingDirectory(), verbs.imageType(), nothing];
})();

/**
 * Each of these commands alone, and then all in one write (RFC 959 §4.2). Where replies are missing, nobody knows
 * what the next one would belong to, and the connection is closed.
 * @throws ConnectionError where it is lost over a command that came alone
 */
export async function tryAhead(
  client: Client,
  wanted: readonly verbs.Verb<unknown>[],
  signal: AbortSignal,
): Promise<{ readonly finding: Finding; readonly isWhole: boolean }> {
  const alone = new Map<verbs.Verb<unknown>, Reply>();
  for (const verb of new Set(wanted)) alone.set(verb, await client.reply(verb, signal));
  const ahead = await inOneWrite(client, wanted, signal);
  const octets = wanted.reduce((sum, { command }) => sum + lengthOf(command), 0);
  const finding = judgeAhead(
    wanted.map((verb) => alone.get(verb) as Reply),
    ahead,
    octets,
  );
  const isWhole = ahead.length === wanted.length;
  if (!isWhole) client.destroy(new ConnectionError("commands sent in one write were lost"));
  return { finding, isWhole };
}

/** Commands that leave in one write, and the replies that come until there is silence. */
async function inOneWrite(
  client: Client,
  wanted: readonly verbs.Verb<unknown>[],
  signal: AbortSignal,
): Promise<readonly Reply[]> {
  const exchanges = wanted.map(({ command }) => client.session.control.send(command));
  const replies: Reply[] = [];
  for (const { final } of exchanges) {
    const within = anySignal(signal, AbortSignal.timeout(SILENCE_MS));
    const reply = await beforeAbort(final, within).catch(() => undefined);
    signal.throwIfAborted();
    if (reply === undefined) break;
    replies.push(reply);
  }
  return replies;
}

function lengthOf({ verb, argument }: verbs.Verb<unknown>["command"]): number {
  return Buffer.byteLength(argument === undefined ? verb : `${verb} ${argument}`) + "\r\n".length;
}
