/** What a server does wrong: everywhere or at one absolute path, always or so many times. */
export type Fault = {
  readonly at?: string;
  /** Also for all that is below `at`. */
  readonly below?: boolean;
  /** How often it happens; default always. */
  readonly times?: number;
} & FaultKind;

type FaultKind =
  /** A listing has only its first names, and is said to be complete. None: the directory looks empty. */
  | { readonly kind: "cut"; readonly keep: number }
  /** A listing breaks off after its first names: the data connection ends, and the reply is this one, or 426. */
  | { readonly kind: "broken"; readonly keep: number; readonly reply?: string }
  /** These verbs are not answered, nor what comes behind them, until this is over. */
  | { readonly kind: "late"; readonly verbs: readonly string[]; readonly until: () => Promise<unknown> }
  /** These verbs are answered so, whatever there is. */
  | { readonly kind: "refusal"; readonly verbs: readonly string[]; readonly reply: string }
  /** The control connection ends without a reply to one of these verbs. */
  | { readonly kind: "lost"; readonly verbs: readonly string[] }
  /** A file gets so many bytes on the disk, then there is no room: 452. */
  | { readonly kind: "full"; readonly octets: number };

type Of<Kind extends FaultKind["kind"]> = Extract<Fault, { readonly kind: Kind }>;

/** All verbs by which a client may learn what a directory has. */
export const LOOKING: readonly string[] = ["CWD", "MLSD", "LIST", "STAT", "MLST", "SIZE", "MDTM"];

/** The faults that are switched on; the one that was switched on last decides. */
export class Faults {
  readonly #left = new Map<Fault, number>();

  /** @returns what switches it off again */
  add(fault: Fault): () => void {
    this.#left.set(fault, fault.times ?? Number.POSITIVE_INFINITY);
    return () => void this.#left.delete(fault);
  }

  /** Whether one of this kind happens now, at this path; it then counts as having happened. */
  take<Kind extends FaultKind["kind"]>(
    kind: Kind,
    path: string,
    isMeant: (fault: Of<Kind>) => boolean = () => true,
  ): Of<Kind> | undefined {
    const isFound = (fault: Fault): fault is Of<Kind> =>
      fault.kind === kind && isAt(fault, path) && isMeant(fault as Of<Kind>);
    const found = [...this.#left.keys()].reverse().find(isFound);
    if (found === undefined) return undefined;
    const left = (this.#left.get(found) ?? 0) - 1;
    if (left > 0) this.#left.set(found, left);
    else this.#left.delete(found);
    return found;
  }

  /** The reply that stands for what this verb would say of this path. */
  refusal(verb: string, path: string): string | undefined {
    return this.take("refusal", path, ({ verbs }) => verbs.includes(verb))?.reply;
  }
}

function isAt({ at, below = false }: Fault, path: string): boolean {
  if (at === undefined || at === path) return true;
  return below && path.startsWith(at === "/" ? at : `${at}/`);
}
