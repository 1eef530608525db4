import { Client } from "../../ftp/session/client.ts";
import type { Transcript, TranscriptLine } from "../../ftp/connection/transcript.ts";
import { beforeAbort } from "../../ftp/connection/dial.ts";
import { ConnectionError } from "../../ftp/errors.ts";
import type { ServerSession } from "../../ftp/session/login.ts";
import type { HostSettings } from "../../ftp/settings.ts";
import * as verbs from "../../ftp/session/verbs.ts";
import type { Clock } from "../../shared/clock.ts";
import { SidePipelining } from "../pipelining.ts";
import { recallWays } from "./kept-ways.ts";

/** How long a server that has just refused a transfer may take to answer NOOP. */
const RESYNC_MS = 1_500;

/** What a side on a server needs of the world. */
export interface FtpDeps {
  readonly clock: Clock;
  readonly transcript?: Transcript | undefined;
  /** Waited for before each login. */
  readonly pace?: { wait(host: HostSettings, signal: AbortSignal): Promise<void> };
}

/** A connection that is being made, and how many wait for it. */
interface Connecting {
  readonly client: Promise<Client>;
  readonly end: AbortController;
  waiting: number;
}

/** The one connection of a side, made when it is first needed and again when it is lost. */
export class FtpConnection {
  readonly evidence = new SidePipelining();
  readonly #host: HostSettings;
  #deps: FtpDeps;
  #client: Client | undefined;
  #connecting: Connecting | undefined;

  /** @param session of a connection that is logged in already */
  constructor(host: HostSettings, deps: FtpDeps, session?: ServerSession) {
    this.#host = host;
    this.#deps = deps;
    this.#client = session && Client.of(session, this.evidence);
  }

  /** Others hear from now on what is said, also on the connection that there is; somebody may have moved where it stands. */
  serve(deps: FtpDeps): void {
    this.#deps = deps;
    this.#client?.movedTo(undefined);
  }

  /** The last one that was made, in whatever order it is now. */
  get last(): Client | undefined {
    return this.#client;
  }

  /** The connection, where one takes commands now: what is asked for many times a file, and nearly always there. */
  get connected(): Client | undefined {
    return this.#client?.isUsable === true ? this.#client : undefined;
  }

  /**
   * A logged-in connection that takes commands. Who asks while it is being made gets the same; it is given up
   * when nobody waits for it any more.
   */
  async client(signal: AbortSignal): Promise<Client> {
    while (this.#connecting?.end.signal.aborted === true) await this.#connecting.client.catch(() => {});
    if (this.connected !== undefined) return this.connected;
    signal.throwIfAborted();
    const connecting = (this.#connecting ??= this.#connect());
    connecting.waiting += 1;
    try {
      return await beforeAbort(connecting.client, signal);
    } finally {
      connecting.waiting -= 1;
      if (connecting.waiting === 0 && this.#connecting === connecting) connecting.end.abort();
    }
  }

  #connect(): Connecting {
    if (this.#client?.hasLostReplies === true) this.evidence.lostReplies();
    this.#client?.destroy(new Error("connection out of order"));
    const end = new AbortController();
    const { pace } = this.#deps;
    const transcript = this.#deps.transcript && ((line: TranscriptLine) => this.#deps.transcript?.(line));
    const client = recallWays(this.#host)
      .then(() => pace?.wait(this.#host, end.signal))
      .then(() => Client.connect(this.#host, transcript, end.signal, this.evidence))
      .then((made) => (this.#client = made))
      .finally(() => (this.#connecting = undefined));
    return { client, end, waiting: 0 };
  }

  /**
   * After a transfer that came to nothing: whether the connection still answers. One that does not is given up
   * now, and not when the next transfer waits for it.
   */
  async resync(signal: AbortSignal): Promise<void> {
    const client = this.#client;
    if (client?.isUsable === true) await client.ask(verbs.noOperation(), signal, RESYNC_MS).catch(() => {});
  }

  /** Ends it in good order. @param isAwaited whether the server's reply is */
  async close(isAwaited: boolean): Promise<void> {
    // One that is being made would outlive us.
    this.#connecting?.end.abort(
      new ConnectionError(`${this.#host.name}: connection closed while connecting`),
    );
    await this.#connecting?.client.catch(() => {});
    await this.#client?.close(isAwaited);
    this.#client = undefined;
  }
}
