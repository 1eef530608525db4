import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { CopyEvent } from "../../src/batch/events.ts";
import type { Place } from "../../src/batch/pool.ts";
import { copy } from "../../src/copy/copy.ts";
import { parsePattern } from "../../src/copy/glob.ts";
import type { CopyRequest } from "../../src/copy/request.ts";
import { type Clock, systemClock } from "../../src/shared/clock.ts";
import { Condition } from "../../src/shared/waiting/condition.ts";
import { parseTimetable } from "../../src/shared/rate/timetable.ts";
import { LocalRates, type RateLimits } from "../../src/transfer/rate-limit.ts";
import { FtpSide } from "../../src/transfer/sides/ftp-side.ts";
import { type RunningServer, startServers } from "../servers/index.ts";
import { copyDeps } from "../support/edges.ts";
import { POLICY } from "../support/pair.ts";
import { settingsFor } from "../support/settings.ts";

// What goes from server to server cannot be slowed down; a limit decides when files begin.

const SIZE = 250_000;
const FILES = 5;
const RATE = 100_000;

let started: Awaited<ReturnType<typeof startServers>>;
let vsftpd: RunningServer;
let proftpd: RunningServer;
beforeAll(async () => {
  started = await startServers([{ family: "vsftpd" }, { family: "proftpd" }]);
  [vsftpd, proftpd] = started.servers as [RunningServer, RunningServer];
  for (let index = 0; index < FILES; index += 1)
    await writeFile(join(vsftpd.root, `f${index}`), Buffer.alloc(SIZE, `${index}`));
});
afterAll(() => started[Symbol.asyncDispose]());

/** Limits on a clock on which time passes only while no file is on its way. */
class Admissions {
  readonly #ended = new Condition();
  #begun = 0;
  #over = 0;
  #nowMs = Date.UTC(2026, 10, 30);
  #sleeps = 0;
  #last: Promise<void> = Promise.resolve();
  readonly limits: RateLimits;

  constructor() {
    const clock: Clock = {
      now: () => this.#nowMs,
      sleep: (ms) => {
        this.#sleeps += 1;
        const untilMs = this.#nowMs + ms;
        const turn = this.#last.then(async () => {
          while (this.#over < this.#begun) await this.#ended.changed();
          this.#nowMs = Math.max(this.#nowMs, untilMs);
          this.#begun += 1;
        });
        this.#last = turn;
        return turn;
      },
    };
    const rates = new LocalRates(clock);
    this.limits = {
      of: (key, timetable) => {
        const limit = rates.of(key, timetable);
        const take = (bytes: number, signal: AbortSignal) => {
          const sleeps = this.#sleeps;
          const taken = limit.take(bytes, signal);
          if (this.#sleeps === sleeps) this.#begun += 1;
          return taken;
        };
        return { current: () => limit.current(), take, giveBack: (bytes) => limit.giveBack(bytes) };
      },
    };
  }

  note(event: CopyEvent): void {
    if (event.event !== "transfer") return;
    this.#over += 1;
    this.#ended.notify();
  }
}

/** The most files that were on their way at once, by the order of the lines in a server's log. */
function mostAtOnce(log: string): { readonly begun: number; readonly most: number } {
  let [begun, open, most] = [0, 0, 0];
  for (const line of log.split("\n")) {
    if (/FTP command: .*"RETR /.test(line)) {
      begun += 1;
      most = Math.max(most, (open += 1));
    }
    if (/FTP response: .*"226 /.test(line) && open > 0) open -= 1;
  }
  return { begun, most };
}

test("with four lanes, the servers' logs show one data connection at a time where the rate has room for one", async () => {
  const place = (name: string, server: RunningServer): Place => ({
    ...{ key: name, name, at: (path: string) => `${name}:${path}`, limit: 8 },
    connect: () => new FtpSide(settingsFor(name, server), { clock: systemClock }),
  });
  const bwlimit = parseTimetable(String(RATE));
  if (bwlimit === undefined) throw new Error("no limit");
  const names = Array.from({ length: FILES }, (_, index) => `f${index}`);
  const from = place("from", vsftpd);
  const request: CopyRequest = {
    // Without listings, all that the log has of data connections is files.
    sources: names.map((name) => ({ place: from, pattern: parsePattern(name), shown: `from:${name}` })),
    ...{ target: { place: place("to", proftpd), path: "", shown: "to:" }, isWanted: () => true },
    ...{ onExists: "overwrite" as const, parallel: 4, retries: 0, dryRun: false, bwlimit },
    transfer: { ...POLICY, fxp: "only" },
  };
  const admissions = new Admissions();
  const events: CopyEvent[] = [];
  const emit = (event: CopyEvent) => {
    events.push(event);
    admissions.note(event);
  };
  const { deps } = copyDeps({ rates: admissions.limits, emit });
  const summary = await copy(request, deps, AbortSignal.timeout(60_000));
  expect(summary).toMatchObject({ outcome: "succeeded", bytes: { thirdParty: FILES * SIZE } });
  const ways = events.flatMap((event) => (event.event === "transfer" ? [event.limitedBy] : []));
  expect(ways).toEqual(Array(FILES).fill("admission"));
  expect(mostAtOnce(await vsftpd.log())).toEqual({ begun: FILES, most: 1 });
  const stored = (await proftpd.log()).split("\n").filter((line) => /"STOR .*" 226 /.test(line));
  expect(stored).toHaveLength(FILES);
});
