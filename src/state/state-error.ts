import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { reasonAt } from "../shared/reason-at.ts";
import { errnoOf } from "../shared/system-error.ts";
import { TransferError } from "../transfer/errors.ts";

/** What a person sets to have the state elsewhere. */
const STATE_SETTING = "FXPD_STATE";

/** The state directory cannot be written. It is this machine's disk that fails, and no side's: no target is full. */
export class StateError extends TransferError {
  override readonly code = "state";

  /**
   * @param directory as people know it
   * @param setting what a person sets to have it elsewhere
   */
  constructor(directory: string, error: unknown, setting = STATE_SETTING) {
    super(
      `cannot write to the state directory ${directory}: ${reasonAt(directory, error)}; ${adviceFor(errnoOf(error), setting)}`,
      "never",
    );
  }
}

function adviceFor(errno: string | undefined, setting: string): string {
  const other = `set ${setting} to another directory`;
  switch (errno) {
    case "ENOSPC":
    case "EDQUOT":
      return `free some space there, or ${other}`;
    case "EROFS":
    case "EACCES":
    case "EPERM":
      return `make it writable, or ${other}`;
    default:
      return `check that directory, or ${other}`;
  }
}

/** @throws StateError for what the system refuses, with the advice to set `setting` */
export function writingState<T>(directory: string, act: () => T, setting = STATE_SETTING): T {
  try {
    return act();
  } catch (error) {
    throw stateErrorOf(directory, error, setting);
  }
}

/** What is not the system's refusal stays as it is. */
export function stateErrorOf(directory: string, error: unknown, setting = STATE_SETTING): unknown {
  return errnoOf(error) === undefined ? error : new StateError(directory, error, setting);
}

/**
 * A directory below the state directory, for this user alone.
 * @throws StateError where it cannot be made, with the advice to set `setting`
 */
export function makeOwnDirectory(path: string, setting = STATE_SETTING): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new StateError(path, errnoOf(error) === "ENOENT" ? refusalAbove(path) : error, setting);
  }
}

/** Node.js says "no such directory" of a parent that cannot be written; the system itself says why. */
function refusalAbove(path: string): unknown {
  const parent = dirname(path);
  if (parent !== path && statSync(parent, { throwIfNoEntry: false }) === undefined)
    return refusalAbove(parent);
  try {
    mkdirSync(path, { mode: 0o700 });
    return undefined;
  } catch (error) {
    return error;
  }
}
