/**
 * What trying again can achieve. `new-connection`: on a fresh control connection; `other-method`: by another
 * way to open the data connection; `later`: after a while; `never`: not until a person changes something.
 */
export type Retry = "never" | "later" | "new-connection" | "other-method";

/** Every error we throw: a stable code for programs, a sentence for people, and what a retry is good for. */
export abstract class AppError extends Error {
  abstract readonly code: string;
  abstract readonly retry: Retry;
  /** The name of the host whose fault it is, where whoever saw it knows that. */
  host?: string;

  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
  }
}

/** A setting or an argument is wrong; `where` is a file with line and key, or a part of the command line. */
export class ConfigError extends AppError {
  readonly code: string = "config";
  readonly retry = "never";

  constructor(message: string, where?: string, cause?: unknown) {
    super(where === undefined ? message : `${where}: ${message}`, cause);
  }
}

/** Sets which host's fault an error is, unless that is set already. @returns the error */
export function blame<E>(error: E, host: string): E {
  if (error instanceof AppError) error.host ??= host;
  return error;
}

/** The name of the host whose fault an error is, or what caused it; undefined where nobody knows. */
export function hostOf(error: unknown): string | undefined {
  for (let at: unknown = error; at instanceof Error; at = at.cause)
    if (at instanceof AppError && at.host !== undefined) return at.host;
  return undefined;
}

/** The sentence of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Whether this is the end of work that was cancelled, which is not an error. */
export function isCancellation(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortError";
}
