import { AppError } from "../../shared/errors.ts";

/** A listing with lines that cannot be read, or one without end: what the directory holds is not known. */
export class ListingError extends AppError {
  readonly code = "listing";
  readonly retry = "never";
}
