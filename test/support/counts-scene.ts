import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, expect, vi } from "vitest";
import type { Run, RunOrder } from "../../src/orchestrator/runs/run.ts";
import type { TestInstallation } from "./installation.ts";
import { startRedis, type TestRedis } from "./redis.ts";
import { TreeRuns } from "./tree-runs.ts";
import type { TreeServer } from "./tree-server.ts";

export const FILES = 40;
export const SIZE = 100;
export const OLD_MS = Date.parse("2026-01-01T00:00:00Z");

export const DOCUMENTS = {
  mirror: { mirror: { from: "a:/in", to: "b:/out" }, parallel: 2 },
  copy: { copy: { from: "a:/in/*", to: "b:/out/" }, parallel: 2 },
} as const;

export const ALL = { copied: FILES, kept: 0, failed: 0, files: FILES, bytes: FILES * SIZE } as const;

/** A run of forty small files between two servers in memory, to a target that takes a while to give a file its name. */
class CountsScene {
  runs!: TreeRuns;
  /** How long that takes. */
  paceMs = 0;

  get source(): TreeServer {
    return this.runs.source;
  }

  get target(): TreeServer {
    return this.runs.target;
  }

  get one(): TestInstallation {
    return this.runs.own;
  }

  async begin(redis: TestRedis, prefix: string): Promise<void> {
    this.runs = await TreeRuns.open(redis.port, prefix);
    const { source, target } = this;
    source.tree.makeDirectory("/in", OLD_MS);
    target.tree.makeDirectory("/out", OLD_MS);
    for (let at = 0; at < FILES; at += 1)
      source.tree.write(`/in/f${at}`, Buffer.alloc(SIZE, `${at}`), OLD_MS);
    this.paceMs = 60;
    target.fault({ kind: "late", verbs: ["RNTO"], until: () => sleep(this.paceMs) });
  }

  readonly ask = (document: RunOrder["document"]): Promise<void> => this.runs.ask(document);

  readonly record = (): Promise<Run> => this.runs.record();

  /** While it goes on, no more is ever copied than is planned. */
  readonly until = (is: (run: Run) => boolean): Promise<Run> =>
    vi.waitFor(
      async () => {
        const run = await this.record();
        const { copied, failed, files } = run.counters;
        if (copied + failed > files) throw new Error(`${copied} of ${files} files`);
        expect(is(run), JSON.stringify(run)).toBe(true);
        return run;
      },
      { timeout: 90_000, interval: 25 },
    );

  readonly hasCopied = (files: number): Promise<Run> =>
    this.until(({ counters }) => counters.copied >= files);

  readonly hasEnded = (): Promise<Run> => this.until(({ state }) => state === "ended");

  readonly storedFiles = (): number =>
    (this.target.tree.list("/out") ?? []).filter(({ name }) => !name.startsWith(".")).length;

  /** Asks for something that a worker hears within 0.8 s, and waits for it; meanwhile files take so long that most are left. */
  readonly meanwhile = async (act: () => Promise<unknown>, is: (run: Run) => boolean): Promise<Run> => {
    this.paceMs = 300;
    await act();
    const run = await this.until(is);
    this.paceMs = 60;
    return run;
  };

  readonly pause = (): Promise<Run> =>
    this.meanwhile(
      () => this.one.installation.control.pause("run"),
      ({ state }) => state === "queued",
    );
}

/** A scene of its own for each test of a file, on one Redis. @param prefix of its keys, which no other test has */
export function countsScene(prefix: string): CountsScene {
  const scene = new CountsScene();
  let redis: TestRedis;
  let turn = 0;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis[Symbol.asyncDispose]());
  beforeEach(() => scene.begin(redis, `${prefix}${(turn += 1)}`));
  afterEach(() => scene.runs[Symbol.asyncDispose]());
  return scene;
}
