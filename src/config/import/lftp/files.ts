import { posix } from "node:path";
import { Gathering, type Imported, ImportError, type ImportedHost, present } from "../imported.ts";
import { LftpScript } from "./script.ts";
import { ForeignSite, type Site, siteOf } from "./site.ts";
import type { ScriptContext } from "./script-context.ts";
import { splitCommands, type ScriptLine, type ScriptText, type Word } from "./words.ts";

/** What files of lftp are read with, for they name other files and mean a certain machine. */
export interface LftpContext {
  readonly bookmarks: ReadonlyMap<string, Site>;
  readonly home: string;
  /** The zone in which cron here reckons. */
  readonly timeZone: string;
  /** The script of `lftp -f FILE`; undefined where it cannot be read. */
  readonly script: (path: string) => string | undefined;
}

/** Minutes, hours and days are numbers; months and days of the week may be names. */
const CRON =
  /^[ \t]*(@[a-z]+|(?:[\d*][-\d*,/~]*[ \t]+){3}[\w*][-\w*,/]*[ \t]+[\w*][-\w*,/#]*)[ \t]+(\S[^]*)$/;

/** Whether a line of a crontab runs lftp. */
export function isCronLine(line: string): boolean {
  return CRON.test(line) && /\blftp\b/.test(line);
}

/**
 * Lines `NAME<TAB>URL`.
 * @throws ImportError for what is no such line
 */
export function parseBookmarks(text: string): Imported & { readonly sites: ReadonlyMap<string, Site> } {
  const found = new Gathering();
  const sites = new Map<string, Site>();
  for (const [index, raw] of text.split("\n").entries()) {
    const line = raw.replace(/\r$/, "");
    if (/^\s*(#|$)/.test(line)) continue;
    const [, name, url] = /^([^\t\s]+)[\t ]+(\S+)\s*$/.exec(line) ?? [];
    if (name === undefined || url === undefined)
      throw new ImportError(`line ${index + 1}: expected a name, a tab and a URL`);
    try {
      const site = siteOf(url);
      sites.set(name, site);
      const { address, port, user, password, tls } = site;
      found.host({
        ...{ name, line: index + 1 },
        settings: { address, ...present({ port, user, tls: tls === "implicit" ? { start: tls } : tls }) },
        ...present({ password: password || undefined }),
      });
    } catch (error) {
      if (!(error instanceof ForeignSite)) throw error;
      found.leave(index + 1, name, error.message);
    }
  }
  return { hosts: found.hosts, jobs: found.jobs, notTaken: found.notTaken, sites };
}

/** A script of lftp, a shell script that runs lftp, or a crontab. @throws ImportError */
export function parseLftp(text: string, context: LftpContext): Imported {
  const found = new Gathering();
  const known = new Map<string, ImportedHost>();
  const { bookmarks, home } = context;
  const scriptContext: ScriptContext = {
    found,
    known,
    bookmarks,
    home,
    script: (path) => storedAt(path, context),
  };
  const lines = text.replace(/^\ufeff/, "").split("\n");
  if (lines.some(isCronLine)) crontab(lines, context, scriptContext);
  else if (isShell(text)) shell(text, 1, context, scriptContext, variablesOf(context));
  else new LftpScript(scriptContext).run(text, 1, false);
  return found;
}

function storedAt(path: string, { script }: LftpContext): ScriptText | undefined {
  const text = script(path);
  return text === undefined ? undefined : { text, isExpanded: false };
}

/** A command of a shell that runs lftp. */
export const RUNS_LFTP = /(?:^|&&|\|\||;|\|)[ \t]*(?:\S*\/)?lftp(?:[ \t<]|$)/m;

function isShell(text: string): boolean {
  const [, interpreter = ""] = /^#!\s*(.*)/.exec(text) ?? [];
  if (interpreter !== "") return !/\blftp\b/.test(interpreter);
  return RUNS_LFTP.test(text);
}

function variablesOf({ home }: LftpContext): Map<string, string> {
  return new Map([["HOME", home]]);
}

function crontab(lines: readonly string[], context: LftpContext, scriptContext: ScriptContext): void {
  const variables = variablesOf(context);
  let timeZone = context.timeZone;
  for (const [index, line] of lines.entries()) {
    const number = index + 1;
    if (/^\s*(#|$)/.test(line)) continue;
    const [, name, value = ""] = /^\s*(\w+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    const [, times = "", rest = ""] = CRON.exec(line) ?? [];
    if (name !== undefined) {
      const plain = value.replace(/^(["'])(.*)\1$/, "$2");
      variables.set(name, plain);
      if (name === "CRON_TZ") timeZone = plain;
    } else if (isCronLine(line)) {
      const { command, input } = inputOf(withoutUser(rest));
      const schedule = scheduleOf(times, timeZone);
      if (schedule === undefined)
        scriptContext.found.leave(
          number,
          times,
          "the job has no schedule; start it with fxpd run, or add a schedule",
        );
      const place = { ...scriptContext, ...(schedule === undefined ? {} : { schedule }) };
      try {
        shell(command, number, context, place, new Map(variables), input);
      } catch (error) {
        if (!(error instanceof ImportError)) throw error;
        const hint = input === undefined ? "" : "; cron ends a command at %, unless \\ precedes it";
        scriptContext.found.leave(number, "line", `${error.message}${hint}`, true);
      }
    } else scriptContext.found.leave(number, "line", "it does not run lftp");
  }
}

/** Not how many: each field is as cron has it. */
function scheduleOf(times: string, timeZone: string): Readonly<Record<string, unknown>> | undefined {
  if (times === "@reboot") return undefined;
  const usual: Readonly<Record<string, string>> = { "@midnight": "@daily", "@annually": "@yearly" };
  return { cron: usual[times] ?? times.replace(/[ \t]+/g, " "), timeZone };
}

/** In /etc/crontab a user comes before the command. */
function withoutUser(command: string): string {
  const [, user, rest = ""] = /^([a-z_][a-z0-9_-]*)[ \t]+(\S.*)$/.exec(command) ?? [];
  const isCommand =
    /^(lftp|cd|nice|ionice|flock|timeout|env|sudo|chronic|sh|bash|test|sleep|nohup|exec|export)$/;
  const isNext = /^(\S*\/)?(lftp|cd|nice|ionice|flock|timeout|env|chronic|test|sleep|nohup)\b/;
  return user !== undefined && !isCommand.test(user) && isNext.test(rest) ? rest : command;
}

/** A percent sign ends the command and begins its input, with others as its ends of lines; `\%` is one. */
function inputOf(command: string): { readonly command: string; readonly input?: string } {
  const [first = "", ...rest] = command.split(/(?<!\\)%/).map((part) => part.replaceAll("\\%", "%"));
  return rest.length === 0 ? { command: first } : { command: first, input: rest.join("\n") };
}

/** Commands of a shell, of which only those of lftp count, and those that change the directory. */
function shell(
  text: string,
  first: number,
  context: LftpContext,
  scriptContext: ScriptContext,
  variables: Map<string, string>,
  input?: string,
): void {
  let directory: string | undefined;
  /** Files that the commands themselves write. */
  const written = new Map<string, ScriptText>();
  const script = (path: string) =>
    written.get(path) ??
    storedAt(path.startsWith("/") || directory === undefined ? path : posix.join(directory, path), context);
  const commands = splitCommands(text, "shell", first, variables);
  for (const [index, command] of commands.entries()) {
    const { words, line } = command;
    const at = words.findIndex(
      (word, nth) => nth < 10 && /^(.*\/)?lftp$/.test(word.text) && isProgram(words, nth),
    );
    if (at === -1) {
      if (words[0]?.text === "cd") directory = directoryOf(words[1], directory, context.home);
      if (words[0]?.text === "rm") for (const { text } of words) written.delete(text);
      const output = outputOf(command, script);
      if (command.output !== undefined) {
        const before = command.appends === true ? written.get(command.output) : undefined;
        const texts = [before, output].filter((one) => one !== undefined);
        if (texts.length > 0) written.set(command.output, joinedTexts(texts));
        // What it says now is not known.
        else written.delete(command.output);
      }
      continue;
    }
    const place = { ...scriptContext, script, variables, ...(directory === undefined ? {} : { directory }) };
    const before = commands[index - 1];
    const piped = before?.end === "|" ? outputOf(before, script) : undefined;
    const read = command.input === undefined ? undefined : script(command.input);
    if (command.input !== undefined && read === undefined)
      scriptContext.found.leave(
        line,
        "lftp <",
        "its script cannot be read; import it as a file of its own",
        true,
      );
    const typed = input === undefined ? undefined : { text: input, isExpanded: false };
    const given = read ?? typed ?? piped;
    runLftp(command, words.slice(at + 1), place, command.here ?? (given && { ...given, line }));
  }
}

/** What comes before it are its helpers and their options. */
function isProgram(words: readonly Word[], at: number): boolean {
  return words
    .slice(0, at)
    .every(
      ({ text }, index) =>
        index > 0 ||
        /^(.*\/)?(nice|ionice|flock|timeout|env|sudo|chronic|nohup|exec|time|command|if|!|then|do|[A-Za-z_]\w*=.*)$/s.test(
          text,
        ),
    );
}

function directoryOf(word: Word | undefined, from: string | undefined, home: string): string | undefined {
  if (word === undefined || (word.text === "~" && !word.isQuoted)) return home;
  if (word.isExpanded) return undefined;
  const path =
    word.text.startsWith("~/") && !word.isQuoted ? posix.join(home, word.text.slice(2)) : word.text;
  return path.startsWith("/") ? path : from && posix.join(from, path);
}

/** What a command writes, as far as that is known. */
function outputOf(command: ScriptLine, script: ScriptContext["script"]): ScriptText | undefined {
  if (/^(:|true)?$/.test(command.words[0]?.text ?? "")) return { text: "", isExpanded: false };
  return command.here ?? echoedBy(command) ?? shownBy(command, script);
}

function joinedTexts(texts: readonly ScriptText[]): ScriptText {
  return {
    text: texts.map(({ text }) => text).join("\n"),
    isExpanded: texts.some(({ isExpanded }) => isExpanded),
  };
}

/** `echo "open …; mirror …" | lftp` */
function echoedBy({ words }: ScriptLine): ScriptText | undefined {
  if (!/^(echo|printf)$/.test(words[0]?.text ?? "")) return undefined;
  const text = words
    .slice(1)
    .map(({ text }) => text)
    .filter((text, index) => index > 0 || !/^-[neE]+$/.test(text))
    .join(" ")
    .replaceAll("\\n", "\n");
  return { text, isExpanded: words.some(({ isExpanded }) => isExpanded) };
}

/** `cat FILE | lftp` */
function shownBy({ words }: ScriptLine, script: ScriptContext["script"]): ScriptText | undefined {
  if (words[0]?.text !== "cat" || words.length === 1) return undefined;
  const shown = words.slice(1).map(({ text }) => script(text));
  return shown.every((one) => one !== undefined) ? joinedTexts(shown) : undefined;
}

function runLftp(
  { line }: ScriptLine,
  words: readonly Word[],
  scriptContext: ScriptContext,
  input: (ScriptText & { readonly line: number }) | undefined,
): void {
  const script = new LftpScript(scriptContext);
  const runInput = () => {
    if (input !== undefined) script.run(input.text, input.line, input.isExpanded);
  };
  const opening = script.opening(words, line, "lftp");
  if (opening === undefined) return runInput();
  const { target, file, then, commands } = opening;
  const isInput = /^(-|\/dev\/(stdin|fd\/0))$/.test(file ?? "");
  if (file !== undefined && !isInput) {
    const read = scriptContext.script(file);
    if (read === undefined)
      return scriptContext.found.leave(
        line,
        "lftp -f",
        "its script cannot be read; import it as a file of its own",
        true,
      );
    script.run(read.text, line, read.isExpanded);
    return;
  }
  if (target !== undefined) script.open(opening, line);
  else if (then !== undefined) script.run(then.text, line, then.isExpanded);
  if (commands !== undefined) script.run(commands.text, line, commands.isExpanded);
  runInput();
}
