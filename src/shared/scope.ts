/** What is to be ended together, the last one first; the language's own AsyncDisposableStack is not in Node 20. */
export class Scope implements AsyncDisposable {
  readonly #ends: (() => unknown)[] = [];

  /** Ends this with the scope. */
  use<T extends AsyncDisposable | Disposable>(one: T): T {
    this.defer(() => (Symbol.asyncDispose in one ? one[Symbol.asyncDispose]() : one[Symbol.dispose]()));
    return one;
  }

  defer(end: () => unknown): void {
    this.#ends.push(end);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const end of this.#ends.splice(0).reverse()) await end();
  }
}
