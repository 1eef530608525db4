import { setTimeout as sleep } from "node:timers/promises";
import { claimKeys, claimScript } from "./claims-script.ts";
import type { RedisClient } from "../kv/client.ts";
import { anySignal } from "../../shared/any-signal.ts";

/** A directory on a server, with all that is below it. */
export interface Tree {
  /** The same for everyone who writes with the same rights to the same server: `ftp.example.org:21 mirror`. */
  readonly account: string;
  /**
   * Absolute, or relative to the login directory. These are not known to be the same; who knows the login
   * directory makes one of the other first.
   */
  readonly path: string;
}

/** The right to write a tree. With its scope it ceases to be renewed here; {@link Claims.release} gives it back. */
export interface TreeClaim extends AsyncDisposable {
  /** A fencing token: higher than that of every claim before it; others of the same holder join it with this. */
  readonly token: number;
  /** Aborted when it is another's, or has been given back. */
  readonly lost: AbortSignal;
  /** Whether nobody else can have it now or soon, by our own clock. To be asked before anything gets its name. */
  isCertain(): boolean;
  /** Asks Redis, which takes as long as that is away; it is certain then. @returns false where it is lost */
  confirm(): Promise<boolean>;
}

export type ClaimResult =
  | { readonly kind: "claimed"; readonly claim: TreeClaim }
  | { readonly kind: "refused"; readonly because: string; readonly holder: string };

interface ClaimsOptions {
  /** With {braces}, so that a cluster keeps all keys on one node. */
  readonly prefix: string;
  /** How long a claim is valid without being renewed; it is renewed three times as often. */
  readonly ttlMs?: number;
}

/** Of its time to live; in the rest, what was begun at the last certain moment is carried out by the server. */
const CERTAIN = 3 / 4;

/**
 * Who writes which tree, over all processes that share a Redis: nobody is given one while another holder has it, a
 * tree around it, or a tree within it.
 */
export class Claims {
  readonly #client: RedisClient;
  readonly #keys: readonly string[];
  readonly #ttlMs: number;

  /** @param client one whose commands wait while Redis is away */
  constructor(client: RedisClient, { prefix, ttlMs = 60_000 }: ClaimsOptions) {
    this.#client = client;
    this.#keys = claimKeys(prefix);
    this.#ttlMs = ttlMs;
  }

  /** A holder that claims again what it has gets it with a new token, and who had the old one has lost it. */
  async claim(tree: Tree, holder: string): Promise<ClaimResult> {
    const [own = "", ...around] = treesAround(tree);
    const since = performance.now();
    const [token = 0, other = "", whose = ""] = await this.#run("claim", own, holder, around);
    if (Number(token) > 0) return { kind: "claimed", claim: this.#kept(own, Number(token), since) };
    return { kind: "refused", because: `${whose} writes ${pathOf(String(other))}`, holder: String(whose) };
  }

  /** Shares a claim that another process has made, for the same holder. @returns undefined where it is lost */
  async join(tree: Tree, token: number): Promise<TreeClaim | undefined> {
    const [own = ""] = treesAround(tree);
    const since = performance.now();
    const [isHeld] = await this.#run("renew", own, token);
    return isHeld === 1 ? this.#kept(own, token, since) : undefined;
  }

  /** Gives a claim back, for all who share it. */
  async release(tree: Tree, token: number): Promise<void> {
    const [own = ""] = treesAround(tree);
    await this.#run("release", own, token);
  }

  /** @param since when it was last asked for, which is before Redis began to count */
  #kept(tree: string, token: number, since: number): TreeClaim {
    const [closing, lost] = [new AbortController(), new AbortController()];
    let certainUntil = since + this.#ttlMs * CERTAIN;
    const renew = async () => {
      const asked = performance.now();
      const [isHeld] = await this.#run("renew", tree, token);
      if (isHeld === 1) certainUntil = asked + this.#ttlMs * CERTAIN;
      else lost.abort();
    };
    const renewing = this.#renewOn(renew, anySignal(closing.signal, lost.signal));
    const isCertain = () => !lost.signal.aborted && performance.now() < certainUntil;
    return {
      token,
      lost: lost.signal,
      isCertain,
      async confirm() {
        if (!lost.signal.aborted) await renew();
        return !lost.signal.aborted;
      },
      async [Symbol.asyncDispose]() {
        closing.abort();
        await renewing;
      },
    };
  }

  async #renewOn(renew: () => Promise<void>, until: AbortSignal): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      until.addEventListener("abort", () => resolve(), { once: true });
    });
    while (!until.aborted) {
      await sleep(this.#ttlMs / 3, undefined, { signal: until }).catch(() => {});
      if (!until.aborted) await Promise.race([renew().catch(() => {}), closed]);
    }
  }

  async #run(
    operation: "claim" | "renew" | "release",
    tree: string,
    mine: string | number,
    around: readonly string[] = [],
  ): Promise<readonly (number | string)[]> {
    const args = [operation, this.#ttlMs, tree, mine, ...around];
    return (await claimScript.run(this.#client, this.#keys, args)) as (number | string)[];
  }
}

/** A tree as Redis knows it, and those it lies in, from the inside outwards. */
export function treesAround({ account, path }: Tree): readonly string[] {
  const names: string[] = [];
  for (const name of path.split("/")) {
    if (name === ".." && names.length > 0 && names.at(-1) !== "..") names.pop();
    else if (name !== "" && name !== "." && !(name === ".." && path.startsWith("/"))) names.push(name);
  }
  const root = `${account}\0${path.startsWith("/") ? "/" : "./"}`;
  return names.reduce<string[]>((trees, name) => [`${trees[0]}${name}/`, ...trees], [root]);
}

/** For a person. */
function pathOf(tree: string): string {
  const path = tree.slice(tree.indexOf("\0") + 1);
  return path.length > 1 ? path.slice(0, -1) : path;
}
