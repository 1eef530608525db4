import { AppError } from "../../shared/errors.ts";
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
