import { HOST_NAME } from "../../config/locations/location.ts";
import type { Directories } from "../../config/load/directories.ts";
import { canonicalJson } from "../../shared/canonical-json.ts";
import { type Definition, definitionOf } from "../definitions.ts";
import type { Run, RunOrder } from "../runs/run.ts";
import { isSigned, type SigningKey } from "./signing.ts";

/** Whose orders a worker carries out: those of its own `jobs/`, and those that are signed with its key. */
export class Authority {
  readonly #key: SigningKey | undefined;
  readonly #directories: Directories;

  constructor(key: SigningKey | undefined, directories: Directories) {
    this.#key = key;
    this.#directories = directories;
  }

  /**
   * Why a run is not carried out here; undefined where it may be. Redis holds the order, and whoever can write to
   * Redis can write any; so what may be done is decided by what stands on this machine.
   */
  async refusalOf({ id, order }: Pick<Run, "id" | "order">): Promise<string | undefined> {
    if (isSigned(order, id, this.#key)) return undefined;
    const own = await this.#ownJob(order.job);
    if (own === undefined)
      return `${order.job} is not a job in this worker's jobs/, and its order ${UNSIGNED}`;
    if (isSameJob(order, own)) return undefined;
    return `its order differs from ${own.file} on this worker's machine, and ${UNSIGNED}`;
  }

  /** No other file than one of `jobs/` is read, whatever an order calls its job. */
  async #ownJob(name: string): Promise<Definition | undefined> {
    if (!HOST_NAME.test(name) || /\.ya?ml$/.test(name)) return undefined;
    return definitionOf(name, this.#directories).catch(() => undefined);
  }
}

const UNSIGNED =
  "is not signed with this worker's key; set the same signingKeyFrom in daemon.yaml on all machines";

/** Where rules stand on the one machine and on the other makes no difference. */
function isSameJob(order: RunOrder, own: Pick<Definition, "document" | "rules">): boolean {
  return textOf(order) === textOf(own);
}

function textOf({ document, rules }: { readonly document: unknown; readonly rules: readonly object[] }) {
  const bare = rules.map((rule) => ({ ...rule, from: undefined }));
  return canonicalJson([document, bare]);
}
