import { execFile } from "node:child_process";
import { chmod, cp, mkdir, readdir, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { lftpProgram } from "../bench/clients/lftp.ts";
import { type RunningServer, startServers } from "../servers/index.ts";
import type { Desk } from "../support/desk.ts";
import { deskHere } from "../support/desk-here.ts";
import { differenceOf, timeDifferenceOf } from "../support/trees.ts";

const run = promisify(execFile);

/** What is to be mirrored: names that patterns of the lines below choose, or nearly. */
const SOURCE = [
  ...["a.csv", "b.tmp", "c.iso", "readme", "sub/d.csv", "sub/e.tmp", "sub/deep/f.iso", "logs/g", "logs/in/h"],
  ...[".git/config", "top.git", ".nfs0001", "sub/logs/j", "old.csv"],
];
/** What a target has before: files that differ, are newer, are equal, and that the source lacks. */
const TARGET = ["a.csv", "c.iso", "gone", "sub/gone.csv", "logs/kept"];

let started: Awaited<ReturnType<typeof startServers>>;
let desk: Desk;
let lftp: Awaited<ReturnType<typeof lftpProgram>>;
async function grow(root: string, names: readonly string[], text: string, time: Date): Promise<void> {
  await mkdir(root, { recursive: true });
  await chmod(root, 0o777);
  for (const name of names) {
    const path = join(root, name);
    for (const directory of directoriesOf(name)) {
      await mkdir(join(root, directory), { recursive: true });
      await chmod(join(root, directory), 0o777);
    }
    await writeFile(path, `${text} ${name}`);
    await chmod(path, 0o666);
    const at = name.startsWith("old") ? new Date("2020-02-02T12:00:00Z") : time;
    await utimes(path, at, at);
  }
}

const directoriesOf = (name: string): readonly string[] =>
  name.includes("/") ? [...directoriesOf(dirname(name)), dirname(name)] : [];

// Listings by LIST have no seconds, and of old files only the day: lftp takes the middle.
const NOW = new Date(Math.floor(Date.now() / 60_000 - 60) * 60_000 + 30_000);
const BEFORE = new Date(NOW.getTime() - 86_400_000);

beforeAll(async () => {
  lftp = await lftpProgram();
  started = await startServers([
    { family: "vsftpd" },
    { family: "proftpd" },
    { family: "pure-ftpd", tls: "explicit" },
  ]);
  desk = await deskHere();
  for (const server of started.servers) {
    await grow(join(server.root, "pub"), SOURCE, "source of", NOW);
    if (server.family !== "pure-ftpd") await symlink("a.csv", join(server.root, "pub/link"));
  }
  await grow(join(desk.path, "out"), SOURCE, "local", NOW);
});
afterAll(async () => {
  await started[Symbol.asyncDispose]();
  await desk[Symbol.asyncDispose]();
});

interface Scene {
  readonly one: RunningServer;
  readonly two: RunningServer;
  readonly tls: RunningServer;
  /** A directory on this machine that may be written. */
  readonly here: string;
}

const login = ({ user, password }: RunningServer) => `-u ${user},${password}`;
const url = ({ user, password, address, port }: RunningServer) =>
  `ftp://${user}:${password}@${address}:${port}`;
const place = ({ address, port }: RunningServer) => `-p ${port} ${address}`;

interface Kind {
  readonly kind: string;
  /** A line of a crontab; or a script of a shell, which has several. */
  readonly line: (scene: Scene) => string;
  /** The directory that is written. */
  readonly target: (scene: Scene) => string;
  /** A source that is its own, since files are to leave it. */
  readonly source?: (scene: Scene) => string;
  /** How many jobs it becomes; default 1. */
  readonly jobs?: number;
  /** Files beside. */
  readonly script?: (scene: Scene) => string;
}

/**
 * A line of each kind that stands in public crontabs, deployment scripts and tutorials, with addresses of the lab; scripts
 * come last.
 */
const LINES: readonly Kind[] = [
  {
    kind: "a download that deletes, with -u, -e and quit",
    line: ({ one, here }) =>
      `15 2 * * * lftp ${login(one)} -e "set ftp:list-options -a; mirror -c -e -v --parallel=4 pub ${here}; quit" ${place(one)} >/dev/null 2>&1`,
    target: ({ here }) => here,
  },
  {
    kind: "an upload with globs left out, behind cd",
    line: ({ two }) =>
      `@daily cd ${desk.path} && lftp -c "open ${login(two)} ${place(two)}; mirror -R --delete --exclude-glob '*.tmp' -X .git/ -X logs/* out up2"`,
    target: ({ two }) => join(two.root, "up2"),
  },
  {
    kind: "one server to another by URLs",
    line: ({ one, two }) =>
      `0 3 * * 1 lftp -c "set ftp:use-fxp yes; set ftp:list-options -a; mirror -e -p --no-symlinks ${url(one)}/pub ${url(two)}/in3"`,
    target: ({ two }) => join(two.root, "in3"),
  },
  {
    kind: "a script of its own",
    line: () => `*/5 * * * * root /usr/bin/nice -n 19 lftp -f ${desk.path}/mirror.lftp`,
    script: ({ one, here }) =>
      `# nightly\nset net:timeout 20\nset ftp:list-options -a\nset net:max-retries 3\nopen ${url(one)}\nlcd ${here}\ncd pub\nmirror --verbose \\\n  --ignore-time -x '\\.tmp$' -x ^logs/\nbye\n`,
    target: ({ here }) => here,
  },
  {
    kind: "commands on standard input, behind a percent sign",
    line: ({ one, here }) =>
      `5 4 * * * lftp %open ${one.address}:${one.port}%user ${one.user} ${one.password}%set ftp:list-options -a%mirror --only-missing pub ${here}%quit`,
    target: ({ here }) => here,
  },
  {
    kind: "echo into lftp, newer files only",
    line: ({ two, here }) =>
      `10 * * * 1-5 echo "open ${login(two)} ${place(two)}; mirror -n --no-symlinks pub ${here}" | lftp`,
    target: ({ here }) => here,
  },
  {
    kind: "TLS with an authority, without subdirectories",
    line: ({ tls, here }) =>
      `30 1 1 * * lftp -c 'set ftp:ssl-force true; set ssl:ca-file "${tls.caFile}"; open ${login(tls)} ${place(tls)}; mirror -r pub ${here}'`,
    target: ({ here }) => here,
  },
  {
    kind: "includes only, by glob and by expression",
    line: ({ one, here }) =>
      `0 0 * * 0 lftp ${url(one)} -e "set list-options -a; mirror -p -I '*.csv' -i '\\.iso$' pub ${here} && exit"`,
    target: ({ here }) => here,
  },
  {
    kind: "recent files only, into a directory that gets the name of the source",
    line: ({ one, here }) =>
      `USER=${one.user} PASS=${one.password}; lftp -u "$USER","$PASS" -e "set ftp:list-options -a; mirror --newer-than=now-7days --no-perms pub ${here}/; bye" ${place(one)}`.replace(
        /^/,
        "0 6 * * * ",
      ),
    target: ({ here }) => here,
  },
  {
    kind: "files that leave the source, held to a rate",
    line: ({ one, here }) =>
      `0 4 * * * lftp -c "set ftp:list-options -a; set net:limit-total-rate 5M; open ${url(one)}; mirror --Remove-source-files --exclude-glob '*.tmp' leaving ${here}"`,
    source: ({ one }) => join(one.root, "leaving"),
    target: ({ here }) => here,
  },
  {
    kind: "files by mget and get, in one script",
    jobs: 2,
    line: ({ two, here }) =>
      `45 23 * * * lftp -c "set xfer:clobber yes && open ${url(two)}/pub && mget -O ${here} *.csv && get readme -o ${here}/read.me"`,
    target: ({ here }) => here,
  },
  {
    kind: "files by mput, with options that are joined to their values",
    line: ({ two }) =>
      `#!/bin/bash\nEXPORT=${desk.path}/out\nFTPLOGIN=${two.user}\nFTPPASSWD='${two.password}'\n\nlftp -u$FTPLOGIN --password "$FTPPASSWD" -p ${two.port} ${two.address} -e "lcd $EXPORT; cd up12; mput *.csv; exit;";\n`,
    target: ({ two }) => join(two.root, "up12"),
  },
  {
    kind: "files by mput into a new directory, in a here-document",
    jobs: 2,
    line: ({ two }) =>
      `#!/bin/sh\nPANEL=${desk.path}/out\nREMOTE=up13/new\nlftp -u "${two.user}","${two.password}" -p ${two.port} "${two.address}" << EOF\nset ssl:verify-certificate no\nmkdir -p $REMOTE\ncd $REMOTE\nmput -O . $PANEL/readme $PANEL/c.iso\nput $PANEL/a.csv -o b.csv\nbye\nEOF\n`,
    target: ({ two }) => join(two.root, "up13"),
  },
  {
    kind: "segments by pget",
    line: ({ one, here }) =>
      `#!/bin/bash\nlftp ${login(one)} ${place(one)} -e 'set net:timeout 10; pget -n 10 pub/c.iso -o ${here}/d.iso; bye'\n`,
    target: ({ here }) => here,
  },
  {
    kind: "patterns of mget that && joins, by a script that the shell writes",
    line: ({ one, here }) =>
      `#!/bin/bash\nSCRIPT=${desk.path}/get.lftp\ncat > $SCRIPT <<EOL\nopen ${login(one)} ${place(one)} && cd pub && mget -O ${here} old* sub/*.csv\nEOL\nlftp -f $SCRIPT && rm $SCRIPT\n`,
    target: ({ here }) => here,
  },
  {
    kind: "a deployment in a here-document: connect, lcd, cd, and a mirror back of the current directories",
    line: ({ two }) =>
      `#!/bin/sh -e\nDIST_DIR=${desk.path}/out\nlftp <<-EOF\n\tset ftp:ssl-allow no\n\tset net:max-retries 2\n\tconnect ${login(two)} ${place(two)}\n\tmkdir -pf up16\n\tcd up16\n\tlcd $DIST_DIR\n\tmirror --reverse --verbose --delete --parallel=5 --no-perms --exclude .git/ --exclude-glob logs/\n\tquit\nEOF\n`.replace(
        "\nEOF",
        "\n\tEOF",
      ),
    target: ({ two }) => join(two.root, "up16"),
  },
];

/** Of each file that was not there before, its mode and its path: lftp writes into those that were. */
async function modesIn(root: string): Promise<readonly string[]> {
  const { stdout } = await run("find", [root, "-type", "f", "-printf", "%m %P\n"]);
  return stdout
    .split("\n")
    .filter((line) => !TARGET.some((name) => line.endsWith(` ${name}`)))
    .sort();
}

const isScript = (line: string) => line.startsWith("#!");

/** Runs a line as cron does, a script as its shell does. */
async function runAsBefore(line: string, index: number): Promise<void> {
  if (!isScript(line)) return runByCron(line);
  const path = join(desk.path, `script${index}.sh`);
  await run("/bin/bash", [path], { cwd: desk.path, env: environment() });
}

/** Of lftp; its umask is the usual one. */
const environment = () => ({
  ...process.env,
  ...lftp.env,
  PATH: `${dirname(lftp.program)}:${process.env["PATH"]}`,
  HOME: desk.path,
});

/** Runs the command of a line as cron does: what stands behind the first percent sign is its input. */
async function runByCron(line: string): Promise<void> {
  const command = line.replace(/^(@\w+|(\S+\s+){4}\S+)\s+(root\s+)?/, "");
  const [program = "", ...input] = command.split("%");
  const child = run("/bin/sh", ["-c", program], { cwd: desk.path, env: environment() });
  child.child.stdin?.end(input.join("\n"));
  await child;
}

describe("a crontab line or a script of lftp that is imported does what lftp does", () => {
  /** Names of jobs, in the order of the lines that they come from. */
  let jobs: readonly string[] = [];
  const sceneOf = (index: number): Scene => {
    const [one, two, tls] = started.servers as [RunningServer, RunningServer, RunningServer];
    return { one, two, tls, here: join(desk.path, `here${index}`) };
  };

  beforeAll(async () => {
    const lines = LINES.map(({ line }, index) => line(sceneOf(index)));
    for (const [index, { script }] of LINES.entries())
      if (script !== undefined) await writeFile(join(desk.path, "mirror.lftp"), script(sceneOf(index)));
    const crontab = ["MAILTO=ops@example.org", ...lines.filter((line) => !isScript(line))];
    await writeFile(join(desk.path, "crontab"), `${crontab.join("\n")}\n`);
    const scripts: string[] = [];
    for (const [index, line] of lines.entries())
      if (isScript(line))
        await writeFile(join(desk.path, scripts[scripts.push(`script${index}.sh`) - 1] ?? ""), line);
    const imported = await desk.fxpd("import", "crontab", ...scripts, "--json");
    expect(imported).toMatchObject({ status: 0, summary: { outcome: "succeeded" } });
    for (const { password } of started.servers) expect(imported.out).not.toContain(password);
    jobs = imported.events.filter(({ kind }) => kind === "job").map(({ name }) => String(name));
    expect(jobs).toHaveLength(LINES.reduce((sum, one) => sum + (one.jobs ?? 1), 0));
    expect((await readdir(join(desk.path, "jobs"))).sort()).toEqual(
      jobs.map((name) => `${name}.yaml`).sort(),
    );
    expect(await desk.fxpd("check")).toMatchObject({ status: 0, err: "" });
  });

  test.each(LINES.map((line, index) => ({ ...line, index })))(
    "$kind",
    async ({ line, target, source, index }) => {
      const scene = sceneOf(index);
      const written = [target(scene), ...(source === undefined ? [] : [source(scene)])];
      const begin = async () => {
        await grow(target(scene), TARGET, "target of", BEFORE);
        if (source !== undefined) await grow(source(scene), SOURCE, "source of", NOW);
      };
      await begin();
      await runAsBefore(line(scene), index);
      const byLftp = (at: number) => join(desk.path, `by lftp ${index} ${at}`);
      for (const [at, path] of written.entries()) {
        await cp(path, byLftp(at), { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
        await rm(path, { recursive: true });
      }

      await begin();
      const before = LINES.slice(0, index).reduce((sum, one) => sum + (one.jobs ?? 1), 0);
      const own = jobs.slice(before, before + (LINES[index]?.jobs ?? 1));
      for (const job of own) expect(await desk.fxpd("run", job)).toMatchObject({ status: 0 });
      for (const [at, path] of written.entries())
        expect(await differenceOf(byLftp(at), path)).toBeUndefined();
      if (target(scene) !== scene.here) return;
      // At a server, the files that were there before belong to somebody else, so that lftp can set neither.
      expect(await timeDifferenceOf(byLftp(0), scene.here)).toBeUndefined();
      expect(await modesIn(scene.here)).toEqual(await modesIn(byLftp(0)));
    },
  );
});
