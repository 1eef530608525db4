import { AppError } from "../../shared/errors.ts";

/** A message was not taken. */
export class DeliveryError extends AppError {
  readonly code = "delivery";
  readonly retry = "later";
}
