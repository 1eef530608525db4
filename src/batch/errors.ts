import { AppError } from "../shared/errors.ts";

/** What was asked for cannot be picked: a source that is not there, a target of the wrong kind. */
export class SelectionError extends AppError {
  readonly code = "selection";
  readonly retry = "never";
}
