import { listsFacts } from "../ftp/features.ts";
import type { ListingEntry } from "../ftp/listing/entry.ts";
import { ReplyError } from "../ftp/errors.ts";
import { UnreadableLinesError } from "../ftp/listing/errors.ts";
import type { Client } from "../ftp/session/client.ts";
import { accountKey } from "../ftp/settings.ts";
import {
  contradiction,
  isPlainPath,
  listByStatus,
  MOST_AHEAD,
  StatusListingError,
} from "../ftp/status/listing.ts";
import { tryStatus } from "../ftp/status/trial.ts";
import type { Clock } from "../shared/clock.ts";
import type { Memory } from "../transfer/memory.ts";
import { recallStatus, rememberStatus } from "../transfer/sides/kept-status.ts";
import { isServer, type Side } from "../transfer/sides/side.ts";

/** Fewer directories than these are not worth finding it out. */
const WORTH_A_TRIAL = 3;
/** Directories in the first write, while it is not known how large they are. */
const FIRST = 16;
/** Entries that one write may bring, as far as those before it tell. */
const MOST_ENTRIES = 20_000;

/** What listings by STAT need of the world. */
interface StatusListingsDeps {
  readonly clock: Clock;
  /** Where it is kept which servers can do it; absent: it is found out in each run. */
  readonly memory?: Memory | undefined;
  /** Told once for each server whose replies cannot be trusted, and why. */
  readonly tell: (because: string) => void;
  /** Whether servers with MLSD are asked, too, for what shows only whether anything has changed; absent: no. */
  readonly screens?: boolean;
}

/** What is known of one account's server in this run. */
interface Account {
  works: boolean | undefined;
  isRecalled: boolean;
  finding: Promise<void> | undefined;
  /** Whether it was reported that a directory has no listing by STAT. */
  isReported: boolean;
  /** Of all that were listed so. */
  directories: number;
  entries: number;
}

/** Entries by the directory that they are in, as it was asked for. */
type Listings = ReadonlyMap<string, readonly ListingEntry[]>;

const NOTHING: Listings = new Map();

/**
 * Directories' listings on the control connection, many in one write, from servers without MLSD: there LIST tells no
 * more. On servers with MLSD they show whether anything has changed. Whether a server can do it is found out once, on a connection that does nothing else meanwhile, and
 * remembered. Where anything does not fit, the connection is given up, and the server is not asked so again in this run.
 */
export class StatusListings {
  readonly #deps: StatusListingsDeps;
  readonly #accounts = new Map<string, Account>();

  constructor(deps: StatusListingsDeps) {
    this.#deps = deps;
  }

  /** Whether {@link list} is known to be of no use at an account. */
  rulesOut(account: string): boolean {
    return this.#accounts.get(account)?.works === false;
  }

  /** Whether a server has no better listing than STAT, or that is asked for all the same, as far as that is known without a trial. */
  async mayHelp(side: Side, signal: AbortSignal): Promise<boolean> {
    if (!isServer(side)) return false;
    const account = this.#account(accountKey(side.host));
    const isOfUse = this.#deps.screens === true || !(await this.isScreen(side, signal));
    if (!side.host.commandsAhead || !isOfUse) account.works = false;
    return account.works !== false;
  }

  /** Whether a server lists more by MLSD, so that STAT shows no more than whether anything has changed. */
  async isScreen(side: Side, signal: AbortSignal): Promise<boolean> {
    return isServer(side) && listsFacts((await side.client(signal)).session.features);
  }

  /**
   * How many directories {@link list} is best given; 0 where it is of no use, and each is to be listed by itself.
   * @param side lent to the caller alone
   * @param directories that are to be listed soon, or the first of them
   */
  async window(side: Side, directories: readonly string[], signal: AbortSignal): Promise<number> {
    if (!isServer(side) || !(await this.mayHelp(side, signal))) return 0;
    const key = accountKey(side.host);
    const account = this.#account(key);
    const client = await side.client(signal);
    const plain = plainOf(client, directories);
    if (plain.length === 0) return 0;
    if (account.works === undefined) {
      const isWorth = plain.length >= WORTH_A_TRIAL;
      account.finding ??= this.#find(key, account, client, isWorth ? plain : [], signal).finally(
        () => (account.finding = undefined),
      );
      await account.finding;
    }
    if (account.works !== true) return 0;
    if (account.directories === 0) return FIRST;
    const usual = account.entries / account.directories;
    return Math.max(1, Math.min(MOST_AHEAD, Math.floor(MOST_ENTRIES / (usual + 1))));
  }

  /**
   * @param side as in {@link window}, which has said that this is of use
   * @param isVerified whether some of them are compared with listings over a data connection, where nobody compares
   * them later
   * @returns without those that are to be listed by themselves
   */
  async list(
    side: Side,
    directories: readonly string[],
    isVerified: boolean,
    signal: AbortSignal,
  ): Promise<Listings> {
    if (!isServer(side)) return NOTHING;
    const client = await side.client(signal);
    const account = this.#account(accountKey(side.host));
    const plain = plainOf(client, directories).slice(0, MOST_AHEAD);
    if (account.works !== true || plain.length === 0) return NOTHING;
    let listed: Awaited<ReturnType<typeof listByStatus>>;
    try {
      listed = await listByStatus(client, plain, this.#deps.clock.now(), signal, (because) => {
        if (!account.isReported) this.#deps.tell(sentenceOfOne(client.name, because));
        account.isReported = true;
      });
    } catch (error) {
      if (!(error instanceof StatusListingError)) throw error;
      this.#giveUp(side.host.name, accountKey(side.host), error.message);
      return NOTHING;
    }
    const found = new Map<string, readonly ListingEntry[]>();
    for (const [at, entries] of listed.entries()) {
      const directory = plain[at];
      if (entries === undefined || directory === undefined) continue;
      found.set(directory, entries);
      account.directories += 1;
      account.entries += entries.length;
    }
    return !isVerified || (await this.#isRight(side, found, signal)) ? found : NOTHING;
  }

  /**
   * Compares a listing with one of the same directory over a data connection. Where they differ, and the server still
   * tells the same by STAT, it is not asked so again.
   * @param isScreen whether the other one is by MLSD
   * @returns whether the server can be believed
   */
  async confirm(
    side: Side,
    directory: string,
    listed: readonly ListingEntry[],
    exact: readonly ListingEntry[],
    isScreen: boolean,
    signal: AbortSignal,
  ): Promise<boolean> {
    if (!isServer(side) || contradiction(listed, exact, listed, isScreen) === undefined) return true;
    if (this.rulesOut(accountKey(side.host))) return false;
    const again = (await this.list(side, [directory], false, signal)).get(directory) ?? [];
    const name = contradiction(listed, exact, again, isScreen);
    if (name === undefined) return !this.rulesOut(accountKey(side.host));
    const other = isScreen ? "MLSD" : "LIST";
    const because = `STAT and ${other} of ${directory} show ${JSON.stringify(name)} differently`;
    this.#giveUp(side.host.name, accountKey(side.host), because);
    return false;
  }

  /** Compares those with listings over data connections that are most likely to be wrong, and puts these in their place. */
  async #isRight(
    side: Side,
    found: Map<string, readonly ListingEntry[]>,
    signal: AbortSignal,
  ): Promise<boolean> {
    for (const directory of doubtful(found)) {
      const listed = found.get(directory) ?? [];
      found.delete(directory);
      const exact: ListingEntry[] = [];
      try {
        for await (const entry of side.list(directory, signal)) exact.push(entry);
      } catch (error) {
        // It is reported where the directory is entered.
        if (!(error instanceof UnreadableLinesError || error instanceof ReplyError)) throw error;
        continue;
      }
      if (!(await this.confirm(side, directory, listed, exact, false, signal))) return false;
      found.set(directory, exact);
    }
    return true;
  }

  #account(key: string): Account {
    const account = this.#accounts.get(key) ?? {
      works: undefined,
      isRecalled: false,
      finding: undefined,
      isReported: false,
      directories: 0,
      entries: 0,
    };
    this.#accounts.set(key, account);
    return account;
  }

  async #find(
    key: string,
    account: Account,
    client: Client,
    directories: readonly string[],
    signal: AbortSignal,
  ): Promise<void> {
    const { clock, memory, tell } = this.#deps;
    if (!account.isRecalled && memory !== undefined)
      account.works = await recallStatus(memory, key, clock.now());
    account.isRecalled = true;
    if (account.works !== undefined) return;
    if (directories.length === 0) return;
    const trial = await tryStatus(client, directories, clock.now(), signal);
    account.works = trial.works === true;
    if (trial.isOdd) tell(sentence(client.name, trial.because));
    if (memory !== undefined && typeof trial.works === "boolean")
      await rememberStatus(memory, key, trial.works, clock.now());
  }

  #giveUp(name: string, key: string, because: string): void {
    const account = this.#account(key);
    if (account.works === true) this.#deps.tell(sentence(name, because));
    account.works = false;
    // The next run finds out anew what is the matter.
    if (this.#deps.memory !== undefined) void rememberStatus(this.#deps.memory, key, false, 0);
  }
}

/** The longest one, since what is cut is cut there; and two that are the same: one may have come for the other. */
function doubtful(found: Listings): ReadonlySet<string> {
  const chosen = new Set<string>();
  let longest: string | undefined;
  const texts = new Map<string, string>();
  for (const [directory, entries] of found) {
    if (longest === undefined || entries.length > (found.get(longest)?.length ?? 0)) longest = directory;
    if (entries.length === 0 || chosen.size > 0) continue;
    const text = entries
      .map(({ name, sizeBytes, modified }) => `${name} ${sizeBytes} ${modified?.atMs}`)
      .join("/");
    const same = texts.get(text);
    texts.set(text, directory);
    if (same !== undefined) chosen.add(same).add(directory);
  }
  return longest === undefined ? chosen : chosen.add(longest);
}

function plainOf(client: Client, directories: readonly string[]): readonly string[] {
  return directories.filter((one) => isPlainPath(client.absolute(one)));
}

function sentence(name: string, because: string): string {
  const reason = because.startsWith(`${name}: `) ? because.slice(name.length + 2) : because;
  return `${name}: directories are listed over data connections, because its replies to STAT cannot be trusted: ${reason}`;
}

function sentenceOfOne(name: string, because: string): string {
  return `${name}: a directory is listed over a data connection, because ${because}`;
}
