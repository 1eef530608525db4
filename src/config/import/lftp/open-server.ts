import { present } from "../imported.ts";
import { ForeignSite, type Login, type OpenCommand, says, type Site, siteOf } from "./site.ts";
import type { ScriptContext } from "./script-context.ts";
import { EXPANSION, unknownIn, type Word } from "./words.ts";

/** The server that commands of lftp are for, as far as a script says which one it is. */
export class OpenServer {
  #site: Site | undefined;
  #because = "no server is open";
  #whyNoPath: string | undefined;
  readonly #scriptContext: ScriptContext;

  constructor(context: ScriptContext) {
    this.#scriptContext = context;
  }

  get site(): Site | undefined {
    return this.#site;
  }

  /** Why there is none. */
  get because(): string {
    return this.#because;
  }

  /** Why the directory of the server is not known; undefined where it is, or there is none. */
  get whyNoPath(): string | undefined {
    return this.#whyNoPath;
  }

  /** Which one it is now is not known. */
  forget(because: string): void {
    this.#site = undefined;
    this.#because = because;
  }

  /** @param target with whether the shell would have put something in the place of `$X` in it */
  open({ target, login }: OpenCommand & Required<Pick<OpenCommand, "target">>, line: number): void {
    const { found, bookmarks } = this.#scriptContext;
    this.#whyNoPath = undefined;
    const name = target.isExpanded ? serverIn(target.text) : target.text;
    if (name === undefined) return this.#lose(line, "open", unknownIn("it"));
    this.#site = undefined;
    try {
      this.#site = bookmarks.get(name) ?? siteOf(name);
      if (target.isExpanded) {
        this.#whyNoPath = "the directory of its server is not known";
        found.leave(line, "open", unknownIn("its directory"), true);
      }
      this.logIn(login, line, "open");
    } catch (error) {
      if (!(error instanceof ForeignSite)) throw error;
      this.#because = error.consequence;
      found.leave(line, "open", error.message, true);
    }
  }

  /** Takes what is known of an account; without its user or port, a server is not known. */
  logIn(login: Login, line: number, what: string): void {
    if (this.#site === undefined) return;
    const { password, passwordIn, ...site } = this.#site;
    const { unknown, ...known } = login;
    const isOther = says(login, "user") || says(login, "password");
    this.#site = { ...site, ...(isOther ? {} : present({ password, passwordIn })), ...known };
    for (const part of ["user", "port", "option"] as const)
      if (unknown.has(part)) this.#lose(line, what, unknownIn(`its ${part}`));
    if (unknown.has("password"))
      this.#scriptContext.found.leave(
        line,
        what,
        `${unknownIn("its password")}, or set passwordFrom in its host file`,
        true,
      );
  }

  /** @returns whether it is not known where words of a command end that names a server or an account */
  isHidden(words: readonly Word[], line: number, what: string): boolean {
    const cut = words.find(isCut);
    if (cut === undefined) return false;
    const isCommand = /`|\$\(/.test(cut.text);
    const because = "it has a command of the shell in it; write its output in its place";
    this.#lose(line, what, isCommand ? because : unknownIn("it"));
    return true;
  }

  #lose(line: number, what: string, because: string): void {
    this.#site = undefined;
    this.#because = "its server is not known";
    this.#scriptContext.found.leave(line, what, because, true);
  }
}

/** What is before the path of a target, where the shell would have put something into nothing but that. */
function serverIn(text: string): string | undefined {
  const { length } = /^(?:[a-z][a-z0-9+]*:\/\/)?/i.exec(text)?.[0] ?? "";
  const end = text.indexOf("/", length);
  const isHidden = EXPANSION.test(text.slice(0, end)) || !EXPANSION.test(text.slice(end));
  return end <= length || isHidden ? undefined : text.slice(0, end);
}

/** Whether something of the shell begins in it and does not end there: its spaces separated words. */
function isCut({ text, isExpanded }: Word): boolean {
  const count = (part: string, letter: string) => part.split(letter).length - 1;
  const isOpen = ([begin, end]: string): boolean => {
    const from = text.indexOf(`$${begin}`);
    const rest = from === -1 ? "" : text.slice(from);
    return count(rest, begin ?? "") > count(rest, end ?? "");
  };
  return isExpanded && (isOpen("()") || isOpen("{}") || count(text, "`") % 2 === 1);
}
