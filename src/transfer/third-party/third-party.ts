import type { Client } from "../../ftp/client.ts";
import type { Command } from "../../ftp/command.ts";
import {
  AddressError,
  ConnectionError,
  ProtectionError,
  ProtocolError,
  ReplyError,
} from "../../ftp/errors.ts";
import * as verbs from "../../ftp/verbs.ts";
import {
  type Attempt,
  type AttemptAction,
  type AttemptEvent,
  type AttemptOutcome,
  type AttemptPolicy,
  begin,
  step,
} from "./attempt.ts";
import { callAndClose } from "./call.ts";
import type { Method, Role } from "./methods.ts";

/** For a target of an unknown kind to say that it has begun, before the source is started all the same. */
const PATIENCE_MS = 300;
/** For a side to end after the other has failed or got no data connection. */
const GRACE_MS = 1_000;

/** For a side that has not begun when the other has ended well, by a method that has worked before. */
const SILENT_MS = 10_000;

/** One of the two servers, what it calls the file, and how it is asked for it. */
export interface Party {
  readonly client: Client;
  readonly path: string;
  readonly verb: "RETR" | "STOR" | "APPE";
  /** Octets that are there already and passed over; 0: none, and no REST is sent. */
  readonly restartAt: number;
}

export type Parties = Readonly<Record<Role, Party>>;

/** How much may be written before a reply has come, and what goes with it. */
export interface Ahead {
  /** Whether this method has worked between these two. */
  readonly isProven: boolean;
  /** Whether transfer commands go out together with PORT; only to servers that take that. */
  readonly isAhead: boolean;
  /** Whether another file follows on these connections. */
  readonly hasNext: boolean;
  /** Until octets may move: when what has to be said of earlier files is written. */
  readonly begin: () => Promise<void>;
  /** Called behind a transfer command, where the server takes questions there. */
  readonly ask: (role: Role) => void;
}

/**
 * Moves one file from server to server by one method. No octet of it passes through here.
 * @throws only when cancelled; the source's connection is then closed, for nothing else stops every server
 */
export async function moveThirdParty(
  parties: Parties,
  method: Method,
  ahead: Ahead,
  signal: AbortSignal,
): Promise<AttemptOutcome> {
  return new ThirdParty(parties, method, ahead).run(signal);
}

/** Alone on its connections, waiting for each reply. */
export const IN_STEP: Ahead = {
  isProven: false,
  isAhead: false,
  hasNext: false,
  begin: async () => {},
  ask: () => {},
};

/** Carries an {@link Attempt} out: waits for what happens, does what the attempt says. */
class ThirdParty {
  readonly #parties: Parties;
  readonly #policy: AttemptPolicy;
  readonly #method: Method;
  readonly #ahead: Ahead;
  #attempt: Attempt;
  #signal: AbortSignal = new AbortController().signal;
  #deliver: ((event: AttemptEvent) => void) | undefined;
  #arrived: AttemptEvent[] = [];
  #timer: NodeJS.Timeout | undefined;
  #cancelTimer: NodeJS.Timeout | undefined;

  constructor(parties: Parties, method: Method, ahead: Ahead) {
    this.#parties = parties;
    this.#method = method;
    this.#ahead = ahead;
    this.#attempt = begin(method);
    const { host, session } = parties.target.client;
    const { stallMs, replyMs } = host.timeouts;
    this.#policy = {
      targetBegins: session.quirks.passiveBegins,
      patienceMs: PATIENCE_MS,
      finalMs: stallMs,
      graceMs: Math.min(GRACE_MS, replyMs),
      silentMs: Math.min(ahead.isProven ? SILENT_MS : GRACE_MS, replyMs),
      isAhead: ahead.isAhead,
    };
  }

  async run(signal: AbortSignal): Promise<AttemptOutcome> {
    this.#signal = signal;
    const cancel = () => this.#cancel(signal.reason as Error);
    signal.addEventListener("abort", cancel, { once: true });
    const { passive } = this.#method;
    const { client } = this.#parties[passive];
    client.onTurnedAway = (reply) => this.#happened({ type: "ended", by: passive, reply });
    try {
      this.#prepare(signal);
      while (this.#attempt.phase !== "over") {
        const [attempt, ...actions] = step(this.#attempt, await this.#next(), this.#policy);
        this.#attempt = attempt;
        for (const action of actions) this.#perform(action, signal);
      }
      signal.throwIfAborted();
      return this.#attempt.outcome;
    } finally {
      client.onTurnedAway = undefined;
      clearTimeout(this.#timer);
      clearTimeout(this.#cancelTimer);
      signal.removeEventListener("abort", cancel);
    }
  }

  /** The source goes first: the target then ends by itself, and can be told to delete what it has. */
  #cancel(reason: Error): void {
    const { source, target } = this.#parties;
    source.client.destroy(reason);
    this.#cancelTimer = setTimeout(() => target.client.destroy(reason), this.#policy.graceMs);
  }

  #prepare(signal: AbortSignal): void {
    const { passive, form } = this.#method;
    const roles = ["source", "target"] as const;
    const agreed = Promise.allSettled(roles.map((role) => this.#protect(role, signal)));
    void agreed.then((ends) => {
      const refused = ends.findIndex(({ status }) => status === "rejected");
      const end = ends[refused];
      if (end?.status === "rejected") return this.#failed(roles[refused] ?? passive, end.reason as Error);
      const { client, path, verb } = this.#parties[passive];
      const about = { verb, argument: client.absolute(path) };
      const listening = client.listen(form, about, signal);
      const ready = listening.then((at) => this.#ahead.begin().then(() => at));
      this.#settle(passive, ready, (at) => ({ type: "listening", at }));
    });
  }

  /** The level of protection, and who is TLS client; CPSV says the latter itself. */
  async #protect(role: Role, signal: AbortSignal): Promise<void> {
    const { client } = this.#parties[role];
    const { tlsClient, form } = this.#method;
    const level = tlsClient === undefined ? "clear" : "private";
    await client.protectData(level, tlsClient === role && form !== "CPSV", signal);
  }

  #perform(action: AttemptAction, signal: AbortSignal): void {
    switch (action.type) {
      case "tell": {
        const verb = this.#method.form === "EPSV" ? verbs.extendedPort(action.at) : verbs.port(action.at);
        const { client } = this.#parties[action.role];
        return this.#settle(action.role, client.ask(verb, signal), () => ({ type: "told" }));
      }
      case "start":
        return this.#start(action.role);
      case "wait":
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => this.#happened({ type: "elapsed" }), action.ms);
        return;
      case "call":
        return callAndClose(action.at);
      case "relisten":
        void this.#relisten(action.role, signal);
        return;
      case "disconnect":
        this.#parties[action.role].client.destroy(new ConnectionError(action.because));
        return;
    }
  }

  /** REST is the last command before the one that it is for (RFC 3659 §5.3). */
  #start(role: Role): void {
    const { client, path, verb, restartAt } = this.#parties[role];
    if (restartAt === 0) return this.#send(role, { verb, argument: client.absolute(path) });
    const restart = verbs.restartAt(restartAt);
    client.send(restart.command).final.then(
      (reply) => {
        if (restart.accepts(reply)) this.#send(role, { verb, argument: client.absolute(path) });
        else this.#happened({ type: "ended", by: role, reply });
      },
      (error: Error) => this.#happened({ type: "lost", by: role, error }),
    );
  }

  #send(role: Role, command: Command): void {
    const { client } = this.#parties[role];
    const exchange = client.send(command);
    if (this.#policy.isAhead && client.takesBehind(command)) this.#behind(role);
    exchange.onPreliminary = () => this.#happened({ type: "begun", by: role });
    exchange.final.then(
      (reply) => this.#happened({ type: "ended", by: role, reply }),
      (error: Error) => this.#happened({ type: "lost", by: role, error }),
    );
  }

  /** What is answered after the transfer: what became of it, and where the source listens for the next one. */
  #behind(role: Role): void {
    this.#ahead.ask(role);
    if (role !== "source" || this.#method.passive !== "source" || !this.#ahead.hasNext) return;
    this.#parties.source.client.listenAhead(this.#method.form, this.#signal);
  }

  /** What it says proves nothing and changes nothing. */
  async #relisten(role: Role, signal: AbortSignal): Promise<void> {
    const { client, path, verb } = this.#parties[role];
    await client.listen(this.#method.form, { verb, argument: client.absolute(path) }, signal).catch(() => {});
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

  #happened(event: AttemptEvent): void {
    if (this.#deliver === undefined) this.#arrived.push(event);
    else this.#deliver(event);
    this.#deliver = undefined;
  }

  async #next(): Promise<AttemptEvent> {
    return this.#arrived.shift() ?? new Promise((resolve) => (this.#deliver = resolve));
  }
}

/** PRET names the file, and is refused for its sake. */
function refusesMethod({ command, retry }: ReplyError): boolean {
  return command.verb !== "PRET" && retry !== "new-connection";
}

function isUnusable(error: Error): boolean {
  return [AddressError, ProtectionError, ProtocolError].some((kind) => error instanceof kind);
}
