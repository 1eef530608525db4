import { setTimeout as sleep } from "node:timers/promises";
import { HOST_NAME } from "../../config/locations/location.ts";
import type { Directories } from "../../config/load/directories.ts";
import { isAbsent, isThere } from "../../config/load/files.ts";
import { canonicalJson } from "../../shared/json/canonical-json.ts";
import { type Definition, definitionOf } from "../definitions.ts";
import type { Run, RunOrder } from "../runs/run.ts";
import { isSigned, type SigningKey } from "./signing.ts";

/** Whose orders a worker carries out: those of its own `jobs/`, and those that are signed with its key. */
export class Authority {
  readonly #key: SigningKey | undefined;
  readonly #directories: Directories;
  readonly #wait: (ms: number) => Promise<unknown>;
  /** Jobs as they were read last. */
  readonly #known = new Map<string, Definition>();
  /** Whether there is a `jobs/` that may be missing for a moment, while it is replaced. */
  #hasJobs: boolean;

  constructor(key: SigningKey | undefined, directories: Directories, wait: typeof sleep = sleep) {
    this.#key = key;
    this.#directories = directories;
    this.#wait = wait;
    this.#hasJobs = isThere(directories.jobs);
  }

  /**
   * Why a run is not carried out here; undefined where it may be. Redis holds the order, and whoever can write to
   * Redis can write any; so what may be done is decided by what is on this machine.
   */
  async refusalOfOrder({ id, order }: Pick<Run, "id" | "order">): Promise<string | undefined> {
    if (isSigned(order, id, this.#key)) return undefined;
    const own = await this.#ownJob(order.job);
    if (own === undefined)
      return `${order.job} is not a job in this worker's jobs/, and its order ${UNSIGNED}`;
    if (isSameJob(order, own)) return undefined;
    return `its order differs from ${own.file} on this worker's machine, and ${UNSIGNED}`;
  }

  /**
   * No other file than one of `jobs/` is read, whatever an order calls its job. While a directory or a file is being
   * replaced, what was read last counts; a job of which nothing was read yet is waited for. Where there has never been
   * a `jobs/`, there is nothing to wait for.
   */
  async #ownJob(name: string): Promise<Definition | undefined> {
    if (!HOST_NAME.test(name) || /\.ya?ml$/.test(name)) return undefined;
    this.#hasJobs ||= isThere(this.#directories.jobs);
    for (let left = READS; ; left -= 1) {
      try {
        const own = await definitionOf(name, this.#directories);
        this.#known.set(name, own);
        return own;
      } catch {
        if (await isAbsent(name, this.#directories.jobs)) this.#known.delete(name);
        else if (this.#hasJobs && this.#known.get(name) === undefined && left > 1) {
          await this.#wait(READ_AGAIN_MS);
          continue;
        }
        return this.#known.get(name);
      }
    }
  }
}

/** How often a job that cannot be read is read before it counts as none of ours, and how long after each time. */
const READS = 10;
const READ_AGAIN_MS = 500;

const UNSIGNED =
  "is not signed with this worker's key; set the same signingKeyFrom in daemon.yaml on all machines";

/** It makes no difference in which file each machine keeps its rules. */
function isSameJob(order: RunOrder, own: Pick<Definition, "document" | "rules">): boolean {
  return textOf(order) === textOf(own);
}

function textOf({ document, rules }: { readonly document: unknown; readonly rules: readonly object[] }) {
  const bare = rules.map((rule) => ({ ...rule, from: undefined }));
  return canonicalJson([document, bare]);
}
