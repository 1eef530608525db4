import { AppError } from "../../shared/errors.ts";

/** A listing that is not all understood, has no end, or names what cannot be in a directory. */
export class ListingError extends AppError {
  readonly code = "listing";
  readonly retry = "never";
}
