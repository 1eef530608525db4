import type { RunOutcome } from "../../batch/events.ts";
import { CommandError } from "../../ftp/command.ts";
import {
  AddressError,
  ConnectionError,
  LoginError,
  ProtectionError,
  ProtocolError,
} from "../../ftp/errors.ts";
import { SafeguardError } from "../../mirror/decide/safeguards.ts";
import { RedisError } from "../../orchestrator/errors.ts";
import { ConfigError, isCancellation } from "../../shared/errors.ts";
import { StateError } from "../../state/state-error.ts";

/** Exit statuses; scripts rely on them. */
export const EXIT = {
  done: 0,
  someFailed: 1,
  wrongInput: 2,
  nothingDone: 3,
  refused: 4,
  interrupted: 130,
  /** What shells say of a process that SIGPIPE has ended. */
  unread: 141,
} as const;

export function exitStatusOf(outcome: RunOutcome): number {
  switch (outcome) {
    case "succeeded":
      return EXIT.done;
    case "partial":
    case "failed":
      return EXIT.someFailed;
    case "refused":
      return EXIT.refused;
    case "cancelled":
      return EXIT.interrupted;
  }
}

/** For what ended a command before it could count files. */
export function statusOfError(error: unknown): number {
  if (isCancellation(error)) return EXIT.interrupted;
  if (error instanceof ConfigError || error instanceof CommandError) return EXIT.wrongInput;
  if (error instanceof SafeguardError) return EXIT.refused;
  return NO_WAY_IN.some((kind) => error instanceof kind) ? EXIT.nothingDone : EXIT.someFailed;
}

const NO_WAY_IN = [
  ConnectionError,
  LoginError,
  ProtectionError,
  ProtocolError,
  AddressError,
  RedisError,
  StateError,
];
