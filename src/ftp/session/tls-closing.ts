/** Listings without a close_notify after which a server is taken for one that never sends any. */
const ENOUGH = 3;

/**
 * What a TLS data connection says by its end: `whole`: all that the server sent has come; `cut`: it may be short, and is
 * to be listed again; `unknown`: this server never says; `were-cut`: it does say, and earlier ones that were believed
 * had been cut.
 */
type Ending = "whole" | "cut" | "unknown" | "were-cut";

/** Whether a server ends TLS data connections as TLS wants it, as far as it was seen to. */
export class TlsClosing {
  #closes: boolean;
  #cuts = 0;

  /** @param closes whether servers of its kind are known to send close_notify */
  constructor(closes: boolean) {
    this.#closes = closes;
  }

  /** @param isClosed whether the peer has sent a close_notify */
  ending(isClosed: boolean): Ending {
    if (!isClosed) {
      if (this.#closes) return "cut";
      this.#cuts += 1;
      return this.#cuts < ENOUGH ? "cut" : "unknown";
    }
    const wereCut = !this.#closes && this.#cuts >= ENOUGH;
    this.#closes = true;
    return wereCut ? "were-cut" : "whole";
  }
}

/** By account: connections come and go, the server's ways stay. */
const known = new Map<string, TlsClosing>();

/** What this process has seen of a server. */
export function closingOf(account: string, closes: boolean): TlsClosing {
  const found = known.get(account) ?? new TlsClosing(closes);
  known.set(account, found);
  return found;
}
