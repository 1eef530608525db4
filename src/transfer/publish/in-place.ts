import { ReplyError } from "../../ftp/errors.ts";
import { parentOf } from "../../ftp/pathname.ts";
import { waysOf } from "../../ftp/ways.ts";
import { messageOf } from "../../shared/errors.ts";
import { NoRenameError, RefusedError } from "../errors.ts";
import type { InPlacePolicy, TransferPolicy } from "../policy.ts";
import { isServer, type Side } from "../sides/side.ts";

/** What a run says counts before what the host's file says. */
function inPlacePolicy(side: Side, { inPlace }: Pick<TransferPolicy, "inPlace">): InPlacePolicy {
  return inPlace ?? (isServer(side) ? side.host.inPlace : undefined) ?? "when-needed";
}

/**
 * Why a file is written under its final name at once; undefined where it is not.
 * @throws RefusedError where it would have to be, and must not
 */
export function reasonInPlace(side: Side, policy: TransferPolicy): string | undefined {
  const when = inPlacePolicy(side, policy);
  if (when === "always") return "written in place (inPlace: always)";
  const refusal = isServer(side) ? waysOf(side.host).why("no-rename") : undefined;
  if (refusal === undefined) return undefined;
  if (when === "never") throw new RefusedError(forbidden(refusal));
  return `written in place, because the server does not rename (${refusal})`;
}

function forbidden(refusal: string): string {
  return `${refusal}; the server does not rename, and inPlace: never forbids writing under the final name; inPlace: when-needed allows it`;
}

/**
 * A refusal to rename what surely stands there, as what it is; anything else as it came.
 * @param temporary what was to get its name
 */
export async function asRenameRefusal(
  error: unknown,
  side: Side,
  temporary: string,
  policy: TransferPolicy,
  signal: AbortSignal,
): Promise<unknown> {
  const isRefused = error instanceof ReplyError && error.command.verb === "RNFR" && error.retry === "never";
  if (!isRefused || !isServer(side)) return error;
  // A file that has vanished cannot be renamed by anybody.
  const stands = await side.facts(temporary, signal).catch(() => ({ kind: "unknown" as const }));
  if (stands === undefined) return error;
  const ways = waysOf(side.host);
  if (ways.hasRenamed(parentOf(temporary))) return error;
  const refusal = error.message.replace(/(RNFR) .*?(?=: \d{3} )/s, "$1");
  if (!ways.hasRenamed()) ways.learn("no-rename", refusal);
  if (inPlacePolicy(side, policy) === "never") return new RefusedError(forbidden(messageOf(error)));
  return new NoRenameError(refusal, error);
}

/** The server has renamed a file there: a refusal later on is about a file. */
export function noteRenamed(side: Side, path: string): void {
  if (isServer(side)) waysOf(side.host).renamed(parentOf(path));
}
