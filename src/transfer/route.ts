import type { Method } from "./methods.ts";

/** What is known of the methods between two hosts, in this order of source and target. */
export class Route {
  #worked: Method | undefined;
  readonly #refused = new Map<Method, string>();
  #exploring: Promise<unknown> | undefined;

  /** The methods still worth trying, the one that worked before first. */
  order(methods: readonly Method[]): readonly Method[] {
    const open = methods.filter((method) => !this.#refused.has(method));
    const known = open.find((method) => method.name === this.#worked?.name);
    return known === undefined ? open : [known, ...open.filter((method) => method !== known)];
  }

  worked(method: Method): void {
    this.#worked = method;
    this.#refused.delete(method);
  }

  refused(method: Method, because: string): void {
    this.#refused.set(method, because);
  }

  /** Why third-party transfers were refused, each reason once. */
  get refusals(): string {
    return [...new Set(this.#refused.values())].join("; ");
  }

  /**
   * Lets one file find out what works while the others wait, so that a refusal costs one attempt and not one
   * per file in flight.
   */
  async one<T>(move: () => Promise<T>): Promise<T> {
    while (this.#exploring !== undefined) await this.#exploring;
    if (this.#worked !== undefined) return move();
    const exploration = move();
    this.#exploring = exploration.then(
      () => {},
      () => {},
    );
    try {
      return await exploration;
    } finally {
      this.#exploring = undefined;
    }
  }
}
