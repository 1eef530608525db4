import { posix } from "node:path";
import type { ImportedPlace } from "../imported.ts";
import type { ScriptContext } from "./script-context.ts";

type Side = "remote" | "local";

/** The directories in which commands of a script are carried out, there and here. */
export class Directories {
  /** Relative to the login directory unless it begins with a slash. */
  #remote = "";
  #local: string | undefined;
  readonly #home: string;
  /** Why one of them is not known. */
  readonly #hidden = new Map<Side, string>();

  constructor({ directory, home }: Pick<ScriptContext, "directory" | "home">) {
    this.#local = directory;
    this.#home = home;
  }

  /** A server was opened. @param because why it is not known in which directory */
  opened(path: string, because: string | undefined): void {
    this.#remote = path;
    this.#hide("remote", because);
  }

  /** @param isHidden whether the shell would have put something into the path */
  change(side: Side, path: string | undefined, isHidden: boolean): void {
    const verb = side === "remote" ? "cd" : "lcd";
    const hidden = `its directory is a variable of the shell; write its value in its place, behind ${verb}`;
    this.#hide(side, isHidden ? hidden : this.whyHidden(side, path ?? "~"));
    if (side === "remote") this.#remote = joined(this.#remote, path ?? "");
    else this.#local = this.local(path ?? "~");
  }

  /** Nobody knows where they are now. */
  lose(because: string): void {
    for (const side of ["remote", "local"] as const) this.#hide(side, because);
  }

  /** Why it is not known what a path there or here means; undefined where it is. */
  whyHidden(side: Side, path: string): string | undefined {
    return /^[/~]/.test(path) ? undefined : this.#hidden.get(side);
  }

  remote(path: string): string {
    return joined(this.#remote, path);
  }

  local(path: string): string {
    if (path === "~" || path.startsWith("~/")) return posix.join(this.#home, path.slice(1));
    if (path.startsWith("/")) return posix.normalize(path);
    return this.#local === undefined ? path : posix.join(this.#local, path);
  }

  #hide(side: Side, because: string | undefined): void {
    if (because === undefined) this.#hidden.delete(side);
    else this.#hidden.set(side, because);
  }
}

/** A path from a directory on a server; empty is the login directory. */
export function joined(directory: string, path: string): string {
  if (path === "~" || path.startsWith("~/")) return path.slice(2);
  const whole = path.startsWith("/") ? posix.normalize(path) : posix.join(directory, path);
  return whole === "." ? "" : whole.length > 1 ? whole.replace(/\/$/, "") : whole;
}

/** The last name of a path or a URL; empty where it ends with a slash, or is none. */
export function basename(path: string | undefined): string {
  const name = /([^/]*)$/.exec(path ?? "")?.[1] ?? "";
  return /^(\.{0,2}|~)$/.test(name) || /^[a-z]+:\/\/[^/]*$/i.test(path ?? "") ? "" : name;
}

export function join(directory: string, name: string): string {
  return directory.endsWith("/") ? directory + name : `${directory}/${name}`;
}

export function inDirectory(place: ImportedPlace): ImportedPlace {
  return /(^|\/)$/.test(place.path) ? place : { ...place, path: `${place.path}/` };
}

export function escapedPlace(place: ImportedPlace): ImportedPlace {
  return { ...place, path: place.path.replace(/[*?[\]{}\\]/g, "\\$&") };
}

/** Braces are no wildcards in lftp's globs. */
export function unescaped(place: ImportedPlace): ImportedPlace {
  return { ...place, path: place.path.replace(/[{}]/g, "\\$&") };
}
