/** Something that is waited for: what ends the wait, and how long it may take. */
export interface Wait {
  /** What is waited for, as the documentation calls it. */
  readonly what: string;
  /** The key that bounds it, of a host's file or of `daemon.yaml`; absent: it cannot be set. */
  readonly setting?: string;
  /** Milliseconds, unless a setting says otherwise. */
  readonly ms: number;
  /** What happens then. */
  readonly then: string;
}

/** Milliseconds that hosts are waited for, unless a host's file says otherwise. */
export const TIMEOUTS = { connect: 30_000, reply: 60_000, stall: 60_000, idle: 240_000 } as const;
/** Bytes a second below which a transfer or a listing is given up. */
export const MINIMUM_RATE = 100;

function host(what: string, key: keyof typeof TIMEOUTS, then: string): Wait {
  return { what, setting: `timeouts.${key}`, ms: TIMEOUTS[key], then };
}

const AGAIN = "the connection is closed, and the file or listing is retried";

/**
 * All that fxpd waits for, and what bounds it: nothing is waited for without end. What is waited for in other files
 * takes its time from here; `config/README.md` shows this table.
 */
export const WAITS = {
  greeting: host(
    "name lookup, connection, implicit TLS and greeting together",
    "connect",
    "the connection is retried",
  ),
  tls: host("a TLS handshake after AUTH or on a data connection", "connect", AGAIN),
  reply: host("the reply to a command that moves no data, preliminary replies (1yz) or not", "reply", AGAIN),
  firstReply: host("the first reply to a command that moves data", "reply", AGAIN),
  goAhead: {
    what: "the first reply to an upload; at most three quarters of `timeouts.reply`",
    ms: 8_000,
    then: "the file is sent without it",
  },
  dataConnection: host("a data connection, once the server has agreed", "connect", AGAIN),
  bytes: host("the first and each next byte of a file or a listing", "stall", AGAIN),
  rate: host("`timeouts.minimumRate` bytes per second, measured over", "stall", AGAIN),
  growth: host("growth of the target in a third-party transfer", "stall", "another method, or a retry"),
  finalReply: host("the final reply after the last byte of a file", "stall", AGAIN),
  listingEnd: host("the final reply after the last byte of a listing", "reply", AGAIN),
  idle: host("the next command on a connection", "idle", "the connection is closed with QUIT"),
  unfinished: {
    what: "the next line of a reply whose last line looks like its end",
    ms: 5_000,
    then: "the reply is taken as complete, or the connection closed",
  },
  refused: {
    what: "data after a negative final reply",
    ms: 500,
    then: "the data connection is closed",
  },
  abandoned: {
    what: "the final reply to an abandoned transfer",
    ms: 5_000,
    then: "the connection is closed",
  },
  secondWriter: {
    what: "a second connection to start writing one file; at most half of `timeouts.reply`",
    ms: 5_000,
    then: "the transfer of the file continues with one connection fewer",
  },
  farewell: { what: "the reply to QUIT", ms: 1_000, then: "the connection is closed" },
  secret: {
    what: "a password from a command or a file",
    ms: 30_000,
    then: "the command is killed, and the login fails",
  },
  redisConnect: { what: "a connection to Redis", ms: 10_000, then: "commands fail; the daemon retries" },
  redisAnswer: {
    what: "a reply from Redis to the command line or the API",
    ms: 5_000,
    then: "the request fails",
  },
  redisBack: {
    what: "Redis to come back, while a command waits for a run (`--wait`, `logs -f`)",
    ms: 60_000,
    then: "the command fails, and the run continues",
  },
  redisEnd: { what: "the private Redis to exit", ms: 10_000, then: "it is killed" },
  lease: {
    what: "a heartbeat of a worker that holds a lock, a host's slot or a target",
    ms: 9_000,
    then: "other workers may take over what it held",
  },
  queueLock: {
    what: "the renewal of a slice's lock",
    ms: 6_000,
    then: "another worker takes over the slice",
  },
  webhook: { what: "a webhook", ms: 10_000, then: "it is sent again later" },
  mail: { what: "each step of sending a mail", ms: 15_000, then: "it is sent again later" },
  notice: { what: "a notification in total", ms: 40_000, then: "it is sent again later" },
  shutdown: {
    what: "files in flight after SIGTERM",
    setting: "shutdown.grace",
    ms: 30_000,
    then: "they are given back to the queue",
  },
} as const satisfies Readonly<Record<string, Wait>>;
