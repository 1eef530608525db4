import { ReplyError } from "../../ftp/errors.ts";
import { nameOf, parentOf } from "../../ftp/pathname.ts";
import { formatReply } from "../../ftp/reply.ts";
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
  if (!isServer(side)) return undefined;
  const ways = waysOf(side.host);
  for (const way of ["no-rename", "names-in-final-form"] as const) {
    const refusal = ways.why(way);
    if (refusal === undefined) continue;
    if (when === "never") throw new RefusedError(forbidden(refusal, LACKS[way]));
    return `written in place, because the server ${LACKS[way]} (${refusal})`;
  }
  return undefined;
}

/** What a server does not do that writing under a temporary name needs. */
export const LACKS = {
  "no-rename": "does not rename",
  "names-in-final-form": "takes no temporary names",
} as const;

function forbidden(refusal: string, lacks: string): string {
  return `${refusal}; the server ${lacks}, and inPlace: never forbids writing under the final name; inPlace: when-needed allows it`;
}

/**
 * Words of servers that take only names of a form of their own, such as data sets. OpenVMS is not among them: it keeps names
 * in upper case, so that a file that was stored would not be found again under its name.
 */
const NAME_RULES =
  /dsname|data ?set name|(invalid|illegal|bad|malformed|unacceptable|not (a )?valid)[ -](file|path|member|object|data ?set)?[ -]?name|name (is )?(too long|invalid|not (allowed|valid))/i;

/**
 * A refusal of the temporary name for the sake of its form, as what it is; anything else as it came.
 * @param temporary what was to be stored
 */
export function asNameRefusal(
  error: unknown,
  side: Side,
  temporary: string,
  policy: TransferPolicy,
): unknown {
  const refused = isServer(side) ? nameRefusalIn(error, side.name) : undefined;
  if (refused === undefined || !isServer(side)) return error;
  const ways = waysOf(side.host);
  if (ways.hasRenamed()) return error;
  const refusal = `${side.name}: STOR ${nameOf(temporary)}: ${formatReply(refused.reply)}`;
  const shown = refusal.replaceAll(/\S*\.fxpd-[\w.-]+/g, "of a temporary name");
  ways.learn("names-in-final-form", shown);
  if (inPlacePolicy(side, policy) === "never")
    return new RefusedError(forbidden(shown, LACKS["names-in-final-form"]));
  return new NoRenameError(shown, "names-in-final-form", error);
}

function nameRefusalIn(error: unknown, host: string): ReplyError | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (!(at instanceof ReplyError) || at.host !== host || at.command.verb !== "STOR") continue;
    const { code, lines } = at.reply;
    const words = lines.join(" ").replaceAll(/\S*\.fxpd-\S+/g, "");
    return [501, 553].includes(code) && NAME_RULES.test(words) ? at : undefined;
  }
  return undefined;
}

/**
 * A refusal to rename what surely is there, as what it is; anything else as it came.
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
  const existing = await side.facts(temporary, signal).catch(() => ({ kind: "unknown" as const }));
  if (existing === undefined) return error;
  const ways = waysOf(side.host);
  if (ways.hasRenamed(parentOf(temporary))) return error;
  const refusal = error.message.replace(/(RNFR) .*?(?=: \d{3} )/s, "$1");
  if (!ways.hasRenamed()) ways.learn("no-rename", refusal);
  if (inPlacePolicy(side, policy) === "never")
    return new RefusedError(forbidden(messageOf(error), LACKS["no-rename"]));
  return new NoRenameError(refusal, "no-rename", error);
}

/** The server has renamed a file there: a refusal later on is about a file. */
export function noteRenamed(side: Side, path: string): void {
  if (isServer(side)) waysOf(side.host).renamed(parentOf(path));
}
