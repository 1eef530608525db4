import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import type { Run } from "../../src/orchestrator/runs/run.ts";
import { type RunningServer, startServers } from "../servers/index.ts";
import type { Host } from "./desk.ts";
import { Fleet, type Member, until } from "./fleet.ts";
import { scriptedServer, type Script, type ScriptedServer } from "./scripted-server.ts";
import { partialsIn } from "./transferred.ts";

/** Something that is done to a daemon, and what its record of the run has to say of it. */
export interface Hurt {
  readonly name: string;
  /** The job that meets it: lines of its file. `$IN` and `$OUT` are directories of its own,
   * `$FULL` is a file system of 1 MiB, `bad` is the server. */
  readonly job: readonly string[];
  /** The server `bad`. */
  readonly script?: Script | ((scene: Place) => Script);
  /** Before the run. */
  readonly arrange?: (scene: Place) => Promise<void> | void;
  /** While it runs. */
  readonly during?: (scene: Place & { readonly run: string; readonly daemon: Member }) => Promise<void>;
  /** When it has ended, before anything is looked for that has leaked. */
  readonly afterwards?: (scene: Place & { readonly run: string }) => Promise<void>;
  /** Stops the process on purpose, so that what was measured of its event loop until then does not count. */
  readonly stopsDaemon?: boolean;
  readonly outcome: "succeeded" | "partial" | "failed" | "refused";
  /** In the run's record or its log. */
  readonly says?: RegExp;
  /** Names in `$OUT` afterwards. */
  readonly arrives?: readonly string[];
}

export interface Place {
  readonly survivor: Survivor;
  readonly in: string;
  readonly out: string;
}

const LOOP_DELAY = fileURLToPath(new URL("loop-delay.mjs", import.meta.url));

/** Descriptors that come and go with kept connections and timers. */
const SPARE_DESCRIPTORS = 12;

/** A daemon that is hurt in one way after the other, beside a job between two healthy servers that has to end well. */
export class Survivor implements AsyncDisposable {
  readonly fleet: Fleet;
  readonly #hurts: readonly Hurt[];
  readonly #healthy: Awaited<ReturnType<typeof startServers>>;
  readonly #bad: readonly (ScriptedServer | undefined)[];
  daemon: Member;
  #descriptors = 0;

  private constructor(
    fleet: Fleet,
    hurts: readonly Hurt[],
    healthy: Awaited<ReturnType<typeof startServers>>,
    bad: readonly (ScriptedServer | undefined)[],
    daemon: Member,
  ) {
    this.fleet = fleet;
    this.#hurts = hurts;
    this.#healthy = healthy;
    this.#bad = bad;
    this.daemon = daemon;
  }

  static async start(hurts: readonly Hurt[], settings: readonly string[] = []): Promise<Survivor> {
    const healthy = await startServers([{ family: "vsftpd" }, { family: "proftpd" }]);
    const [calm, quiet] = healthy.servers as readonly [RunningServer, RunningServer];
    const fleet = await Fleet.open({ calm, quiet }, settings);
    const places = hurts.map((_, index) => ({
      in: join(fleet.desk.path, `hurt${index}/in`),
      out: join(fleet.desk.path, `hurt${index}/out`),
    }));
    const late: { survivor?: Survivor } = {};
    const bad: (ScriptedServer | undefined)[] = [];
    for (const [index, { script, job }] of hurts.entries()) {
      const place = places[index] as { in: string; out: string };
      for (const directory of Object.values(place)) await mkdir(directory, { recursive: true });
      const where = {
        ...place,
        get survivor() {
          return late.survivor as Survivor;
        },
      };
      const server =
        script === undefined
          ? undefined
          : await scriptedServer(typeof script === "function" ? script(where) : script);
      bad.push(server);
      if (server !== undefined) await introduce(fleet, `bad${index}`, server);
      const lines = job.map((line) =>
        line
          .replaceAll("$FULL", join(fleet.desk.path, "full"))
          .replaceAll("$IN", place.in)
          .replaceAll("$OUT", place.out)
          .replaceAll("bad:", `bad${index}:`),
      );
      await fleet.job(`hurt${index}`, "retries: 0", ...lines);
      await mkdir(join(calm.root, `calm${index}`));
      for (const name of ["a", "b"])
        await writeFile(join(calm.root, `calm${index}`, name), `${name} ${index}`);
      await fleet.job(`beside${index}`, `mirror: {from: calm:calm${index}, to: quiet:quiet${index}}`);
    }
    fleet.environment = {
      NODE_OPTIONS: `--import=${LOOP_DELAY}`,
      LOOP_DELAY_FILE: join(fleet.desk.path, "loop-delay.json"),
    };
    // As an ordinary user, with a file system of its own that is soon full.
    const full = join(fleet.desk.path, "full");
    await mkdir(full);
    fleet.startedBy = [
      ...["unshare", "--map-root-user", "--mount", "sh", "-c"],
      `mount -t tmpfs -o size=1m tmpfs ${full} && exec setpriv --bounding-set=-dac_override,-dac_read_search "$@"`,
      "sh",
    ];
    const daemon = await fleet.start("daemon");
    const survivor = new Survivor(fleet, hurts, healthy, bad, daemon);
    late.survivor = survivor;
    // What it opens once and keeps is open now.
    await survivor.#bystander(await fleet.submit("beside0"));
    survivor.#descriptors = await survivor.#openDescriptors();
    // Its start does not count.
    await survivor.loopDelay();
    return survivor;
  }

  /** Meets one hurt: the daemon lives, others end well, nothing leaks, and the record says what happened. */
  async meet(index: number): Promise<void> {
    const { fleet, daemon } = this;
    const hurt = this.#hurts[index] as Hurt;
    const place: Place = {
      survivor: this,
      in: join(fleet.desk.path, `hurt${index}/in`),
      out: join(fleet.desk.path, `hurt${index}/out`),
    };
    await hurt.arrange?.(place);
    const run = await fleet.submit(`hurt${index}`);
    const beside = await fleet.submit(`beside${index}`);
    await hurt.during?.({ ...place, run, daemon });
    const ended = await fleet.until(run, ({ state }) => state === "ended", 60_000);
    await this.#bystander(beside);
    expect(daemon.hasEnded, daemon.log.slice(-2_000)).toBe(false);
    const log = await fleet.logOf(run);
    const record = `${JSON.stringify(ended)}\n${log}`;
    expect(ended.outcome, record).toBe(hurt.outcome);
    if (hurt.says !== undefined) expect(record).toMatch(hurt.says);
    if (hurt.arrives !== undefined) expect((await readdir(place.out)).sort()).toEqual(hurt.arrives);
    await hurt.afterwards?.({ ...place, run });
    await this.#expectNothingLeaks(place);
    if (hurt.stopsDaemon === true) await this.loopDelay();
  }

  /** The event loop's delay since the last time this was asked, in milliseconds. */
  async loopDelay(): Promise<{ readonly p999: number; readonly max: number }> {
    const file = join(this.fleet.desk.path, "loop-delay.json");
    await writeFile(file, "");
    process.kill(await this.#pid(), "SIGUSR2");
    await until(async () => (await readFile(file, "utf8")).endsWith("}"), "the delay was written");
    return JSON.parse(await readFile(file, "utf8")) as { p999: number; max: number };
  }

  async #bystander(run: string): Promise<Run> {
    const ended = await this.fleet.until(run, ({ state }) => state === "ended", 60_000);
    expect(ended.outcome, `${ended.because ?? ""}\n${await this.fleet.logOf(run)}`).toBe("succeeded");
    return ended;
  }

  async #expectNothingLeaks({ out }: Place): Promise<void> {
    const { fleet } = this;
    await fleet.untilSlotsAreGivenBack();
    await until(
      async () => (await this.#openDescriptors()) <= this.#descriptors + SPARE_DESCRIPTORS,
      () => `descriptors are closed: ${this.#descriptors} before`,
    );
    expect(await partialsIn(out)).toEqual([]);
    // The item of a run is given back after the run's record has ended.
    let locks: readonly string[] = [];
    await fleet.within(({ redis, names }) =>
      until(
        async () => {
          locks = await redis.keys(`${names.prefix}:*lock*`);
          return locks.length === 0;
        },
        () => `locks are given back: ${locks.join()}`,
      ),
    );
  }

  async #openDescriptors(): Promise<number> {
    return (await readdir(`/proc/${await this.#pid()}/fd`)).length;
  }

  /** `setpriv`, `unshare` and `sh` become the program: it has the process id of the first of them. */
  async #pid(): Promise<number> {
    return this.daemon.child.pid ?? 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.fleet[Symbol.asyncDispose]();
    for (const server of this.#bad) await server?.[Symbol.asyncDispose]();
    await this.#healthy[Symbol.asyncDispose]();
  }
}

/** A host that is given up soon. */
async function introduce(fleet: Fleet, name: string, { address, port }: ScriptedServer): Promise<void> {
  const host: Host = { address, port, user: "tester", password: "secret" };
  await fleet.desk.introduce(name, host, "timeouts: {connect: 1s, reply: 1s, stall: 1s, minimumRate: 2000}");
}
