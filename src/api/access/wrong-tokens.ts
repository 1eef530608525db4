import type { Clock } from "../../shared/clock.ts";
import { Refusal } from "../problem.ts";

/** The answer to the first wrong token waits so long, each further one twice as long, up to the last. */
const FIRST_MS = 100;
const LONGEST_MS = 5_000;
/** Delayed answers to one address at once; beyond that its requests are refused unread. */
const MOST_WAITING = 32;
/** After so long without a wrong token, an address begins anew. */
const FORGOTTEN_MS = 600_000;
/** Addresses that are remembered; the one that has been quiet longest is forgotten first. */
const MOST_ADDRESSES = 10_000;

interface Guesses {
  count: number;
  waiting: number;
  lastMs: number;
}

/** Makes guessing slow: answers to wrong tokens wait, by address; nobody else does. */
export class WrongTokens {
  readonly #clock: Pick<Clock, "now" | "sleep">;
  readonly #byAddress = new Map<string, Guesses>();

  constructor(clock: Pick<Clock, "now" | "sleep">) {
    this.#clock = clock;
  }

  /** @throws Refusal (429) for an address that has more answers to come than it could wait for */
  requirePatience(address: string): void {
    const { waiting = 0 } = this.#byAddress.get(networkOf(address)) ?? {};
    if (waiting >= MOST_WAITING)
      throw new Refusal(429, "too many wrong tokens from this address; try again later");
  }

  /** Waits before the answer to a wrong token. */
  async wait(address: string): Promise<void> {
    const guesses = this.#guessesOf(networkOf(address));
    guesses.count += 1;
    guesses.waiting += 1;
    const ms = Math.min(FIRST_MS * 2 ** Math.min(guesses.count - 1, 16), LONGEST_MS);
    try {
      await this.#clock.sleep(ms, new AbortController().signal);
    } finally {
      guesses.waiting -= 1;
    }
  }

  #guessesOf(network: string): Guesses {
    const nowMs = this.#clock.now();
    const known = this.#byAddress.get(network);
    const isForgotten = known === undefined || (known.waiting === 0 && nowMs - known.lastMs > FORGOTTEN_MS);
    const guesses = isForgotten ? { count: 0, waiting: 0, lastMs: nowMs } : known;
    guesses.lastMs = nowMs;
    // A map keeps the order in which its keys were put in.
    this.#byAddress.delete(network);
    this.#byAddress.set(network, guesses);
    if (this.#byAddress.size > MOST_ADDRESSES) {
      const [first] = this.#byAddress.keys();
      if (first !== undefined) this.#byAddress.delete(first);
    }
    return guesses;
  }
}

/** Of IPv6 the first 64 bits: nobody has a single address there. */
function networkOf(address: string): string {
  if (!address.includes(":") || address.startsWith("::ffff:")) return address;
  const [head = "", tail] = address.split("::");
  const groups = head.split(":").filter((group) => group !== "");
  if (tail !== undefined) while (groups.length < 4) groups.push("0");
  return groups.slice(0, 4).join(":");
}
