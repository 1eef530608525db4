import { AppError, messageOf } from "../../shared/errors.ts";
import { RedisError } from "../errors.ts";

const NAMES = new Set([
  "ReplyError",
  "MaxRetriesPerRequestError",
  "ClusterAllFailedError",
  "ConnectionClosedError",
]);
const WORDS = /^(Connection is closed|Stream isn't writeable|Command timed out|read ECONN|connect E)/;

/** Whether it is Redis that is away, full, read-only or not as it should be: the work may be done when that is over. */
export function isRedisFault(error: unknown): boolean {
  if (error instanceof RedisError) return true;
  // What an FTP server refuses has the same name as what Redis refuses.
  if (error instanceof AppError) return false;
  return error instanceof Error && (NAMES.has(error.name) || WORDS.test(error.message));
}

const OUTAGE =
  /^(READONLY|OOM|MISCONF|NOAUTH|WRONGPASS|NOPERM|LOADING|NOREPLICAS|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|BUSY)\b/;

/** Whether Redis, or its being reached, is what has to change before anything can be written there. */
export function isRedisOutage(error: unknown): boolean {
  if (!isRedisFault(error)) return false;
  return !(error instanceof Error) || error.name !== "ReplyError" || OUTAGE.test(error.message);
}

/** Whether Redis does not let this user in, or not do that: waiting changes nothing about it. */
export function isRedisDenial(error: unknown): boolean {
  return isRedisReply(error) && /^(NOAUTH|WRONGPASS|NOPERM)\b/.test(messageOf(error));
}

/** Whether Redis is there, and has refused. */
export function isRedisReply(error: unknown): boolean {
  return isRedisFault(error) && error instanceof Error && error.name === "ReplyError";
}

/** What a refusal of Redis means and what to do about it, by the first word of its reply. */
const REFUSALS: Readonly<Record<string, string>> = {
  OOM: "is full; increase its maxmemory, or delete data",
  READONLY: "is read-only; configure its master, or Redis Sentinel",
  MISCONF: "cannot write to its disk; free some disk space",
  NOPERM: "does not allow this user to write; grant it ~* and +@all, or the commands named here",
  NOREPLICAS: "has fewer replicas than min-replicas-to-write requires",
  NOAUTH: "requires a password; set redis.passwordFrom in daemon.yaml",
  WRONGPASS: "rejects the password; check redis.user and redis.passwordFrom in daemon.yaml",
  LOADING: "is still loading its data; try again when it is done",
  MASTERDOWN: "is a replica that has lost its master; try again when that is back",
  CLUSTERDOWN: "is a cluster that lacks some of its nodes; try again when they are back",
  BUSY: "is busy with a script; try again when that has ended",
};

/** The same, to follow a name of that Redis: `is full; increase its maxmemory, or delete data (OOM …)`. */
export function redisRefusal(words: string): string {
  const [kind = ""] = words.split(" ");
  return `${REFUSALS[kind] ?? "does not accept writes"} (${words})`;
}

/** What has to be done about Redis before anything else can be done, for people; undefined for any other error. */
export function redisWords(error: unknown): string | undefined {
  if (error instanceof RedisError) return error.message;
  if (!isRedisOutage(error)) return undefined;
  // Where in a script it was noticed is of no use to anybody.
  const words = messageOf(error).replace(/ script: [0-9a-f]+, on @user_script.*$/s, "");
  return OUTAGE.test(words) ? `Redis ${redisRefusal(words)}` : `Redis does not respond (${words})`;
}
