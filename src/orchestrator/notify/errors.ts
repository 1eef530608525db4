import { AppError } from "../../shared/errors.ts";

/** A message was not taken. */
export class DeliveryError extends AppError {
  readonly code = "delivery";
  readonly retry = "later";
  /** How long the receiver asks to wait before the next try, milliseconds (RFC 9110 §10.2.3). */
  readonly afterMs: number | undefined;

  constructor(message: string, afterMs?: number) {
    super(message);
    this.afterMs = afterMs;
  }
}
