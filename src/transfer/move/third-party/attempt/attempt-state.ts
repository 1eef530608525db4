import type { HostPort } from "../../../../ftp/address.ts";
import type { Reply } from "../../../../ftp/reply.ts";
import type { Role } from "../../../role.ts";
import type { Method, RefusalScope } from "../methods.ts";

/** Where a third-party transfer by one method is; {@link step} carries it on. */
export type Attempt =
  | { readonly phase: "listening"; readonly method: Method }
  | { readonly phase: "connecting"; readonly method: Method; readonly at: HostPort }
  | MovingAttempt
  | { readonly phase: "over"; readonly outcome: AttemptOutcome };

/** At least STOR is on its way. */
export interface MovingAttempt {
  readonly phase: "moving";
  readonly method: Method;
  readonly at: HostPort;
  readonly source: SideState;
  readonly target: SideState;
  /** Set when we had to free a side that hung: what it says from then on proves nothing. */
  readonly decided: AttemptOutcome | undefined;
}

export type SideState =
  | { readonly state: "idle" }
  | { readonly state: "asked" }
  | { readonly state: "begun" }
  | { readonly state: "ended"; readonly reply: Reply; readonly hadBegun: boolean }
  | { readonly state: "lost"; readonly error: Error; readonly hadBegun: boolean };

export type AttemptEvent =
  | { readonly type: "listening"; readonly at: HostPort }
  | { readonly type: "address-accepted" }
  | { readonly type: "refused"; readonly by: Role; readonly error: Error }
  | { readonly type: "begun"; readonly by: Role }
  | { readonly type: "ended"; readonly by: Role; readonly reply: Reply }
  | { readonly type: "lost"; readonly by: Role; readonly error: Error }
  | { readonly type: "elapsed" };

export type AttemptAction =
  /** Send STOR or RETR. */
  | { readonly type: "start"; readonly role: Role }
  /** One timer; setting it again replaces it. */
  | { readonly type: "wait"; readonly ms: number }
  /** Connect to where a passive side waits for a data connection, and close: it ends its transfer. */
  | { readonly type: "call"; readonly at: HostPort }
  /** Let a passive side that has ended listen anew: what hung at its old port is cut off. */
  | { readonly type: "relisten"; readonly role: Role }
  | { readonly type: "disconnect"; readonly role: Role; readonly because: string }
  | { readonly type: "tell"; readonly role: Role; readonly at: HostPort };

export type AttemptOutcome =
  /** Both final replies were positive; the bytes are still to be verified. */
  | { readonly kind: "moved" }
  /** Not by this method between these servers, nor by any that is alike in what was refused. */
  | {
      readonly kind: "impossible";
      readonly because: string;
      readonly refused: RefusalScope;
      readonly causes: readonly BadEnd[];
    }
  /** Not this file, not now. `because` quotes both servers by name. */
  | {
      readonly kind: "failed";
      readonly because: string;
      readonly causes: readonly BadEnd[];
    };

/** How a side ended badly. */
export interface BadEnd {
  readonly role: Role;
  readonly end: Reply | Error;
  /** Whether it had agreed to the transfer before. */
  readonly hadBegun: boolean;
}

/** What the servers are known for, and how long they may take. */
export interface AttemptPolicy {
  /** What the servers are called in sentences. */
  readonly names: Readonly<Record<Role, string>>;
  /** Whether the target says 1yz before the data connection is open; `unknown`: see for `patienceMs`. */
  readonly targetBegins: "at-once" | "after-accept" | "unknown";
  readonly patienceMs: number;
  /** For the other side's final reply, after one side has ended well. */
  readonly finalMs: number;
  /** For a side to end by itself after the other has failed, and again after it was freed. */
  readonly graceMs: number;
  /** For a side that has not even begun when the other one has ended well. */
  readonly silentMs: number;
  /**
   * Whether the transfer commands go out together with PORT: by a method that has worked between these two, to
   * servers that take commands ahead of replies.
   */
  readonly isAhead: boolean;
}
