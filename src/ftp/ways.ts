import { accountKey, type HostSettings } from "./settings.ts";

/** Commands that some servers have, announce, and never answer; another form does the same. */
const REPLACEABLE = ["EPSV", "PASV", "PORT", "EPRT", "MLSD", "MLST"] as const;
type Replaceable = (typeof REPLACEABLE)[number];

/**
 * How a server differs from others, as was seen: it refuses to rename (RNFR), destroys what is before the offset of a REST
 * when it stores, expects the TLS handshake on data connections before it says 1yz
 * (RFC 4217 §7 does not say which comes first), or never answers a command.
 */
export type ServerWay =
  | "tls-first"
  | "no-rename"
  | "restart-destroys"
  | "names-in-final-form"
  | "255-doubled"
  | "255-plain"
  | `silent ${Replaceable}`;

/** How many directories are known in which files were renamed. */
const MOST_DIRECTORIES = 1_000;

/** What was seen of one account's server, by all connections of this process. */
export class ServerWays {
  #known = new Map<ServerWay, string>();
  readonly #answered = new Set<string>();
  readonly #renamedIn = new Set<string>();
  readonly #renamesBy = new Set<number>();
  /** Called with what was observed newly; without a reason: that it is not so any more. */
  onLearned: ((way: ServerWay, because: string | undefined) => void) | undefined;

  has(way: ServerWay): boolean {
    return this.#known.has(way);
  }

  /** A file was renamed in this directory: a refusal there is about one file. */
  renamed(directory: string): void {
    if (this.#renamedIn.size >= MOST_DIRECTORIES) this.#renamedIn.clear();
    this.#renamedIn.add(directory);
  }

  /** @param directory absent: anywhere */
  hasRenamed(directory?: string): boolean {
    return directory === undefined ? this.#renamedIn.size > 0 : this.#renamedIn.has(directory);
  }

  /** Something had its new name after a RNTO that was answered by this code. */
  sawRenamed(code: number): void {
    this.#renamesBy.add(code);
  }

  /** Whether a RNTO that is answered by this code was seen to be done. */
  renamesBy(code: number): boolean {
    return this.#renamesBy.has(code);
  }

  /** Whether octet 255 in a name goes doubled (RFC 2640 §3.1); undefined where that was not seen. */
  get doublesIac(): boolean | undefined {
    if (this.has("255-doubled")) return true;
    return this.has("255-plain") ? false : undefined;
  }

  /** In what it was seen; undefined where it was not. */
  why(way: ServerWay): string | undefined {
    return this.#known.get(way);
  }

  /** Commands that are not worth sending, and why. */
  get silent(): readonly { readonly verb: Replaceable; readonly because: string }[] {
    return REPLACEABLE.flatMap((verb) => {
      const because = this.#known.get(`silent ${verb}`);
      return because === undefined ? [] : [{ verb, because }];
    });
  }

  learn(way: ServerWay, because: string): void {
    if (this.#known.has(way)) return;
    this.#known.set(way, because);
    this.onLearned?.(way, because);
  }

  /** A command was answered, however: silence afterwards has another reason. */
  answered(verb: string): void {
    if (!isReplaceable(verb)) return;
    this.#answered.add(verb);
    if (this.#known.delete(`silent ${verb}`)) this.onLearned?.(`silent ${verb}`, undefined);
  }

  /** A command was not answered in time. */
  unanswered(verb: string, because: string): void {
    if (isReplaceable(verb) && !this.#answered.has(verb)) this.learn(`silent ${verb}`, because);
  }

  /** What is kept replaces what was seen. */
  replaceBy(known: ReadonlyMap<ServerWay, string>): void {
    this.#known = new Map(known);
  }
}

function isReplaceable(verb: string): verb is Replaceable {
  return (REPLACEABLE as readonly string[]).includes(verb);
}

const known = new Map<string, ServerWays>();
/** The same by settings, which each file asks for several times. */
const bySettings = new WeakMap<HostSettings, ServerWays>();

/** What this process has seen of a server: connections come and go, its ways stay. */
export function waysOf(host: HostSettings): ServerWays {
  const before = bySettings.get(host);
  if (before !== undefined) return before;
  const key = accountKey(host);
  const found = known.get(key) ?? new ServerWays();
  known.set(key, found);
  bySettings.set(host, found);
  return found;
}
