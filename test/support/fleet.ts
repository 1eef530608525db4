import { spawn } from "node:child_process";
import { mkdir, readdir, readFile, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Control } from "../../src/orchestrator/runs/control.ts";
import { allDefinitions, definitionOf } from "../../src/orchestrator/definitions.ts";
import { KeyNames } from "../../src/orchestrator/kv/names.ts";
import { openQueues, type Queues } from "../../src/orchestrator/worker/queue/queues.ts";
import type { RedisClient } from "../../src/orchestrator/kv/client.ts";
import { connectRedis } from "../../src/orchestrator/kv/connect.ts";
import type { Run } from "../../src/orchestrator/runs/run.ts";
import { RunStore } from "../../src/orchestrator/kv/stores/runs.ts";
import { systemClock } from "../../src/shared/clock.ts";
import { PASSWORD } from "../servers/server.ts";
import { Desk, type Ended, type Host } from "./desk.ts";
import { Member, type Part } from "./member.ts";
import { MAIN } from "./program.ts";
import { until } from "./until.ts";

export { Member, until };
export type { Part };

/** Letters of the end of all logs that a failure shows. */
const LOG_SHOWN = 6_000;

/** What stands in a fleet's Redis, and ways to it. */
export interface FleetEdges {
  readonly redis: RedisClient;
  readonly names: KeyNames;
  readonly store: RunStore;
  readonly queues: Queues;
  readonly control: Control;
}

/** Processes of the built program that share a configuration and an embedded Redis, driven by the command line. */
export class Fleet implements AsyncDisposable {
  readonly desk: Desk;
  readonly members: Member[] = [];
  readonly #environment: Readonly<Record<string, string>>;
  /** All that its commands have printed. */
  printed = "";
  /** What its processes have beside the environment of the tests. */
  environment: Readonly<Record<string, string>> = {};
  /** What its processes are started by, such as `unshare`. */
  startedBy: readonly string[] = [];

  private constructor(desk: Desk, environment: Readonly<Record<string, string>>) {
    this.desk = desk;
    this.#environment = environment;
  }

  /** @param settings lines of `config/daemon.yaml` */
  static async open(hosts: Readonly<Record<string, Host>>, settings: readonly string[] = []): Promise<Fleet> {
    const desk = await Desk.open(hosts);
    await mkdir(join(desk.path, "jobs"));
    await writeFile(join(desk.path, "config/daemon.yaml"), `${settings.join("\n")}\n`);
    const environment = { SECRET: PASSWORD, FXPD_STATE: join(desk.path, "state") };
    return new Fleet(desk, environment);
  }

  /** Writes a job's file. */
  async job(name: string, ...lines: readonly string[]): Promise<void> {
    await writeFile(join(this.desk.path, `jobs/${name}.yaml`), `${lines.join("\n")}\n`);
  }

  /** Begins a process of it. */
  begin(part: Part): Member {
    const args = ["--pdeathsig", "KILL", "--", ...this.startedBy, process.execPath, MAIN, part];
    const child = spawn("setpriv", args, {
      cwd: this.desk.path,
      env: { ...process.env, ...this.#environment, ...this.environment },
      stdio: ["ignore", "ignore", "pipe"],
    });
    const member = new Member(part, child);
    this.members.push(member);
    return member;
  }

  start(part: Part): Promise<Member> {
    return this.begin(part).ready();
  }

  /** Runs a command to its end. */
  async fxpd(...args: readonly string[]): Promise<Ended> {
    const ended = await this.desk.fxpd(...args);
    this.printed += ended.out + ended.err;
    return ended;
  }

  /** Runs of which a command tells. @throws Error with what it said where it ended in another status */
  async told(status: number, ...args: readonly string[]): Promise<readonly Run[]> {
    const ended = await this.fxpd(...args, "--json");
    if (ended.status !== status) throw new Error(`${args.join(" ")}: ${ended.status}: ${ended.err}`);
    return ended.events as unknown as readonly Run[];
  }

  /**
   * Asks for a run of a job once Redis is there, which a test may just have killed: in this process, and by the command
   * where that has options.
   */
  async submit(job: string, ...options: readonly string[]): Promise<string> {
    return this.within(async ({ redis, control }) => {
      await redis.ping();
      if (options.length > 0) return (await this.told(0, "submit", job, ...options))[0]?.id ?? "";
      const { document, rules } = await definitionOf(job, this.directories);
      return (await control.submit({ job, document, rules })).id;
    });
  }

  /** Asks for a run of each job there is, in one process. */
  async submitAll(names = /^/): Promise<void> {
    await this.within(async ({ control }) => {
      const { definitions } = await allDefinitions(this.directories);
      for (const { name, document, rules } of definitions)
        if (names.test(name)) await control.submit({ job: name, document, rules });
    });
  }

  /** Until so many runs have been asked for, and all have ended. */
  async untilAllEnded(count: number, withinMs: number, names = /^/): Promise<readonly Run[]> {
    return this.within(async ({ control }) => {
      let runs: readonly Run[] = [];
      await until(
        async () => {
          runs = (await control.runs(10_000)).filter(({ order }) => names.test(order.job));
          return runs.length >= count && runs.every(({ state }) => state === "ended");
        },
        () =>
          `${count} runs have ended: ${JSON.stringify(runs.filter(({ state }) => state !== "ended"))}\n${this.log.slice(-LOG_SHOWN)}`,
        withinMs,
      );
      return runs;
    });
  }

  /** In this process: a command may take longer to start than what it is to stop takes to end. */
  async order(what: "cancel" | "pause", run: string): Promise<void> {
    await this.within(({ control }) => control[what](run));
  }

  runs(): Promise<readonly Run[]> {
    return this.within(({ control }) => control.runs(100_000));
  }

  /** Until no worker has a connection any more. Those kept for the next run are given up when a host file changes. */
  async untilSlotsAreGivenBack(withinMs?: number): Promise<void> {
    const hosts = await readdir(join(this.desk.path, "config/hosts"), { withFileTypes: true });
    for (const { parentPath, name } of hosts) await utimes(join(parentPath, name), new Date(), new Date());
    await this.within(({ redis }) =>
      until(async () => (await redis.hlen("{fxpd}:slots:used")) === 0, "all slots are given back", withinMs),
    );
  }

  get directories(): { readonly config: string; readonly jobs: string } {
    return { config: join(this.desk.path, "config"), jobs: join(this.desk.path, "jobs") };
  }

  /** Does something with what stands in its Redis, as a client that waits while that is away. */
  async within<T>(act: (deps: FleetEdges) => Promise<T>): Promise<T> {
    const redis = await this.#connected();
    const names = new KeyNames("fxpd");
    const queues = openQueues(redis, names);
    try {
      const store = new RunStore(redis, names);
      const control = new Control({ store, queues, clock: systemClock, directories: this.directories });
      return await act({ redis, names, store, queues, control });
    } finally {
      await queues[Symbol.asyncDispose]();
      redis.disconnect();
    }
  }

  /** As soon as Redis is there, which a test may just have killed. */
  async #connected(): Promise<RedisClient> {
    let redis: RedisClient | undefined;
    await until(
      async () => {
        const settings = { kind: "socket", path: this.socket } as const;
        redis = await connectRedis(settings, { whenAway: "wait", tell: () => {} }).catch(() => undefined);
        return redis !== undefined;
      },
      () => `Redis is there:\n${this.log.slice(-LOG_SHOWN)}`,
    );
    return redis as unknown as RedisClient;
  }

  /** What happened in a run, an event to a line. */
  async logOf(run: string): Promise<string> {
    const entries = await this.within(({ store }) => store.logs(run));
    return entries.map(({ event }) => JSON.stringify(event)).join("\n");
  }

  show(run: string): Promise<Run> {
    return this.within(({ control }) => control.run(run));
  }

  /** Looks at a run until it is as it is waited for. */
  async until(run: string, isSo: (run: Run) => boolean, withinMs = 60_000): Promise<Run> {
    let seen: Run | undefined;
    await this.within(({ control }) =>
      until(
        async () => {
          seen = await control.run(run);
          return isSo(seen);
        },
        () => `${isSo.toString()}: ${JSON.stringify(seen)}\n${this.log.slice(-LOG_SHOWN)}`,
        withinMs,
      ),
    );
    return seen as unknown as Run;
  }

  /** Where the embedded Redis listens. */
  get socket(): string {
    return join(this.desk.path, "state/redis/redis.sock");
  }

  /** Of one that lives: one that was killed may be on its way back. */
  async redisPid(): Promise<number> {
    let pid = 0;
    await until(async () => isAlive((pid = await this.#lastRedisPid())), "Redis is there");
    return pid;
  }

  async #lastRedisPid(): Promise<number> {
    return Number(await readFile(join(this.desk.path, "state/redis/redis.pid"), "utf8").catch(() => 0));
  }

  /** All that its processes have logged. */
  get log(): string {
    return this.members.map(({ log }) => log).join("");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const pid = await this.#lastRedisPid();
    if (isAlive(pid)) process.kill(pid, "SIGCONT");
    await Promise.all(this.members.map((member) => member.end("SIGKILL")));
    // It ends by itself when whoever ran it has ended.
    await until(() => !isAlive(pid), "Redis has ended");
    await this.desk[Symbol.asyncDispose]();
  }
}

function isAlive(pid: number): boolean {
  try {
    // To 0 it would go to all of this group.
    return pid > 0 && process.kill(pid, 0);
  } catch {
    return false;
  }
}
