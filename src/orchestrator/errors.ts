import { AppError } from "../shared/errors.ts";

/** Redis cannot be had, or cannot be relied on as it is set. */
export class RedisError extends AppError {
  readonly code = "redis";
  readonly retry = "later";
}
