/** A chunk that passed the proxy, in the order in which it did. */
export interface Passage {
  /** Number of the control connection, counted over both servers. */
  readonly connection: number;
  /** `client`: it arrived from the client, before any delay; `server`: it was handed to the client, after it. */
  readonly from: "client" | "server";
  /** Milliseconds of `performance.now()`. */
  readonly atMs: number;
  /** Bytes as Latin-1. */
  readonly text: string;
}

/** What one run of a client said, and when it began to move files. */
export interface Counted {
  readonly connections: number;
  readonly turns: number;
  /** Undefined where TLS hides them. */
  readonly commands: number | undefined;
  /** How often each verb was sent; without arguments, so without secrets. */
  readonly verbs: Readonly<Record<string, number>>;
  /** When the first and the last RETR, STOR or APPE passed, and the last 226: `performance.now()`. */
  readonly firstTransferMs: number | undefined;
  readonly lastTransferMs: number | undefined;
  readonly lastCompletionMs: number | undefined;
}

export function count(passages: readonly Passage[]): Counted {
  const isHidden = passages.some(({ from, text }) => from === "client" && text.startsWith(TLS_HANDSHAKE));
  const verbs = verbsIn(passages);
  const transfers = passages.filter(({ from, text }) => from === "client" && TRANSFER.test(text));
  const completions = passages.filter(({ from, text }) => from === "server" && COMPLETION.test(text));
  return {
    connections: new Set(passages.map(({ connection }) => connection)).size,
    turns: countTurns(passages),
    commands: isHidden ? undefined : Object.values(verbs).reduce((sum, times) => sum + times, 0),
    verbs: isHidden ? {} : verbs,
    firstTransferMs: transfers[0]?.atMs,
    lastTransferMs: transfers.at(-1)?.atMs,
    lastCompletionMs: completions.at(-1)?.atMs,
  };
}

const TRANSFER = /^(RETR|STOR|APPE) /im;
const COMPLETION = /^226[ -]/m;
/** The content type of a TLS record that begins a handshake (RFC 8446 §5.1). */
const TLS_HANDSHAKE = "\x16";

/**
 * How often the client waited for a reply before it wrote again, all control connections together.
 *
 * A turn begins with the first chunk that the client writes after a chunk from a server arrived at the client.
 * All chunks of the client up to the next one from any server belong to the same turn, on whichever connection
 * they are written. What the client writes before any server has said anything is no turn: it waited for nothing.
 *
 * It is an order, not a time: the same conversation has the same turns at any delay, as long as no two chunks
 * change places. Replies that come one by one while the client writes make turns without costing a round trip,
 * so turns are an upper bound for the round trips of one lane, and say little about several lanes.
 */
export function countTurns(passages: readonly Passage[]): number {
  return passages.filter((one, index) => one.from === "client" && passages[index - 1]?.from === "server")
    .length;
}

/** Commands by verb; a command ends with LF, wherever chunks are cut. */
function verbsIn(passages: readonly Passage[]): Readonly<Record<string, number>> {
  const said = new Map<number, string>();
  for (const { connection, from, text } of passages) {
    if (from === "client") said.set(connection, (said.get(connection) ?? "") + text);
  }
  const verbs: Record<string, number> = {};
  for (const text of said.values()) {
    for (const line of text.split("\n").slice(0, -1)) {
      const verb = /^[^A-Za-z]*([A-Za-z]{3,4})\b/.exec(line)?.[1]?.toUpperCase() ?? "?";
      verbs[verb] = (verbs[verb] ?? 0) + 1;
    }
  }
  return verbs;
}
