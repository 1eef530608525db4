import type { TreeMeter } from "../../copy/limits.ts";
import type { Looking } from "../../copy/select.ts";
import type { ListingEntry } from "../../ftp/listing/entry.ts";
import { joinPath, nameOf, parentOf } from "../../ftp/pathname.ts";
import type { SymbolicLinks } from "../../ftp/session/names/unlink.ts";
import { isTestDirectory, type LeftoverName, leftoverName } from "../../transfer/publish/leftover-name.ts";
import { transferKey } from "../../transfer/publish/temporary-name.ts";
import { walk } from "../walk.ts";
import { type CleanPolicy, judgeAge, judgeLeftover, type CleanVerdict } from "./judge.ts";

/** Something whose name is ours, and what is to become of it as far as listings tell. */
export type FoundLeftover =
  | {
      readonly kind: "file";
      readonly path: string;
      /** Below the directory that was named. */
      readonly relative: string;
      readonly entry: ListingEntry;
      readonly leftover: LeftoverName;
      /** The name beside it that it is of, where one is. */
      readonly of?: string;
      readonly verdict: CleanVerdict;
    }
  | {
      readonly kind: "directory";
      readonly path: string;
      readonly relative: string;
      readonly entry: ListingEntry;
      readonly verdict: CleanVerdict;
    }
  | { readonly kind: "fault"; readonly path: string; readonly because: string; readonly error?: unknown };

/** What a directory has, as far as it matters here. */
interface Seen {
  readonly names: string[];
  readonly ours: { readonly entry: ListingEntry; readonly leftover: LeftoverName }[];
  /** Whether there is nothing in it but what a test puts there. */
  isTest: boolean;
}

/** All below a directory that is called as fxpd calls what is not final; links are not followed. */
export async function* findLeftovers(
  looking: Looking & { readonly meter: TreeMeter },
  directory: string,
  policy: CleanPolicy,
): AsyncGenerator<FoundLeftover> {
  const open = new Map<string, Seen>();
  const entries = new Map<string, ListingEntry>();
  const faulty = new Set<string>();
  const at = (path: string) => {
    const seen = open.get(path) ?? { names: [], ours: [], isTest: true };
    open.set(path, seen);
    return seen;
  };
  for await (const step of walk(looking, looking.meter, directory)) {
    if (step.kind === "fault") {
      faulty.add(step.path);
      yield step;
    } else if (step.kind === "entry") {
      const { entry, relative } = step;
      const seen = at(parentOf(relative));
      if (entry.name !== "d" || entry.kind !== "directory") seen.isTest = false;
      if (entry.kind === "directory") {
        if (isTestDirectory(entry.name)) entries.set(relative, entry);
        continue;
      }
      const leftover = leftoverName(entry.name);
      if (leftover === undefined) seen.names.push(entry.name);
      else seen.ours.push({ entry, leftover });
    } else {
      const { path, relative } = step;
      const seen = at(relative);
      open.delete(relative);
      yield* judged(looking, path, relative, seen, policy);
      const entry = entries.get(relative);
      entries.delete(relative);
      if (entry === undefined || !seen.isTest || faulty.delete(path)) continue;
      const what = "directory that tested how the server deletes symbolic links";
      yield { kind: "directory", path, relative, entry, verdict: judgeAge(entry, what, policy) };
    }
  }
}

function* judged(
  { side }: Looking,
  directory: string,
  relative: string,
  { names, ours }: Seen,
  policy: CleanPolicy,
): Generator<FoundLeftover> {
  if (ours.length === 0) return;
  const keys = new Map<string, string>();
  for (const name of names) keys.set(transferKey(side.locate(joinPath(directory, name))).slice(0, 16), name);
  for (const { entry, leftover } of ours) {
    const of = "key" in leftover ? keys.get(leftover.key) : undefined;
    const verdict = judgeLeftover(leftover, entry, (key) => keys.get(key), policy);
    const at = { path: joinPath(directory, entry.name), relative: joinPath(relative, entry.name) };
    yield { kind: "file", ...at, entry, leftover, ...(of === undefined ? {} : { of }), verdict };
  }
}

/** Whether a symbolic link leads to what is found below a directory: it then lies somewhere else. */
export class LinkCheck {
  readonly #looking: Looking;
  readonly #root: string;
  readonly #links = new Map<string, Promise<SymbolicLinks | undefined>>();

  /** @param root the directory that was named */
  constructor(looking: Looking, root: string) {
    this.#looking = looking;
    this.#root = root;
  }

  /**
   * @param relative below the directory that was named
   * @returns why it is left alone; undefined where it is no link, and lies behind none
   */
  async reasonToLeave(relative: string): Promise<string | undefined> {
    for (let at = relative; at !== ""; at = parentOf(at)) {
      const links = await this.#linksIn(joinPath(this.#root, parentOf(at)));
      const what = at === relative ? "it" : at;
      if (links === undefined) return `cannot tell whether ${what} is a symbolic link`;
      if (links.has(nameOf(at)))
        return at === relative ? "a symbolic link" : `is reached through the symbolic link ${at}`;
    }
    return undefined;
  }

  #linksIn(directory: string): Promise<SymbolicLinks | undefined> {
    const { side, retrier, signal } = this.#looking;
    const known = this.#links.get(directory) ?? retrier.run(() => side.linksIn(directory, signal), signal);
    this.#links.set(directory, known);
    return known;
  }
}
