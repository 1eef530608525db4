import { present } from "../imported.ts";
import { ForeignSite, type Login, type OpenCommand, type Site, siteOf } from "./site.ts";
import type { ScriptContext } from "./surroundings.ts";
import type { Word } from "./words.ts";

/** The server that commands of lftp are for, as far as a script says which one it is. */
export class OpenServer {
  #site: Site | undefined;
  #because = "no server is open";
  readonly #around: ScriptContext;

  constructor(around: ScriptContext) {
    this.#around = around;
  }

  get site(): Site | undefined {
    return this.#site;
  }

  /** Why there is none. */
  get because(): string {
    return this.#because;
  }

  /** @param target with whether the shell would have put something in the place of `$X` in it */
  open({ target, login, port }: OpenCommand & Required<Pick<OpenCommand, "target">>, line: number): void {
    const { found, bookmarks } = this.#around;
    if (target.isExpanded && target.text.includes("$")) return this.#lose(line, "open", unknownIn("it"));
    this.#site = undefined;
    try {
      this.#site = { ...(bookmarks.get(target.text) ?? siteOf(target.text)), ...present({ port }) };
      this.logIn(login, line, "open");
    } catch (error) {
      if (!(error instanceof ForeignSite)) throw error;
      this.#because = "fxpd does not support the protocol of its server";
      found.leave(line, "open", error.message, true);
    }
  }

  /** Takes what is known of an account; without its user or port, a server is not known. */
  logIn({ unknown, ...login }: Login, line: number, what: string): void {
    if (this.#site === undefined) return;
    const { password, passwordIn, ...site } = this.#site;
    const kept = login.user === undefined && unknown === undefined ? present({ password, passwordIn }) : {};
    this.#site = { ...site, ...kept, ...login };
    if (unknown === "password")
      this.#around.found.leave(
        line,
        what,
        `${unknownIn("its password")}, or set passwordFrom in its host file`,
        true,
      );
    else if (unknown !== undefined) this.#lose(line, what, unknownIn(`its ${unknown}`));
  }

  /** @returns whether a command that names a server or an account cannot be read, since the shell runs others in it */
  isHidden(words: readonly Word[], line: number, what: string): boolean {
    const isHidden = words.some(({ text, isExpanded }) => isExpanded && /`|\$\(/.test(text));
    // Where its words end is not known.
    if (isHidden)
      this.#lose(line, what, "it has a command of the shell in it; write its output in its place");
    return isHidden;
  }

  #lose(line: number, what: string, because: string): void {
    this.#site = undefined;
    this.#because = "its server is not known";
    this.#around.found.leave(line, what, because, true);
  }
}

export function unknownIn(what: string): string {
  return `${what} has a variable of the shell in it; write its value in its place`;
}
