import { onAbort } from "../../../ftp/connection/abort.ts";
import {
  AddressError,
  ConnectionError,
  ProtectionError,
  ProtocolError,
  ReplyError,
} from "../../../ftp/errors.ts";
import * as verbs from "../../../ftp/session/verbs.ts";
import { whenOverdue } from "../../../shared/waiting/overdue.ts";
import { begin, step } from "./attempt/attempt.ts";
import type {
  Attempt,
  AttemptAction,
  AttemptEvent,
  AttemptOutcome,
  AttemptPolicy,
} from "./attempt/attempt-state.ts";
import { callAndClose } from "./call.ts";
import type { Method } from "./methods.ts";
import type { Role } from "../../role.ts";
import type { Ahead, FileInTransit, Parties } from "./parties.ts";

/** For a target of an unknown kind to say that it has begun, before the source is started all the same. */
const PATIENCE_MS = 300;
/** For a side to end after the other has failed or got no data connection. */
const GRACE_MS = 1_000;

/** Both have begun, and neither has ended it for so long: what is refused, is refused at once. */
const BEGUN_MS = 300;

/** For a side that has not begun when the other has ended well, by a method that has worked before. */
const SILENT_MS = 10_000;

/**
 * One file on its way from server to server by one method; no byte of it passes through here. Carries an {@link Attempt}
 * out: tells it what happens, as it happens, and does what it says.
 */
export class ThirdParty implements FileInTransit {
  readonly outcome: Promise<AttemptOutcome>;
  readonly #parties: Parties;
  readonly #policy: AttemptPolicy;
  readonly #method: Method;
  readonly #ahead: Ahead;
  readonly #signal: AbortSignal;
  readonly #arrived: AttemptEvent[] = [];
  #attempt: Attempt;
  #isStepping = false;
  #end: (end: AttemptOutcome | Error) => void = () => {};
  #givenUp: Error | undefined;
  #isStarted = false;
  #started: () => void = () => {};
  #begun: (() => void) | undefined;
  readonly #hasBegun = new Set<Role>();
  #begunTimer: NodeJS.Timeout | undefined;
  #stopWaiting: () => void = () => {};
  #cancelTimer: NodeJS.Timeout | undefined;

  constructor(parties: Parties, method: Method, ahead: Ahead, signal: AbortSignal) {
    this.#parties = parties;
    this.#method = method;
    this.#ahead = ahead;
    this.#signal = signal;
    this.#attempt = begin(method);
    const { host, session } = parties.target.client;
    const { stallMs, replyMs } = host.timeouts;
    this.#policy = {
      names: { source: parties.source.client.name, target: parties.target.client.name },
      targetBegins: session.quirks.passiveBegins,
      patienceMs: PATIENCE_MS,
      finalMs: stallMs,
      graceMs: Math.min(GRACE_MS, replyMs),
      silentMs: Math.min(ahead.isProven ? SILENT_MS : GRACE_MS, replyMs),
      isAhead: ahead.isAhead,
    };
    const undo = onAbort(signal, (reason) => this.giveUp(reason));
    const { passive } = method;
    const { client } = parties[passive];
    client.onTurnedAway = (reply) => this.#happened({ type: "ended", by: passive, reply });
    this.outcome = new Promise((resolve, reject) => {
      this.#end = (end) => {
        client.onTurnedAway = undefined;
        this.#stopWaiting();
        clearTimeout(this.#cancelTimer);
        clearTimeout(this.#begunTimer);
        undo();
        if (end instanceof Error) reject(end);
        else resolve(end);
      };
    });
    this.#prepare();
  }

  whenStarted(act: () => void): void {
    if (this.#isStarted) act();
    else this.#started = act;
  }

  whenBegun(act: () => void): void {
    this.#begun = act;
  }

  /** The target then ends by itself, and can be asked to delete what it has. */
  giveUp(reason: Error): void {
    if (this.#givenUp !== undefined || this.#attempt.phase === "over") return;
    this.#givenUp = reason;
    const { source, target } = this.#parties;
    this.#cancelTimer = setTimeout(() => target.client.destroy(reason), this.#policy.graceMs);
    source.client.destroy(reason);
  }

  /** Both sides at once, where there is anything to be said. */
  #prepare(): void {
    const { tlsClient, form } = this.#method;
    const level = tlsClient === undefined ? "clear" : "private";
    // CPSV says itself who is TLS client.
    const isTlsClient = (role: Role) => tlsClient === role && form !== "CPSV";
    const roles = ROLES.filter((role) => !this.#parties[role].client.data.protects(level, isTlsClient(role)));
    if (roles.length === 0) return this.#listen();
    const protecting = roles.map((role) =>
      this.#parties[role].client.data.protect(level, isTlsClient(role), this.#signal),
    );
    void Promise.allSettled(protecting).then((ends) => {
      const refused = ends.findIndex(({ status }) => status === "rejected");
      const [end, role] = [ends[refused], roles[refused]];
      if (end?.status === "rejected" && role !== undefined) this.#failed(role, end.reason as Error);
      else this.#listen();
    });
  }

  #listen(): void {
    const { passive, form } = this.#method;
    const { client, command } = this.#parties[passive];
    const listening = client.data.listen(form, command, this.#signal);
    const ready = listening.then((at) => this.#ahead.begin().then(() => at));
    this.#settle(passive, ready, (at) => ({ type: "listening", at }));
  }

  #perform(action: AttemptAction): void {
    switch (action.type) {
      case "tell": {
        const verb = this.#method.form === "EPSV" ? verbs.extendedPort(action.at) : verbs.port(action.at);
        const { client } = this.#parties[action.role];
        return this.#settle(action.role, client.ask(verb, this.#signal), () => ({
          type: "address-accepted",
        }));
      }
      case "start":
        return this.#start(action.role);
      case "wait":
        this.#stopWaiting();
        this.#stopWaiting = whenOverdue(action.ms, () => this.#happened({ type: "elapsed" }));
        return;
      case "call":
        return callAndClose(action.at);
      case "relisten":
        void this.#relisten(action.role);
        return;
      case "disconnect":
        this.#parties[action.role].client.destroy(new ConnectionError(action.because));
        return;
    }
  }

  /** REST is the last command before the one that it is for (RFC 3659 §5.3). */
  #start(role: Role): void {
    const { client, restartAt, end } = this.#parties[role];
    const restart = verbs.startingAt(restartAt, end);
    if (restart === undefined) return this.#send(role);
    client.session.control.send(restart.command).whenOver(
      (reply) => {
        if (restart.accepts(reply)) this.#send(role);
        else this.#happened({ type: "ended", by: role, reply });
      },
      (error) => this.#happened({ type: "lost", by: role, error }),
    );
  }

  #send(role: Role): void {
    const { client, command } = this.#parties[role];
    const exchange = client.session.control.send(command);
    // The source is asked last, or together with the target.
    if (role === "source" && !this.#isStarted) {
      this.#isStarted = true;
      this.#started();
    }
    if (this.#policy.isAhead && client.takesBehind(command)) this.#behind(role);
    exchange.onPreliminary = () => {
      this.#happened({ type: "begun", by: role });
      if (this.#begun === undefined) return;
      this.#hasBegun.add(role);
      if (this.#hasBegun.size === ROLES.length && this.#attempt.phase !== "over")
        this.#begunTimer ??= setTimeout(this.#begun, BEGUN_MS);
    };
    exchange.whenOver(
      (reply) => this.#happened({ type: "ended", by: role, reply }),
      (error) => this.#happened({ type: "lost", by: role, error }),
    );
  }

  /** What is answered after the transfer: what became of it, and where the source listens for the next one. */
  #behind(role: Role): void {
    this.#ahead.ask(role);
    if (role !== "source" || this.#method.passive !== "source" || !this.#ahead.hasNext) return;
    this.#parties.source.client.data.listenAhead(this.#method.form);
  }

  /** What it says proves nothing and changes nothing. */
  async #relisten(role: Role): Promise<void> {
    const { client, command } = this.#parties[role];
    await client.data.listen(this.#method.form, command, this.#signal).catch(() => {});
  }

  /** A server that refuses to listen, or to connect to a third party, refuses this method. */
  #settle<T>(role: Role, promise: Promise<T>, event: (value: T) => AttemptEvent): void {
    promise.then(
      (value) => this.#happened(event(value)),
      (error: Error) => this.#failed(role, error),
    );
  }

  #failed(role: Role, error: Error): void {
    const refuses = error instanceof ReplyError ? refusesMethod(error) : isUnusable(error);
    this.#happened({ type: refuses ? "refused" : "lost", by: role, error });
  }

  /** One event after the other: what is done about one may bring the next. */
  #happened(event: AttemptEvent): void {
    this.#arrived.push(event);
    if (this.#isStepping) return;
    this.#isStepping = true;
    try {
      for (let next = this.#arrived.shift(); next !== undefined; next = this.#arrived.shift())
        this.#step(next);
      this.#isStepping = false;
    } catch (error) {
      // What cannot be carried out is over, whatever comes next.
      this.#end(error as Error);
    }
  }

  #step(event: AttemptEvent): void {
    if (this.#attempt.phase === "over") return;
    const [attempt, ...actions] = step(this.#attempt, event, this.#policy);
    this.#attempt = attempt;
    for (const action of actions) this.#perform(action);
    if (attempt.phase !== "over") return;
    const cancelled = this.#signal.aborted ? (this.#signal.reason as Error) : this.#givenUp;
    this.#end(cancelled ?? attempt.outcome);
  }
}

const ROLES = ["source", "target"] as const;

/** PRET names the file, and is refused for its sake. */
function refusesMethod({ command, retry }: ReplyError): boolean {
  return command.verb !== "PRET" && retry !== "new-connection";
}

function isUnusable(error: Error): boolean {
  return [AddressError, ProtectionError, ProtocolError].some((kind) => error instanceof kind);
}
