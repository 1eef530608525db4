import { nameOf } from "../../ftp/pathname.ts";
import type { MirrorContext } from "../context.ts";
import type { Missing, Replacements } from "../decide/absence.ts";
import { mayDelete, type Permission } from "../decide/safeguards.ts";
import { unproven } from "./absence.ts";
import { removeDeadLeftover } from "./leftovers.ts";
import type { Sorter } from "./sorter.ts";

/** Files that a scan has seen on each side. */
export interface CountedFiles {
  readonly sourceFiles: number;
  readonly targetFiles: number;
}

/** Deletes what the target has alone, where the safeguards allow it. */
export class ExtraDeletion {
  readonly #run: MirrorContext;
  readonly #sorter: Sorter;

  constructor(run: MirrorContext, sorter: Sorter) {
    this.#run = run;
    this.#sorter = sorter;
  }

  /** @param renamed files that only the target has, and that get another name */
  permission(counted: CountedFiles, renamed = 0): Permission {
    const { extras } = this.#sorter;
    const { request, deps } = this.#run;
    // What somebody else has found out may be why something is missing here.
    const faults = this.#run.faults + (deps.listings?.hasLies === true ? 1 : 0);
    const [deletions, directories] = [extras.files.length - renamed, extras.directories().length];
    return mayDelete({ ...counted, deletions, directories, faults }, request.scan.ceiling);
  }

  /** @returns whether what the target has alone was deleted, where there was something, or why not */
  async execute(counted: CountedFiles, signal: AbortSignal): Promise<Permission> {
    const { request, closing } = this.#run;
    const { extras } = this.#sorter;
    const permission = this.permission(counted);
    if (permission.kind === "granted") await this.#cleanUp(signal);
    if (request.dryRun) {
      for (const file of extras.files) closing.sayDeleted(file);
      for (const path of extras.directories()) closing.sayEmptied(path);
    } else if (permission.kind === "granted") {
      await this.#holdUnproven(signal);
      const approval = await this.#run.approval(extras.files, extras.directories(), signal);
      if (approval.kind !== "granted") return approval;
      await closing.deleteFiles(extras.files, signal);
      await closing.deleteDirectories(extras.directories(), signal);
      // What the source has as a directory is made as one.
      for (const path of closing.unlinked)
        if (!extras.hasDirectory(path))
          this.#sorter.conflicts.push({ step: "conflict", path, source: "directory", entry: linkAt(path) });
    }
    extras.clear();
    return permission;
  }

  /** Those of which the source does not say itself that it has them not, and why. */
  unproven(missing: readonly Missing[], signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
    const replacements: Replacements = new Map(
      this.#sorter.conflicts.map(({ path, source }) => [path, source === "directory" ? source : "file"]),
    );
    return unproven(missing, replacements, this.#run, signal);
  }

  /** What dead transfers have left goes before the directories that it is in; what stays keeps them. */
  async #cleanUp(signal: AbortSignal): Promise<void> {
    const { request, reporter, pool, deps } = this.#run;
    for (const leftover of this.#sorter.deadLeftovers.splice(0)) {
      const { path } = leftover;
      const stays = request.dryRun
        ? undefined
        : await removeDeadLeftover(leftover, request.target, { pool, ledger: deps.ledger }, signal);
      if (stays === undefined) reporter.clean(path, "partial file of a transfer that is not running");
      else this.#sorter.extras.keep(path);
    }
  }

  /** Keeps what the source does not say itself that it has not. */
  async #holdUnproven(signal: AbortSignal): Promise<void> {
    const { extras } = this.#sorter;
    const held = await this.unproven(extras.missing(), signal);
    for (const [path, because] of held) this.#run.reporter.fault("target", path, because);
    extras.hold(held);
  }
}

const linkAt = (path: string) => ({ name: nameOf(path), kind: "link" as const });
