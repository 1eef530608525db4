import { AppError } from "../shared/errors.ts";

/** Redis cannot be had, or cannot be relied on as it is set. */
export class RedisError extends AppError {
  readonly code = "redis";
  readonly retry = "later";
}

/** Nobody listens where the private Redis would: no daemon runs there. */
export class NoDaemonError extends RedisError {}

/** Files that a run is about, and that nobody knows any more. */
export class LostFilesError extends AppError {
  readonly code = "lost-files";
  readonly retry = "never";
}

/** A run that its workers did not survive, again and again. */
export class LostRunError extends AppError {
  readonly code = "lost-run";
  readonly retry = "never";
}
