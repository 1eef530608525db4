/** Structured log lines: fields first, then a sentence. No secret is ever given to it. */
export interface Logger {
  info(fields: object, message: string): void;
  /** The same for one of thousands of lines: it is written within a tenth of a second, or before the next other line. */
  batched(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export const noLogger: Logger = { info: () => {}, batched: () => {}, warn: () => {}, error: () => {} };
