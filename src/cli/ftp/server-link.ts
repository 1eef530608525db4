import type { TypedLogin } from "../../console/effects.ts";
import { type AdvisedReply, ConsoleError } from "../../console/errors.ts";
import { represented } from "../../console/observe.ts";
import { IMAGE, type Representation } from "../../console/session.ts";
import type { Client } from "../../ftp/session/client.ts";
import type { ControlConnection } from "../../ftp/connection/control/control-connection.ts";
import type { Transcript } from "../../ftp/connection/transcript.ts";
import { beforeAbort } from "../../ftp/connection/dial.ts";
import { openControl } from "../../ftp/connection/open-control.ts";
import { ConnectionError, ProtectionError } from "../../ftp/errors.ts";
import { adoptLogin, prepareLogin } from "../../ftp/session/login.ts";
import { ask, attempt } from "../../ftp/session/requests.ts";
import { isAbsolute, joinPath } from "../../ftp/pathname.ts";
import { isCompletion, type Reply } from "../../ftp/reply.ts";
import type { DataOpening, HostSettings } from "../../ftp/settings.ts";
import * as verbs from "../../ftp/session/verbs.ts";
import { systemClock } from "../../shared/clock.ts";
import { messageOf } from "../../shared/errors.ts";
import { FtpSide } from "../../transfer/sides/ftp-side.ts";
import type { ConsoleTranscript } from "./conversation.ts";
import type { Resolved } from "./resolve.ts";

/** How data connections are opened from now on; the session's settings may change it at any time. */
export interface DataOpeningSettings {
  dataOpening: DataOpening;
  /** By the family of the addresses. */
  epsv: Readonly<Record<4 | 6, boolean>>;
}

interface LinkDeps {
  readonly conversation: ConsoleTranscript;
  readonly opening: DataOpeningSettings;
  readonly complain: (text: string) => void;
  /** Called when the server has greeted, before its greeting is shown. */
  readonly greeted: (name: string) => void;
}

/** How long a server may take to end a transfer that nobody wants any more; a person waits meanwhile. */
const ABORT_MS = 1_500;

type Settings = { -readonly [K in keyof HostSettings]: HostSettings[K] };

/** A server that the console is connected to: before its login a bare control connection, after it a side of the engine. */
export class ServerLink {
  readonly name: string;
  readonly login: TypedLogin;
  readonly #host: Settings;
  readonly #transcript: Transcript;
  readonly #deps: LinkDeps;
  #control: ControlConnection;
  readonly #greeting: Reply;
  #side: FtpSide | undefined;
  /** Where commands take effect; undefined where the server does not tell. */
  #directory: string | undefined;
  #home: string | undefined;
  /** The representation that the server was last asked for. */
  #wire: Representation = IMAGE;
  #user = "";
  #password = "";
  #account: string | undefined;
  #hasLoggedIn = false;
  /** Replies to the newest transfer command. */
  readonly #replies: Reply[];

  private constructor(
    resolved: Resolved,
    host: Settings,
    connected: { readonly control: ControlConnection; readonly greeting: Reply; readonly replies: Reply[] },
    transcript: Transcript,
    deps: LinkDeps,
  ) {
    this.name = resolved.host.name;
    this.login = resolved.login;
    this.#host = host;
    this.#deps = deps;
    this.#transcript = transcript;
    this.#control = connected.control;
    this.#greeting = connected.greeting;
    this.#replies = connected.replies;
  }

  /** Connects, with TLS as far as that is wanted and to be had. @throws ConnectionError, ProtectionError */
  static async open(resolved: Resolved, deps: LinkDeps, signal: AbortSignal): Promise<ServerLink> {
    const { conversation, opening } = deps;
    // Each reply is waited for: what a person sees is then in the order in which it happened.
    const host: Settings = { ...resolved.host, commandsAhead: false, dataOpening: opening.dataOpening };
    const replies: Reply[] = [];
    const shown = conversation.transcriptOf(resolved.host.name, (reply) => void replies.push(reply));
    let isGreeted = false;
    const transcript: Transcript = (line) => {
      if (!isGreeted && line.reply !== undefined) deps.greeted(resolved.host.name);
      isGreeted ||= line.reply !== undefined;
      shown(line);
    };
    const connect = async () => {
      const connected = await openControl(host, transcript, signal);
      try {
        await conversation.showing("none", () => prepareLogin(connected.control, connected.greeting, signal));
        return connected;
      } catch (error) {
        connected.control.destroy(new ConnectionError(`${host.name}: not used`));
        throw error;
      }
    };
    const connected = await connect().catch((error: unknown) => {
      const isTls = error instanceof ProtectionError || /TLS/.test(messageOf(error));
      if (!resolved.mayGoClear || !isTls) throw error;
      deps.complain(`${messageOf(error)}; continuing without TLS (--tls required prevents that)`);
      host.tls = { ...host.tls, policy: "off" };
      return connect();
    });
    return new ServerLink(resolved, host, { ...connected, replies }, transcript, deps);
  }

  /** Where commands take effect; undefined where that is not known. */
  get directory(): string | undefined {
    return this.#directory;
  }

  /** The directory that the login led to; undefined where the server did not tell. */
  get home(): string | undefined {
    return this.#home;
  }

  /** How the connection is protected, in a sentence. */
  get protection(): string {
    const { tlsVersion, certificate } = this.#control.socket;
    if (tlsVersion === undefined)
      return `${this.name}: no TLS; user name, password and files can be read on the way`;
    const data = this.#side?.connected?.isProtected;
    const files =
      data === undefined
        ? "not logged in yet"
        : data
          ? "data connections protected"
          : "data connections in clear";
    const shown =
      certificate === undefined
        ? ""
        : `; certificate of ${certificate.subject}, issued by ${certificate.issuer}, valid until ${certificate.validTo}, SHA-256 ${certificate.fingerprint}`;
    return `${this.name}: ${tlsVersion}, ${files}${shown}`;
  }

  get hasLoggedIn(): boolean {
    return this.#hasLoggedIn;
  }

  /** The replies to the newest transfer command, in order. */
  get replies(): readonly Reply[] {
    return this.#replies;
  }

  /** A pathname from where commands take effect; undefined where it cannot be made absolute. */
  absolute(path: string): string | undefined {
    if (this.#directory?.startsWith("/") !== true || path.startsWith("~")) return undefined;
    return isAbsolute(path) ? path : joinPath(this.#directory, path);
  }

  /** The reply to a command that a person asked for, whatever it says. */
  async command(verb: string, argument: string | undefined, signal: AbortSignal): Promise<AdvisedReply> {
    const command = argument === undefined ? { verb } : { verb, argument };
    const name = verb.toUpperCase();
    if (this.#side !== undefined && !/^(USER|PASS|ACCT|REIN)$/.test(name)) await this.client(signal);
    const reply =
      name === "ABOR" ? await this.#abort() : await beforeAbort(this.#control.send(command).final, signal);
    if (isCompletion(reply)) this.#wire = represented(this.#wire, verb, argument ?? "");
    await this.#follow(name, argument ?? "", reply, signal);
    const { advice } = this.#control.refusal(command, reply);
    return advice === undefined ? reply : { ...reply, advice };
  }

  /** What a person's command has changed: who is logged in, and where. */
  async #follow(verb: string, argument: string, reply: Reply, signal: AbortSignal): Promise<void> {
    if (verb === "USER") {
      this.#user = argument;
      this.#password = "";
      this.#leave();
    }
    if (verb === "PASS") this.#password = argument;
    if (verb === "ACCT") this.#account = argument;
    if (verb === "REIN" && isCompletion(reply)) this.#leave();
    if (/^(USER|PASS|ACCT)$/.test(verb) && isCompletion(reply) && this.#side === undefined)
      await this.#enter(signal);
    if (/^(CWD|XCWD|CDUP|XCUP|SMNT)$/.test(verb) && isCompletion(reply)) await this.#look(signal);
  }

  #leave(): void {
    this.#side = undefined;
    this.#directory = undefined;
  }

  /** After the login: features, protection of data, and the directory. */
  async #enter(signal: AbortSignal): Promise<void> {
    const { conversation } = this.#deps;
    const session = await conversation.showing("none", () =>
      adoptLogin(this.#control, this.#greeting, signal),
    );
    const [user, password, account] = [this.#user, this.#password, this.#account];
    const credentials = {
      user,
      password: () => Promise.resolve(password),
      ...(account === undefined ? {} : { account: () => Promise.resolve(account) }),
    };
    const host = Object.assign(this.#host, { credentials });
    this.#side = new FtpSide(host, { clock: systemClock, transcript: this.#transcript }, session);
    this.#directory = session.home;
    this.#home = session.home;
    this.#wire = session.textOnly === undefined ? IMAGE : { ...IMAGE, type: "A" };
    this.#hasLoggedIn = true;
  }

  /** Asks where we are now. */
  async #look(signal: AbortSignal): Promise<void> {
    const client = this.#side?.connected;
    if (client === undefined) return;
    const { conversation } = this.#deps;
    const question = attempt(verbs.workingDirectory());
    this.#directory = await conversation.showing("none", () => ask(this.#control, question, signal));
    client.movedTo(this.#directory);
  }

  /** @throws ConsoleError before the login */
  get side(): FtpSide {
    if (this.#side === undefined) throw new ConsoleError(`${this.name}: not logged in; user NAME logs in`);
    return this.#side;
  }

  /** The connection, in the directory that commands take effect in; one that was lost is made again. */
  async client(signal: AbortSignal): Promise<Client> {
    const { conversation, complain, opening } = this.#deps;
    const isLost = this.side.connected === undefined;
    if (isLost) complain(`${this.name}: the connection was lost; connecting and logging in again`);
    this.#host.dataOpening = opening.dataOpening;
    return conversation.showing("none", async () => {
      const client = await this.side.client(signal);
      if (isLost) {
        this.#control = client.session.control;
        this.#wire = IMAGE;
      }
      if (opening.epsv[client.data.peerAddress.includes(":") ? 6 : 4]) client.capabilities.forget("EPSV");
      else client.capabilities.fails("EPSV", "turned off by a setting of this session");
      if (this.#directory !== undefined) await client.enter(this.#directory, signal);
      return client;
    });
  }

  /** The same, after the representation of files was set at the server. @throws ReplyError where that is not possible */
  async represent(wanted: Representation, signal: AbortSignal): Promise<Client> {
    const client = await this.client(signal);
    this.#replies.length = 0;
    const { type, format, mode, structure } = wanted;
    const isText = type === "A" || type === "E";
    await this.#deps.conversation.showing("none", async () => {
      if (this.#wire.type !== type || (isText && this.#wire.format !== format))
        await this.#tell("TYPE", isText && format !== "N" ? `${type} ${format}` : type, client, signal);
      if (this.#wire.structure !== structure) await this.#tell("STRU", structure, client, signal);
      if (this.#wire.mode !== mode) await this.#tell("MODE", mode, client, signal);
    });
    return client;
  }

  async #tell(verb: string, argument: string, client: Client, signal: AbortSignal): Promise<void> {
    const order = { command: { verb, argument }, accepts: isCompletion, read: () => undefined };
    await client.ask(order, signal);
    this.#wire = represented(this.#wire, verb, argument);
  }

  /** Has the server end what it is transferring, where it transfers something. */
  async interrupt(): Promise<void> {
    if (this.#control.isUsable && !this.#control.isIdle) await this.#abort().catch(() => {});
  }

  /** ABOR (RFC 959 §4.1.3). A server that does not answer it soon loses the connection. */
  async #abort(): Promise<Reply> {
    const control = this.#control;
    const late = setTimeout(
      () => control.destroy(new ConnectionError(`${this.name}: no reply to ABOR`)),
      ABORT_MS,
    );
    try {
      return await control.send({ verb: "ABOR" }).final;
    } finally {
      clearTimeout(late);
    }
  }

  /** Says goodbye, without waiting long for the answer. */
  async close(): Promise<void> {
    if (this.#side === undefined) await this.#control.close();
    else await this.#side.close();
  }

  /** Ends the connection at once. */
  destroy(): void {
    this.#control.destroy(new ConnectionError(`${this.name}: interrupted`));
  }
}
