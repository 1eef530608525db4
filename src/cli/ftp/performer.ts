import type { Effect, End, Local, TypedLogin, RawTransfer, Transferred } from "../../console/effects.ts";
import { RefusedReplyError, ConsoleError } from "../../console/errors.ts";
import { storedName } from "../../console/replies.ts";
import { IMAGE, type ConsoleSession, type Which } from "../../console/session.ts";
import { NoDataConnectionError, ReplyError } from "../../ftp/errors.ts";
import { encodeText } from "../../shared/octets.ts";
import { printable } from "../../shared/printable.ts";
import type { Ends } from "../../transfer/move/relay.ts";
import { LocalSide } from "../../transfer/sides/local-side.ts";
import type { ConsoleTranscript } from "./conversation.ts";
import { fileData } from "./shown/events.ts";
import type { ConsoleIo, Input } from "./io.ts";
import { BackgroundCommands } from "./jobs.ts";
import { listForConsole, type ListingDeps, listTo, namesFor } from "./listings.ts";
import { LocalFiles } from "./local-files.ts";
import { performRaw, type ProgressListener } from "./raw.ts";
import type { RunProgram } from "./program.ts";
import { rateBetween, consoleRateLimit } from "./rates.ts";
import { hostNames, resolveServer, type ResolveOptions } from "./resolve.ts";
import { type DataOpeningSettings, ServerLink } from "./server-link.ts";
import { abortable, type TransferSubject, watched } from "./shown/watch.ts";
import { performTransfer, type WholeDeps } from "./whole.ts";

interface PerformerDeps extends WholeDeps {
  readonly io: ConsoleIo;
  readonly input: Input;
  readonly conversation: ConsoleTranscript;
  readonly resolve: ResolveOptions;
  readonly program: RunProgram;
}

/** Carries out what commands ask of the world. */
export class Performer {
  readonly files: LocalFiles;
  readonly jobs: BackgroundCommands;
  readonly #deps: PerformerDeps;
  readonly #links = new Map<Which, ServerLink>();
  readonly #opening: DataOpeningSettings = { dataOpening: "auto", epsv: { 4: true, 6: true } };
  readonly #local = new LocalSide();
  readonly #shownNotes = new Set<string>();
  #session: ConsoleSession;
  #hasLoggedIn = false;

  constructor(deps: PerformerDeps, session: ConsoleSession) {
    this.#deps = deps;
    this.files = new LocalFiles(deps.io);
    this.jobs = new BackgroundCommands(deps.program, deps.io);
    this.#session = session;
    this.settle(session);
  }

  /** Whether any server has let us in. */
  get hasLoggedIn(): boolean {
    return this.#hasLoggedIn || [...this.#links.values()].some((link) => link.hasLoggedIn);
  }

  link(on: Which): ServerLink | undefined {
    return this.#links.get(on);
  }

  /** What the session's settings mean for connections from now on. */
  settle(session: ConsoleSession): void {
    this.#session = session;
    const { passive, sendport, epsv, epsv4, epsv6 } = session.toggles;
    this.#opening.dataOpening = passive ? (sendport ? "auto" : "passive") : "active";
    this.#opening.epsv = { 4: epsv && epsv4, 6: epsv && epsv6 };
    this.#deps.conversation.session = session;
  }

  async perform(effect: Effect, signal: AbortSignal): Promise<unknown> {
    try {
      return await this.#perform(effect, signal);
    } catch (error) {
      throw this.#known(error);
    }
  }

  #perform(effect: Effect, signal: AbortSignal): unknown {
    const { io, input, conversation } = this.#deps;
    switch (effect.kind) {
      case "print":
        return effect.to === "out"
          ? io.out(encodeText(this.#safe(effect.text)))
          : io.err(this.#safe(effect.text));
      case "note":
        if (this.#shownNotes.has(effect.text)) return undefined;
        this.#shownNotes.add(effect.text);
        if (io.tell !== undefined) return io.tell({ event: "note", because: effect.text });
        return io.err(`${this.#safe(effect.text)}\n`);
      case "connect":
        return this.#connect(effect, signal);
      case "disconnect":
        return this.#disconnect(effect.on);
      case "credentials":
        return this.#linked(effect.on).login satisfies TypedLogin;
      case "command":
        return conversation.showing("all", () =>
          this.#linked(effect.on).command(effect.verb, effect.argument, signal),
        );
      case "list":
        return listTo(this.#listings, this.#linked(effect.on), effect, signal);
      case "entries":
        return listForConsole(this.#linked(effect.on), effect.directory, signal);
      case "transfer":
        return this.#move(effect.from, effect.to, effect.preservesTimes, signal);
      case "raw":
        return this.#raw(effect, signal);
      case "directory":
        return this.#linked(effect.on).directory;
      case "local-entries":
        return this.files.names(effect.directory);
      case "local-facts":
        return this.files.facts(effect.path);
      case "local-lines":
        return this.files.lines(effect.path);
      case "change-local":
        return this.files.change(effect.directory);
      case "shell":
        return this.files.shell(effect.command, effect.isPosix);
      case "program":
        return this.#deps.program(effect.words, this.files.directory, signal);
      case "start":
        return this.jobs.start(effect.words, this.files.directory);
      case "jobs":
        return this.jobs.all;
      case "wait":
        return this.jobs.wait(effect.number, signal);
      case "names":
        return namesFor(this.#listings, this.#linked(effect.on), effect.pattern, signal);
      case "home":
        return this.#linked(effect.on).home;
      case "protection":
        return this.#linked(effect.on).protection;
      case "transcript":
        return conversation.writeTo(effect.path === null ? undefined : this.files.resolve(effect.path));
      case "conversation":
        return conversation.newest;
      case "hosts":
        return hostNames(this.#deps.resolve.directories);
      case "ask":
        return input.ask(effect.question, effect.isHidden);
      case "answer":
        return input.answer(effect.question);
      case "settings":
        return this.settle(effect.session);
    }
  }

  /** Ends all connections, whatever they are doing. */
  async close(): Promise<void> {
    for (const on of ["second", "first"] as const) await this.#disconnect(on);
    await this.#local.close();
  }

  get #listings(): ListingDeps {
    const { io, conversation } = this.#deps;
    return { io, conversation, files: this.files };
  }

  #linked(on: Which): ServerLink {
    const link = this.#links.get(on);
    if (link === undefined) throw new ConsoleError("Not connected.");
    return link;
  }

  async #connect(
    { on, address }: Extract<Effect, { kind: "connect" }>,
    signal: AbortSignal,
  ): Promise<string> {
    const { conversation, resolve, io } = this.#deps;
    const { family, tls } = this.#session;
    const resolved = await resolveServer(address, { ...resolve, family, tls });
    const complain = (text: string) => io.err(`${this.#safe(text)}\n`);
    const greeted = (name: string) => {
      if (this.#session.toggles.verbose) io.out(`Connected to ${this.#safe(name)}.\n`);
    };
    conversation.isNamed = this.#links.size > 0;
    const link = await conversation.showing("all", () =>
      ServerLink.open(resolved, { conversation, opening: this.#opening, complain, greeted }, signal),
    );
    this.#links.set(on, link);
    return link.name;
  }

  async #disconnect(on: Which): Promise<void> {
    const link = this.#links.get(on);
    if (link === undefined) return;
    this.#hasLoggedIn ||= link.hasLoggedIn;
    this.#links.delete(on);
    await this.#deps.conversation.showing("all", () => link.close());
    this.#deps.conversation.isNamed = this.#links.size > 1;
  }

  async #move(from: End, to: End, preservesTimes: boolean, signal: AbortSignal): Promise<Transferred> {
    const ends: Ends = { source: await this.#end(from, signal), target: await this.#end(to, signal) };
    const name = to.on === "local" ? from.path : to.path;
    const subject = { name, source: this.#placeOf(from), target: this.#placeOf(to) };
    const isWatched = this.#deps.io.live !== undefined && this.#session.toggles.progress;
    const deps = {
      ...this.#deps,
      isWatched,
      rate: rateBetween(this.#session, from, to, this.#deps.clock),
    };
    // What goes from server to server is ended by the engine, which knows what may be kept of it.
    const isHere = from.on === "local" || to.on === "local";
    const links = isHere ? [from, to].flatMap(({ on }) => (on === "local" ? [] : this.#linked(on))) : [];
    return abortable(links, signal, () =>
      this.#watched(subject, (progress) =>
        this.#deps.conversation.showing("transfers", () =>
          performTransfer(ends, preservesTimes, deps, progress, signal),
        ),
      ),
    );
  }

  /** A file as a location. */
  #placeOf({ on, path }: End): string {
    return on === "local" ? this.files.resolve(path) : `${this.#linked(on).name}:${path}`;
  }

  #watched<T extends Transferred>(
    subject: TransferSubject,
    act: (progress: ProgressListener) => Promise<T>,
  ): Promise<T> {
    const { hash, progress, bell } = this.#session.toggles;
    const hashBytes = hash ? this.#session.hashBytes : undefined;
    return watched(this.#deps.io, subject, { hashBytes, progress, bell }, act);
  }

  async #end(end: End, signal: AbortSignal): Promise<Ends["source"]> {
    if (end.on === "local") return { side: this.#local, path: this.files.resolve(end.path) };
    const link = this.#linked(end.on);
    await link.represent(IMAGE, signal);
    return { side: link.side, path: link.absolute(end.path) ?? end.path };
  }

  async #raw(transfer: RawTransfer, signal: AbortSignal): Promise<Transferred> {
    const link = this.#linked(transfer.on);
    const client = await link.represent(transfer.representation, signal);
    const { io, conversation } = this.#deps;
    const marked = (text: string, bytesBefore: number) => {
      if (this.#session.toggles.verbose)
        io.out(`Restart marker ${this.#safe(text)} at byte ${bytesBefore}\n`);
    };
    const isGet = transfer.verb === "RETR";
    const [there, here] = [`${link.name}:${transfer.path}`, this.#localPlace(transfer.local)];
    const [source, target] = isGet ? [there, here] : [here, there];
    const rate = consoleRateLimit(this.#session, isGet ? "get" : "put", this.#deps.clock);
    const shown = io.tell && fileData(transfer.path, io.tell);
    const done = await abortable([link], signal, () =>
      this.#watched({ name: transfer.path, source, target }, (progress) =>
        conversation.showing("transfers", () =>
          performRaw(client, transfer, this.files, { progress, onMarker: marked, rate, shown }, signal),
        ),
      ),
    );
    const storedAs = transfer.verb === "STOU" ? storedName(link.replies) : undefined;
    return storedAs === undefined ? done : { ...done, storedAs };
  }

  #localPlace(local: Local): string {
    if (local.kind === "file") return this.files.resolve(local.path);
    return local.kind === "pipe" ? `|${local.command}` : "-";
  }

  /** A reply to a transfer is shown like any other reply; other errors explain themselves. */
  #known(error: unknown): unknown {
    if (!(error instanceof ReplyError) || error instanceof NoDataConnectionError) return error;
    if (!this.#session.toggles.verbose || this.#deps.conversation.wasShown(error.reply))
      return new RefusedReplyError({ ...error.reply, advice: error.advice });
    return error;
  }

  #safe(text: string): string {
    return this.#deps.io.isTerminal ? text.split("\n").map(printable).join("\n") : text;
  }
}
