/**
 * The little of Telnet that a control connection needs (RFC 854; RFC 1123 §4.1.2.12): options are refused,
 * other commands dropped, a doubled IAC is one octet 255. An IAC before any other octet is taken as it is,
 * because servers send names with octet 255 undoubled.
 */
export class TelnetFilter {
  /** An unfinished command from the end of the last chunk: nothing, IAC, or IAC and a verb. */
  #held: number[] = [];

  /** Takes Telnet out of a chunk; `answer` is what has to be sent back, often nothing. */
  push(chunk: Uint8Array): { readonly text: Uint8Array; readonly answer: Uint8Array } {
    if (this.#held.length === 0 && !chunk.includes(IAC)) return { text: chunk, answer: NOTHING };
    const text: number[] = [];
    const answer: number[] = [];
    for (const octet of chunk) {
      const [, verb] = this.#held;
      if (this.#held.length === 0) {
        if (octet === IAC) this.#held = [IAC];
        else text.push(octet);
      } else if (verb !== undefined) {
        if (verb === DO) answer.push(IAC, WONT, octet);
        if (verb === WILL) answer.push(IAC, DONT, octet);
        this.#held = [];
      } else if (octet >= WILL && octet <= DONT) {
        this.#held = [IAC, octet];
      } else {
        if (octet === IAC) text.push(IAC);
        else if (octet < SE) text.push(IAC, octet);
        this.#held = [];
      }
    }
    return { text: Uint8Array.from(text), answer: Uint8Array.from(answer) };
  }
}

const IAC = 255;
const DONT = 254;
const DO = 253;
const WONT = 252;
const WILL = 251;
/** The lowest Telnet command. */
const SE = 240;
const NOTHING = new Uint8Array();
