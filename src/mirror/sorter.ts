import type { Hands } from "../copy/hands.ts";
import type { ActionName, Emit } from "../copy/events.ts";
import type { FileTask } from "../copy/plan.ts";
import type { Tally } from "../copy/tally.ts";
import { TaskQueue } from "../copy/task-queue.ts";
import { joinPath, parentOf } from "../ftp/pathname.ts";
import { Extras } from "./extras.ts";
import type { Wanted } from "./plan.ts";
import type { MirrorRequest } from "./request.ts";
import type { Tell } from "./scan.ts";

type Told = Parameters<Tell>[0];
type Of<S extends Told["step"]> = Extract<Told, { readonly step: S }>;

/** Something that has to go before something else can take its place. */
export type Conflict = Of<"conflict">;

/** What a sorter hands on. */
export interface Outlets {
  readonly emit: Emit;
  readonly tally: Tally;
  readonly crew: Hands;
  /** Where what is deleted or overwritten goes; undefined: nowhere. */
  readonly trash: string | undefined;
}

/** Sorts what a scan tells: some of it is done at once, some in its turn, some is only said. */
export class Sorter {
  readonly #request: MirrorRequest;
  readonly #to: Outlets;
  /** Where files go that are to be copied now. */
  queue = new TaskQueue();
  readonly extras = new Extras();
  readonly conflicts: Conflict[] = [];
  /** Copied when all other files are in place. */
  readonly indexes: FileTask[] = [];
  /** Files that may have been renamed; known when the whole tree is. */
  readonly appeared: Wanted[] = [];
  readonly links: Of<"link">[] = [];
  /** Those of new files count only when these have come. */
  readonly permissions: { readonly path: string; readonly bits: number; readonly isNew: boolean }[] = [];
  readonly planned = { files: 0, bytes: 0 };
  faults = 0;

  constructor(request: MirrorRequest, outlets: Outlets) {
    this.#request = request;
    this.#to = outlets;
  }

  /** @param signal gives up waiting for room */
  async take(found: Told, signal: AbortSignal): Promise<void> {
    switch (found.step) {
      case "copy":
        return this.#copy(found, signal);
      case "keep":
        return this.#keep(found);
      case "same-link":
        this.#to.tally.kept += 1;
        return this.say("keep", this.source(found.path), found.because);
      case "make-directory":
        return this.say("make-directory", this.target(found.path), found.because);
      case "link":
        this.say("link", this.target(found.path), `leads to ${found.to}`);
        return void this.links.push(found);
      case "extra":
        return this.#request.deletes ? this.extras.add(found.path, found.entry) : undefined;
      case "conflict":
        return this.#conflict(found);
      case "leave":
        return this.#leave(found);
      case "fault":
        return this.fault(this.source(found.path), found.because);
    }
  }

  /** A file of the source, as the crew is to copy it, be it in place of something that is no directory. */
  taskFor(file: Wanted, because: string, isInPlace: boolean): FileTask {
    const { source, target } = this.#request;
    const { trash } = this.#to;
    return {
      source: { place: source.place, path: joinPath(source.path, file.path), facts: file.facts },
      target: joinPath(target.path, file.path),
      because,
      ...(isInPlace && trash !== undefined ? { aside: joinPath(trash, file.path) } : {}),
    };
  }

  say(action: ActionName, path: string, because: string): void {
    this.#to.emit({ event: "action", action, path, because });
  }

  fault(path: string, because: string): void {
    this.faults += 1;
    this.#to.tally.failedOne();
    this.#to.emit({ event: "fault", path, because });
  }

  source(path: string): string {
    const { place, path: root } = this.#request.source;
    return place.at(joinPath(root, path));
  }

  target(path: string): string {
    const { place, path: root } = this.#request.target;
    return place.at(joinPath(root, path));
  }

  async #copy({ file, because, target }: Of<"copy">, signal: AbortSignal): Promise<void> {
    const { renames, deletes, isIndex, dryRun } = this.#request;
    const isIndexFile = isIndex(file.path);
    if (renames && deletes && target === undefined && !isIndexFile) {
      this.appeared.push(file);
      return;
    }
    this.#count(file);
    if (dryRun) return this.say("copy", this.source(file.path), because);
    const task = this.taskFor(file, because, target !== undefined);
    if (isIndexFile) this.indexes.push(task);
    else await this.enqueue(task, signal);
  }

  async enqueue(task: FileTask, signal: AbortSignal): Promise<void> {
    // The scan has made it, or found it.
    this.#to.crew.stands(parentOf(task.target));
    await this.queue.push(task, signal);
  }

  /** A file that was held back, since it might have been a renamed one. */
  async release(file: Wanted, signal: AbortSignal): Promise<void> {
    const because = "not on the target";
    this.#count(file);
    if (this.#request.dryRun) this.say("copy", this.source(file.path), because);
    else await this.enqueue(this.taskFor(file, because, false), signal);
  }

  #count({ path, facts }: Wanted): void {
    const bits = facts.permissions;
    if (this.#request.permissions && bits !== undefined) this.permissions.push({ path, bits, isNew: true });
    this.planned.files += 1;
    this.planned.bytes += facts.sizeBytes ?? 0;
  }

  #keep({ file, because, target }: Of<"keep">): void {
    this.#to.tally.kept += 1;
    this.say("keep", this.source(file.path), because);
    const bits = file.facts.permissions;
    const differ = bits !== undefined && target.permissions !== undefined && bits !== target.permissions;
    if (this.#request.permissions && differ) this.permissions.push({ path: file.path, bits, isNew: false });
  }

  #leave({ path, because, isAtSource }: Of<"leave">): void {
    this.extras.keep(path);
    if (!isAtSource) return;
    this.#to.tally.skipped += 1;
    this.say("skip", this.source(path), because);
  }

  #conflict(found: Conflict): void {
    if (this.#request.deletes) return void this.conflicts.push(found);
    const kind = found.entry.kind === "directory" ? "a directory" : "something else";
    this.fault(this.target(found.path), `${kind} stands in the way; it makes way only with --delete`);
  }
}
