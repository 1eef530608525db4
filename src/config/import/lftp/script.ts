import { posix } from "node:path";
import { ImportError, type ImportedJob, type ImportedPlace, present } from "../imported.ts";
import { changesSession, commandCalled, isCommand, isQuiet } from "./command-names.ts";
import { translate } from "./filters.ts";
import { hiddenRules, tellHidden } from "./hidden.ts";
import { importedHost } from "./hosts.ts";
import { basename, Directories, escapedPlace, inDirectory, join, unescaped } from "./paths.ts";
import { COPIED, COPY_KEYS, maskOf, type MirrorLine, readMirror, SELECTING } from "./mirror-line.ts";
import { bwlimitOf } from "./rates.ts";
import { type LftpSettings, SettingsSoFar } from "./settings.ts";
import { OpenServer } from "./open-server.ts";
import { ForeignSite, isUrl, loginOf, type OpenCommand, readOpening, siteOf } from "./site.ts";
import type { ScriptContext } from "./script-context.ts";
import { transferOf } from "./transfer-line.ts";
import { splitCommands, EXPANSION, type ScriptLine, unknownIn, type Word } from "./words.ts";

/** Commands that carry out others, which are not looked at; an alias does so under a name of its own. */
const RUNS_OTHERS = /^(eval|parallel)$/;
const ANY_ALIAS = "*";
/** How deep scripts may run others. */
const MOST_SCRIPTS = 10;

/** Carries commands of lftp out as far as they say what is to be transferred. */
export class LftpScript {
  readonly settings = new SettingsSoFar();
  readonly #scriptContext: ScriptContext;
  readonly #server: OpenServer;
  readonly #directories: Directories;
  #before: { readonly job: ImportedJob; readonly end: string } | undefined;
  readonly #aliases = new Set<string>();
  /** Scripts that are being run by others. */
  #depth = 0;

  constructor(context: ScriptContext) {
    this.#scriptContext = context;
    this.#server = new OpenServer(context);
    this.#directories = new Directories(context);
  }

  /** @param isExpanded whether the shell would have put something in the place of `$X` first */
  run(text: string, line: number, isExpanded: boolean): void {
    for (const command of splitCommands(text, "lftp", line)) this.#command(command, isExpanded);
  }

  /** Reads the words of `open`, or of lftp itself; undefined where it is not known where they end. */
  opening(words: readonly Word[], line: number, name: string): OpenCommand | undefined {
    return this.#server.isHidden(words, line, name) ? undefined : readOpening(words);
  }

  /** `open`, or the command line of lftp itself. */
  open(opening: OpenCommand, line: number): void {
    const { target, then } = opening;
    if (target === undefined) this.#server.logIn(opening.login, line, "open");
    else {
      this.#server.open({ ...opening, target }, line);
      this.#directories.opened(this.#server.site?.path ?? "", this.#server.whyNoPath);
    }
    if (then !== undefined) this.run(then.text, line, then.isExpanded);
  }

  #command({ words, line, end }: ScriptLine, isExpanded: boolean): void {
    const { found } = this.#scriptContext;
    let [name = "", ...args] = words.map(({ text }) => text);
    let rest: readonly Word[] = words.slice(1);
    if (this.#aliases.has(name)) return this.#lose(line, "command", "it is an alias of other commands");
    name = commandCalled(name);
    while (name === "queue" || name === "command") {
      if (name === "queue" && /^(start|stop|-.*)?$/.test(args[0] ?? "")) return;
      [name = "", ...args] = args;
      name = commandCalled(name);
      rest = rest.slice(1);
    }
    const marked = rest.map((word) => ({ ...word, isExpanded: isExpanded && EXPANSION.test(word.text) }));
    if (name === "" || isQuiet(name, args.length) || name.startsWith("#")) return;
    if (changesSession(name)) return this.#lose(line, name, "sessions of lftp are not followed");
    if (name === "set") return this.settings.set(marked, line, found);
    if (name === "open" || name === "lftp") {
      const opening = this.opening(marked, line, name);
      return opening === undefined ? undefined : this.open(opening, line);
    }
    if (name === "user" && this.#server.isHidden(marked, line, name)) return;
    if (name === "user") return this.#server.logIn(loginOf(args[0] ?? "", args[1], isExpanded), line, name);
    const isHidden = marked.some((word) => word.isExpanded);
    if (name === "alias") this.#aliases.add(isHidden ? ANY_ALIAS : (args[0] ?? ""));
    if (name === "cd" || name === "lcd")
      this.#directories.change(name === "cd" ? "remote" : "local", args[0], marked[0]?.isExpanded === true);
    else if (name.startsWith("!")) found.leave(line, "!", "a job runs no program of a script", true);
    // It may be anything, and secret.
    else if (isExpanded && EXPANSION.test(name)) this.#lose(line, "command", unknownIn("it"));
    else if (!isCommand(name) && this.#aliases.has(ANY_ALIAS))
      this.#lose(line, "command", "it may be an alias");
    else if (!isCommand(name)) found.leave(line, "command", "lftp 4.9 has no command of that name", true);
    else if (isHidden && /^(source|alias)$/.test(name)) this.#lose(line, name, unknownIn("it"));
    else if (RUNS_OTHERS.test(name)) this.#lose(line, name, "the commands that it runs are not read");
    else if (isHidden) found.leave(line, name, unknownIn("it"), true);
    else if (name === "source") this.#source(args, line);
    else if (name === "mirror") this.#mirror(args, line, end);
    else if (name === "mkdir") found.leave(line, name, "the jobs create the directories that they need");
    else if (/^(get|pget|mget|put|mput|reget|reput|get1)$/.test(name)) this.#transfer(name, args, line, end);
    else found.leave(line, name, "fxpd has no command for that in a job", true);
  }

  /** Commands that are not known may have opened another server, and other directories. */
  #lose(line: number, what: string, because: string): void {
    const since = "commands before it are not known";
    this.#scriptContext.found.leave(line, what, because, true);
    this.#server.forget(since);
    this.#directories.lose(since);
  }

  /** The commands of another script, as if they stood here. */
  #source(args: readonly string[], line: number): void {
    const { script } = this.#scriptContext;
    const [path = ""] = args;
    const read = /^(-.*)?$/.test(path) ? undefined : script(this.#directories.local(path));
    if (read === undefined) return this.#lose(line, "source", "its script cannot be read");
    if (this.#depth >= MOST_SCRIPTS) throw new ImportError("too many scripts that run others");
    this.#depth += 1;
    this.run(read.text, line, read.isExpanded);
    this.#depth -= 1;
  }

  #mirror(args: readonly string[], line: number, end: string): void {
    const { found } = this.#scriptContext;
    const leave = (because: string) => found.leave(line, "mirror", because, true);
    const mirror = readMirror(args, line, found);
    if (mirror.refused !== undefined) return leave(mirror.refused);
    const settings = this.settings.read(line, found);
    const ends = this.#ends(mirror, line, settings);
    if (typeof ends === "string") return leave(ends);
    const { kind, from, to } = ends;
    if (mirror.removesFiles && SELECTING.some((name) => mirror.keys[name] !== undefined))
      return leave("a copy whose source is deleted has no such choice of files; use fxpd move with rules");
    const excluded = settings.mirror.exclude;
    const { rules, isFlat, refused } = translate(mirror.patterns);
    if (refused !== undefined) return leave(refused);
    for (const { kind, form, text } of mirror.patterns)
      if (kind === "exclude" && form === "glob" && /^[^*?[/]+$/.test(text))
        found.leave(line, `mirror --exclude-glob ${text}`, "it excludes directories of that name as well");
    const isOpen = mirror.patterns[0]?.kind === "exclude";
    const { segments } = settings.mirror;
    const keys: Record<string, unknown> = { ...settings.job, ...present({ segments }), ...mirror.keys };
    // A mirror keeps its source, so that files which are to leave it are copied.
    const isMoved = mirror.removesFiles && kind === "mirror";
    if (kind === "copy" || isMoved) {
      for (const name of Object.keys(mirror.keys)) if (!COPY_KEYS.has(name)) delete keys[name];
      Object.assign(keys, COPIED, mirror.removesFiles ? { sourceAfter: "delete" } : {});
    } else {
      if (isFlat) keys["maxDepth"] = 0;
      keys["links"] = this.#links(mirror, settings, to);
      if (settings.mirror.permissions && !mirror.isWithoutPermissions)
        Object.assign(keys, { permissions: true }, maskOf(mirror));
    }
    const all = [...rules, ...(isOpen && excluded !== "" ? [{ exclude: `re:${excluded}` }] : [])];
    if (all.length > 0 && kind === "mirror") keys["rules"] = all;
    if (!settings.listsHidden) tellHidden({ from, to, keys }, line, found);
    if (!isMoved) return this.#job({ kind, from, to, keys }, { line, end, settings });
    const isDeep = !isFlat && mirror.keys["maxDepth"] !== 0;
    const files = from
      .map(escapedPlace)
      .map((one) => ({ ...one, path: posix.join(one.path, isDeep ? "**" : "*") }));
    this.#job({ kind: "copy", from: files, to: inDirectory(to), keys }, { line, end, settings });
  }

  /** What links lead to is copied where the script asks for that. Few servers make links, and each in its own way. */
  #links(mirror: MirrorLine, settings: LftpSettings, to: ImportedPlace): string {
    if (mirror.dereferences || settings.mirror.dereference) return mirror.isReverse ? "follow-all" : "follow";
    return mirror.isWithoutLinks || to.host !== undefined ? "skip" : "copy";
  }

  /** Source and target; or why there are none. */
  #ends(
    mirror: MirrorLine,
    line: number,
    settings: LftpSettings,
  ):
    | {
        readonly kind: "copy" | "mirror";
        readonly from: readonly ImportedPlace[];
        readonly to: ImportedPlace;
      }
    | string {
    const [file] = mirror.files;
    const [directory] = mirror.directories;
    if (file !== undefined && directory !== undefined) return "it names files and directories; use two lines";
    if (mirror.directories.length > 1 || /[*?[]/.test(directory ?? ""))
      return "it names several directories; use a line for each";
    const [source, target] =
      directory === undefined ? mirror.paths : [directory, mirror.base ?? mirror.paths[0]];
    if (mirror.paths.length > 2) return "it has more than a source and a target";
    const place = (path: string, isRemote: boolean) => this.#place(path, isRemote, line, settings);
    if (file !== undefined) {
      const from = mirror.files.map((path) => place(path, !mirror.isReverse));
      const to = place(mirror.base ?? mirror.paths[0] ?? ".", mirror.isReverse);
      const fault = [...from, to].find((one) => typeof one === "string");
      if (fault !== undefined) return fault;
      return {
        kind: "copy",
        from: (from as ImportedPlace[]).map(unescaped),
        to: inDirectory(to as ImportedPlace),
      };
    }
    const from = place(source ?? ".", !mirror.isReverse);
    const base = basename(source);
    // The name of the source is left out where it ends with a slash, as rsync has it.
    const isInto =
      (directory !== undefined && target !== undefined) ||
      (target?.endsWith("/") && !/^(\/|[a-z]+:\/\/[^/]*\/?)$/i.test(target));
    const where =
      target === undefined
        ? source === undefined
          ? "."
          : base || "."
        : isInto && base !== ""
          ? join(target, base)
          : target;
    const to = place(where, mirror.isReverse);
    if (typeof from === "string") return from;
    if (typeof to === "string") return to;
    return { kind: "mirror", from: [from], to };
  }

  /** A path of `mirror`: a URL, or one on the side that it is for; or why it is none. */
  #place(path: string, isRemote: boolean, line: number, settings: LftpSettings): ImportedPlace | string {
    const current = this.#server.site;
    if (/^file:/i.test(path)) return { path: path.replace(/^file:(\/\/[^/]*)?/i, "") };
    if (isUrl(path)) {
      try {
        const site = siteOf(path);
        const isSame = current !== undefined && site.address === current.address && site.user === undefined;
        return {
          host: importedHost(isSame ? { ...current, ...site } : site, line, settings, this.#scriptContext),
          path: site.path,
        };
      } catch (error) {
        if (error instanceof ForeignSite) return error.message;
        throw error;
      }
    }
    if (isRemote && current === undefined) return this.#server.because;
    const hidden = this.#directories.whyHidden(isRemote ? "remote" : "local", path);
    if (hidden !== undefined) return hidden;
    if (!isRemote || current === undefined) return { path: this.#directories.local(path) };
    return {
      host: importedHost(current, line, settings, this.#scriptContext),
      path: this.#directories.remote(path),
    };
  }

  #transfer(name: string, args: readonly string[], line: number, end: string): void {
    const { found } = this.#scriptContext;
    const settings = this.settings.read(line, found);
    const transfer = transferOf(name, args);
    if (typeof transfer === "string") return found.leave(line, name, transfer, true);
    const place = (path: string, isRemote: boolean) => this.#place(path, isRemote, line, settings);
    const from = transfer.sources.map((path) => place(path, !transfer.isUpload));
    const to = place(transfer.target, transfer.isUpload);
    const fault = [...from, to].find((one) => typeof one === "string");
    if (typeof fault === "string") return found.leave(line, name, fault, true);
    const sources = (from as ImportedPlace[]).map((one) => (transfer.isGlob ? one : escapedPlace(one)));
    // What is there already it does not fetch again, unless xfer:clobber says so.
    const isSpared = !transfer.isUpload && !transfer.isContinued && !settings.overwrites;
    const more = {
      ...(isSpared ? { onExists: "fail" } : {}),
      ...(transfer.deletesSource ? { sourceAfter: "delete" } : {}),
      ...(transfer.isGlob ? hiddenRules(transfer.sources) : {}),
    };
    const keys = { ...settings.job, ...transfer.segments, ...COPIED, ...more };
    const target = transfer.isDirectory ? inDirectory(to as ImportedPlace) : (to as ImportedPlace);
    this.#job({ kind: "copy", from: sources, to: target, keys }, { line, end, settings });
  }

  #job(
    job: Pick<ImportedJob, "kind" | "from" | "to" | "keys">,
    { line, end, settings }: { readonly line: number; readonly end: string; readonly settings: LftpSettings },
  ): void {
    const { found, schedule } = this.#scriptContext;
    const from = job.from[0];
    const host = from?.host ?? job.to.host;
    const isBetween = from?.host !== undefined && job.to.host !== undefined;
    const direction = from?.host === undefined ? "up" : "down";
    const bwlimit = isBetween
      ? undefined
      : bwlimitOf(settings.rates, direction, Number(job.keys["parallel"] ?? 1));
    const name = `${host?.settings.address ?? "local"}-${basename((from?.host === undefined ? job.to.path : from.path).replace(/\/\*+$/, "")) || "all"}`;
    const before = schedule === undefined ? undefined : this.#before;
    const isFirst = schedule !== undefined && before === undefined;
    const made: ImportedJob = {
      ...{ name, line, ...job },
      keys: { ...job.keys, ...present({ bwlimit }), ...(isFirst ? { schedule } : {}) },
      ...(before === undefined
        ? {}
        : { after: { job: before.job, on: before.end === "&&" ? "success" : "always" } }),
    };
    found.job(made);
    this.#before = { job: made, end };
  }
}
