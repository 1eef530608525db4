import { chmod, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { LinkCounts } from "../../../src/orchestrator/history/links.ts";
import { orderFor } from "../../../src/orchestrator/runs/request.ts";
import { runId } from "../../../src/orchestrator/runs/run.ts";
import { randomLoopback, startServers } from "../../servers/index.ts";
import { Api, API_SETTINGS, plantTokens, TOKENS } from "../../support/api.ts";
import { Fleet, type FleetEdges, type Member } from "../../support/fleet.ts";
import { growTree, treeOf } from "../../support/trees.ts";

const MEGABYTE = 1_000_000;
const [HOUR_MS, DAY_MS] = [3_600_000, 86_400_000];

/** Names that a careless page shows wrongly. */
const ODD_NAMES = [
  "<script>alert(1).txt",
  "100%25 of %2F.txt",
  "\u0645\u0631\u062d\u0628\u0627 \u202ecod.exe",
  "\ud83d\ude80 launch \ud83d\udc69\u200d\ud83d\ude80.iso",
  `${"long-".repeat(50)}.tar`,
];

interface PastJob {
  readonly name: string;
  readonly lines: readonly string[];
  /** How its earlier runs ended, the latest first, one for each day; absent: it never ran. */
  readonly past?: string;
  readonly seconds?: number;
  readonly because?: string;
}

const mirror = (from: string, to: string, more = "") => `mirror: {from: "${from}", to: "${to}"}${more}`;
const nightly = (cron: string, timeZone = "Europe/Berlin") =>
  `schedule: {cron: "${cron}", timeZone: ${timeZone}}`;

/** s: succeeded, p: partial, f: failed, r: refused, c: cancelled */
const OUTCOMES = { s: "succeeded", p: "partial", f: "failed", r: "refused", c: "cancelled" } as const;

const JOBS: readonly PastJob[] = [
  ...["debian", "fedora", "gutenberg", "kernel", "openbsd"].map((name, at) => ({
    name,
    lines: [
      mirror(`de-archive:${name}`, `de-edge:pub/${name}`),
      nightly(`${15 + at * 7} ${1 + at} * * *`),
      "staleAfter: 26h",
    ],
    past: "sssspssssssfssssssss".slice(at),
    seconds: 240 * (at + 1),
  })),
  {
    name: "cpan",
    lines: [mirror("de-archive:cpan", "de-edge:pub/cpan"), nightly("0 4 * * *"), "staleAfter: 26h"],
    past: "ffffffsssssssss",
    seconds: 700,
    because: "de-archive: CWD cpan: 550 Failed to change directory.",
  },
  {
    name: "us-nightly",
    lines: [
      mirror("us-mirror:pub", "us-tape:pub"),
      'schedule: {cron: "*/30 * * * *", timeZone: America/St_Johns, only: ["22:00-05:00"], jitter: 5m}',
    ],
    past: "ssssssssss",
    seconds: 900,
  },
  {
    name: "us-snapshots",
    lines: [
      mirror("us-mirror:snapshots", "us-tape:snapshots"),
      'schedule: {cron: "0 23 * * *", timeZone: America/St_Johns, only: ["22:00-05:00"]}',
    ],
    past: "sssss",
    seconds: 9_000,
  },
  {
    name: "chatham-weekly",
    lines: [
      mirror("de-archive:kernel", "us-mirror:kernel"),
      'schedule: {cron: "30 6 * * 1", timeZone: Pacific/Chatham}',
    ],
  },
  {
    name: "photos-paused",
    lines: [mirror("de-archive:photos", "de-edge:photos"), nightly("0 5 * * *", "Asia/Kathmandu")],
    past: "cssss",
    seconds: 90,
  },
  { name: "on-request", lines: ['copy: {from: "de-archive:rare/*", to: "de-edge:rare/"}'] },
  {
    name: "refused-deletes",
    lines: [mirror("de-archive:thin", "de-edge:thin"), "delete: true", nightly("45 3 * * *")],
    past: "rssss",
    seconds: 30,
    because: "would delete 812 of 840 files (97 %), more than maxDelete allows (10 %)",
  },
];

/** A daemon with hosts of two sites, and jobs in every state there is. */
export class Scene implements AsyncDisposable {
  readonly fleet: Fleet;
  readonly api: Api;
  daemon: Member;
  readonly #servers: AsyncDisposable;
  /** Runs by what they are to show. */
  readonly runs: Record<string, string> = {};

  private constructor(fleet: Fleet, daemon: Member, servers: AsyncDisposable) {
    this.fleet = fleet;
    this.daemon = daemon;
    this.#servers = servers;
    this.api = Api.of(fleet, TOKENS.ops);
  }

  static async open(): Promise<Scene> {
    const started = await startServers([
      { family: "vsftpd", settings: [`anon_max_rate=${MEGABYTE}`] },
      { family: "proftpd" },
      { family: "pure-ftpd", foreign: "refused" },
      { family: "pyftpdlib", limits: { connectionsPerAddress: 3 } },
    ]);
    const [archive, edge, american, tape] = started.servers;
    if (!archive || !edge || !american || !tape) throw new Error("no servers");
    await grow(archive.root, american.root);
    const where = `address: ${randomLoopback()}\n  port: 8021`;
    const hosts = { "de-archive": archive, "de-edge": edge, "us-mirror": american, "us-tape": tape };
    const fleet = await Fleet.open(
      hosts,
      API_SETTINGS.map((line) => line.replace("port: 0", where)),
    );
    await plantTokens(fleet);
    // Nobody listens there.
    const gone = { ...edge, address: randomLoopback(), port: 2121 };
    await fleet.desk.introduce("us-offline", gone);
    for (const { name, lines } of JOBS) await fleet.job(name, ...lines);
    await fleet.job("images", 'copy: {from: "de-archive:images/*", to: "de-edge:images/"}', "parallel: 3");
    await fleet.job("many-files", mirror("de-archive:many", "de-edge:many"), nightly("10 1 * * *"));
    await fleet.job("odd-names", 'copy: {from: "de-archive:odd/*", to: "de-edge:odd/"}', "retries: 1");
    await fleet.job("firmware", 'copy: {from: "de-archive:firmware/latest.bin", to: "de-edge:firmware/"}');
    await fleet.job("relayed", mirror("de-archive:small", "us-mirror:small"));
    await fleet.job("to-tape", mirror("de-archive:small", "us-tape:small"), "parallel: 8");
    await fleet.job("offline", mirror("de-archive:small", "us-offline:small"), nightly("*/20 * * * *"));
    const daemon = await fleet.start("daemon");
    const scene = new Scene(fleet, daemon, started);
    await fleet.within((edges) => writePast(edges));
    await scene.api.post("/api/v1/jobs/photos-paused/pause");
    for (const job of ["many-files", "relayed", "to-tape"]) scene.runs[job] = await scene.submit(job);
    for (const job of ["firmware", "odd-names"]) scene.runs[job] = await scene.submit(job);
    for (const run of Object.values(scene.runs))
      await fleet.until(run, ({ state }) => state === "ended", 180_000);
    scene.runs["offline"] = await scene.submit("offline");
    await scene.api.post("/api/v1/hosts/us-offline/pause");
    await fleet.job("misspelt", "miror: {from: de-archive:x, to: de-edge:x}");
    await writeFile(join(fleet.desk.path, "config/hosts/us-broken.yaml"), "adress: ftp.example.org\n");
    await scene.api.post("/api/v1/reload");
    scene.runs["images"] = await scene.submit("images");
    return scene;
  }

  async submit(job: string): Promise<string> {
    return String((await this.api.post("/api/v1/runs", { job })).body["id"]);
  }

  /** Starts the daemon again, which refuses files with errors. */
  async restart(): Promise<void> {
    await rm(join(this.fleet.desk.path, "jobs/misspelt.yaml"), { force: true });
    await rm(join(this.fleet.desk.path, "config/hosts/us-broken.yaml"), { force: true });
    this.daemon = await this.fleet.start("daemon");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.fleet[Symbol.asyncDispose]();
    await this.#servers[Symbol.asyncDispose]();
  }
}

async function grow(archive: string, american: string): Promise<void> {
  for (const [at, name] of ["debian", "fedora", "gutenberg", "kernel", "openbsd", "small"].entries())
    await growTree(join(archive, name), treeOf({ files: 20 + 10 * at, directories: 3 }));
  await growTree(join(archive, "many"), treeOf({ files: 4_000, directories: 40 }));
  await growTree(join(american, "pub"), treeOf({ files: 20, directories: 2 }));
  await mkdir(join(archive, "images"));
  for (const name of ["amd64", "arm64", "ppc64el", "riscv64", "s390x"])
    await writeFile(join(archive, `images/debian-13.2.0-${name}-DVD-1.iso`), Buffer.alloc(200 * MEGABYTE));
  await mkdir(join(archive, "odd"));
  for (const [at, name] of ODD_NAMES.entries()) {
    await writeFile(join(archive, "odd", name), `file ${at}`);
    await chmod(join(archive, "odd", name), 0);
  }
  for (let at = 0; at < 30; at += 1) await writeFile(join(archive, "odd", `good-${at}.txt`), `file ${at}`);
}

/** What was before the daemon began. */
async function writePast({ store, redis, names }: FleetEdges): Promise<void> {
  const nowMs = Date.now();
  for (const { name: job, past = "", seconds = 60, because = "" } of JOBS)
    for (const [day, letter] of [...[...past].entries()].reverse()) {
      const outcome = OUTCOMES[letter as keyof typeof OUTCOMES];
      const startMs = nowMs - (day + 0.4) * DAY_MS;
      const id = runId(job, startMs, "");
      const document = { mirror: { from: "de-archive:x", to: "de-edge:x" } };
      const order = orderFor({ name: job, document, rules: [] }, { requestedBy: "schedule", because: "due" });
      await store.create(id, order, startMs);
      await store.begin(id, startMs);
      const size = 1 + ((day * 7 + job.length * 3) % 9);
      const isMoved = outcome === "succeeded" || outcome === "partial";
      await store.count(id, {
        files: size * 31,
        bytes: size * 300 * MEGABYTE,
        ...(isMoved ? { copied: size * 31, thirdParty: size * 300 * MEGABYTE, kept: 14_000 } : {}),
        ...(outcome === "partial" ? { failed: 3 } : {}),
      });
      if (outcome === "partial")
        await store.causes.count(id, 1, new Map([["de-edge: STOR …: 552 Disk full", 3]]));
      const took = seconds * 1_000 * (0.6 + ((day * 5) % 8) / 10);
      const last = outcome === "failed" || outcome === "refused" ? because : "";
      await store.end({ id, order }, undefined, startMs + took, outcome, last);
    }
  for (let hour = 160; hour > 0; hour -= 1) {
    const links = new LinkCounts(redis, names);
    for (const [source, target, method] of [
      ["de-archive", "de-edge", "source-pasv"],
      ["us-mirror", "us-tape", "target-pasv"],
      ["de-archive", "us-mirror", "relay"],
    ] as const) {
      const isFailed = source === "us-mirror" && hour % 9 === 0;
      links.add(
        { source, target },
        {
          event: "transfer",
          source: `${source}:x`,
          target: `${target}:x`,
          outcome: isFailed ? "failed" : "succeeded",
          by: method === "relay" ? "relay" : "third-party",
          method,
          bytes: (1 + ((hour * 37) % 23)) * 90 * MEGABYTE,
          resumedFrom: 0,
          protected: false,
          digest: null,
          because: "",
          seconds: 300,
          attempts: 1,
        },
        isFailed ? "us-tape: STOR …: 426 Connection closed; transfer aborted." : "",
      );
    }
    await links.write(nowMs - hour * HOUR_MS);
  }
}
