/** It is published with each sign of life of who waits, and believed for longer than from one to the next. */
const WANTED_MS = 3_000;
const LOGINS = "logins of ";

/** What others wait for now, as far as this process has received. */
export class WantedResources {
  /** Resource, then party: what forgets that it waits for it. */
  readonly #waiting = new Map<string, Map<string, NodeJS.Timeout>>();
  onWanted: (resource: string) => void = () => {};

  /** Who waits for logins is not helped by a connection that is ended. */
  note(resource: string, party: string): void {
    if (resource.startsWith(LOGINS)) return;
    const parties = this.#waiting.get(resource) ?? new Map<string, NodeJS.Timeout>();
    this.#waiting.set(resource, parties);
    clearTimeout(parties.get(party));
    const forget = () => {
      parties.delete(party);
      if (parties.size === 0) this.#waiting.delete(resource);
    };
    parties.set(party, setTimeout(forget, WANTED_MS).unref());
    this.onWanted(resource);
  }

  /** Whether somebody waits for one of these. @param but a party that does not count */
  isWanted(resources: readonly string[], but?: string): boolean {
    return resources.some((resource) =>
      [...(this.#waiting.get(resource)?.keys() ?? [])].some((party) => party !== but),
    );
  }
}
