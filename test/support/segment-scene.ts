import { randomBytes } from "node:crypto";
import type { HostSettings } from "../../src/ftp/settings.ts";
import { type Clock, systemClock } from "../../src/shared/clock.ts";
import { transferFile } from "../../src/transfer/file-transfer.ts";
import { type Ledger, memoryLedger } from "../../src/transfer/ledger.ts";
import type { Moved, TransferPolicy } from "../../src/transfer/policy.ts";
import type { Route } from "../../src/transfer/move/third-party/route.ts";
import type { SizeProbe } from "../../src/transfer/move/third-party/watch.ts";
import { FtpSide } from "../../src/transfer/sides/ftp-side.ts";
import { LocalSide } from "../../src/transfer/sides/local-side.ts";
import type { Side } from "../../src/transfer/sides/side.ts";
import { newRoute, POLICY } from "./pair.ts";
import { type Placing, placedFiles } from "./placed-files.ts";
import { type Script, type ScriptedServer, scriptedServer } from "./scripted-server.ts";
import { settingsFor } from "./settings.ts";

type Timeouts = Partial<HostSettings["timeouts"]>;

interface Reachable {
  readonly address: string;
  readonly port: number;
}

/** Where a file comes from or goes to, on as many connections as are wanted. */
export interface Spot {
  readonly connect: (timeouts?: Timeouts) => Side;
  readonly path: string;
}

export interface Copying {
  readonly from: Spot;
  readonly to: Spot;
  readonly policy?: Partial<TransferPolicy>;
  /** Connections that there may be beside the first one; default as many as are wanted. */
  readonly extra?: number;
  /** Told of each further connection that is wanted. */
  readonly wanted?: () => void;
  /** Told of each that is given back. */
  readonly returned?: () => void;
  readonly timeouts?: Timeouts;
  readonly ledger?: Ledger;
  readonly clock?: Clock;
  readonly signal?: AbortSignal;
  readonly progress?: (bytes: number, from: number) => void;
  readonly look?: SizeProbe;
  /** What is known of the two hosts; default nothing. */
  readonly route?: Route;
}

/** Copies of single files in segments, and all that they have opened. */
export class SegmentScene implements AsyncDisposable {
  readonly #opened: AsyncDisposable[] = [];

  async [Symbol.asyncDispose](): Promise<void> {
    for (const one of this.#opened.splice(0).reverse()) await one[Symbol.asyncDispose]();
  }

  /** A scripted server, with a file under `/file`. */
  async scripted(placing: Placing, file?: Buffer, more: Script = {}): Promise<ScriptedServer> {
    const server = await scriptedServer({ ...placedFiles(placing), ...more }, { isInTurn: true });
    this.#opened.push(server);
    if (file !== undefined) server.files.set("/file", file);
    return server;
  }

  at(server: Reachable, name: string, path: string, more: Partial<HostSettings> = {}): Spot {
    const connect = (timeouts?: Timeouts) => {
      const plain = settingsFor(name, server, more);
      const settings = { ...plain, timeouts: { ...plain.timeouts, ...timeouts } };
      return this.#closedLater(new FtpSide(settings, { clock: systemClock }));
    };
    return { connect, path };
  }

  here(path: string): Spot {
    return { connect: () => this.#closedLater(new LocalSide()), path };
  }

  async copy({
    from,
    to,
    policy,
    extra = 99,
    ledger,
    clock,
    signal,
    progress,
    timeouts,
    wanted,
    returned,
    look,
    route,
  }: Copying): Promise<Moved> {
    let left = extra;
    const ends = {
      source: { side: from.connect(timeouts), path: from.path },
      target: { side: to.connect(timeouts), path: to.path },
    };
    const context = {
      policy: { ...POLICY, segments: 4, ...policy } as const,
      route: route ?? (await newRoute()),
      ledger: ledger ?? memoryLedger("t"),
      clock: clock ?? systemClock,
      ...(progress && { progress }),
      ...(look && { look }),
      extra: async (until: AbortSignal) => {
        wanted?.();
        if (left === 0) return undefined;
        left -= 1;
        const [source, target] = [from.connect(timeouts), to.connect(timeouts)];
        await Promise.all([source.ready(until), target.ready(until)]);
        return { source, target, [Symbol.asyncDispose]: async () => returned?.() };
      },
    };
    return transferFile(ends, context, signal ?? new AbortController().signal);
  }

  #closedLater(side: Side): Side {
    this.#opened.push({ [Symbol.asyncDispose]: () => side.close() });
    return side;
  }
}

/** The places that transfer commands began at. */
export function placesOf({ commands }: ScriptedServer): readonly number[] {
  return commands.filter((line) => line.startsWith("REST ")).map((line) => Number(line.slice(5)));
}

/** Bytes that are nowhere the same. */
export function bytesOf(length: number): Buffer {
  return randomBytes(length);
}
