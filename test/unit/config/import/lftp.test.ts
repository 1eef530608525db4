import { describe, expect, test } from "vitest";
import type { Imported, ImportedHost, ImportedJob } from "../../../../src/config/import/imported.ts";
import { type LftpContext, parseLftp } from "../../../../src/config/import/lftp/files.ts";
import { type LftpPattern, translate } from "../../../../src/config/import/lftp/filters.ts";
import { splitCommands } from "../../../../src/config/import/lftp/words.ts";
import { draftsOf } from "../../../../src/config/import/plan.ts";

const CONTEXT: LftpContext = {
  bookmarks: new Map([["edge", { address: "edge.example.org", user: "me", path: "pub" }]]),
  home: "/home/me",
  timeZone: "Europe/Berlin",
  script: (path) =>
    ({
      "/etc/nightly.lftp": "open edge\nmirror a /srv/a\n",
      "/etc/open.lftp": "open c\n",
      "/etc/own": "source /etc/own",
      "/etc/dollars": "open -u me,$PW a\nmirror $1 /c\n",
    })[path],
};
const read = (text: string, more: Partial<LftpContext> = {}): Imported =>
  parseLftp(text, { ...CONTEXT, ...more });
const jobOf = (text: string): ImportedJob | undefined => read(text).jobs[0];
const place = ({ host, path }: { readonly host?: ImportedHost; readonly path: string }) =>
  host === undefined ? path : `${host.settings.address}:${path}`;
const ends = (job: ImportedJob | undefined) => job && [...job.from.map(place), place(job.to)];
const leftOf = ({ notTaken }: Imported) => notTaken.map(({ line, what }) => `${line} ${what}`);

function ordersOf(words: readonly string[]): readonly (readonly string[])[] {
  if (words.length < 2) return [words];
  return words.flatMap((word) =>
    ordersOf(words.filter((one) => one !== word)).map((rest) => [word, ...rest]),
  );
}

test("words are what a shell makes of them", () => {
  const [first, second] = splitCommands(`A='x y'; lftp -u "$A,\\$B" -c 'a "b" \\' c\\ d$A # no\n`, "shell");
  expect(first?.words.map(({ text }) => text)).toEqual(["A=x y"]);
  expect(second?.words.map(({ text }) => text)).toEqual(["lftp", "-u", "x y,$B", "-c", 'a "b" \\', "c dx y"]);
  expect(second?.words.some(({ isExpanded }) => isExpanded)).toBe(false);
});

test("a variable that grows without bound is refused", () => {
  const text = `A=${"x".repeat(100)}\n${"A=$A$A\n".repeat(60)}lftp -c "$A"\n`;
  expect(() => read(text)).toThrow(/variables are too long/);
});

describe("source and target", () => {
  test.each([
    ["open a; mirror pub /srv", ["a:pub", "/srv"]],
    ["open a; mirror pub /srv/", ["a:pub", "/srv/pub"]],
    ["open a; mirror pub/ /srv/", ["a:pub", "/srv/"]],
    ["open a; cd /pub; mirror x/../y .", ["a:/pub/y", "."]],
    ["open a; lcd /srv; mirror /pub/x", ["a:/pub/x", "/srv/x"]],
    ["open a; lcd /srv; mirror", ["a:", "/srv"]],
    ["open a; lcd ~/x; mirror -R up", ["/home/me/x/up", "a:up"]],
    ["open a; mirror -R ~/out /in", ["/home/me/out", "a:/in"]],
    ["open ftp://a/x; mirror y /srv", ["a:x/y", "/srv"]],
    ["open ftp://a//x; mirror y /srv", ["a:/x/y", "/srv"]],
    ["open edge; mirror . /srv", ["edge.example.org:pub", "/srv"]],
    ["mirror ftp://a/x ftp://b/y", ["a:x", "b:y"]],
    ["open a; mirror -F x/y -O /srv", ["a:x/y", "/srv/y"]],
    ["open a; mirror -f x/*.iso -f y -O /srv", ["a:x/*.iso", "a:y", "/srv/"]],
    ["open a; mget -O /srv x/*.gz", ["a:x/*.gz", "/srv/"]],
    ["open a; get 'x[1]' -o /srv/y", ["a:x\\[1\\]", "/srv/y"]],
    ["open a; put -O in /srv/x", ["/srv/x", "a:in/"]],
  ])("%s", (text, expected) => expect(ends(jobOf(text))).toEqual(expected));
});

describe("options of mirror", () => {
  test.each([
    ["-e", { delete: true, maxDelete: "100%" }],
    ["-P 8", { parallel: 8 }],
    ["--parallel=3 -cv", { parallel: 3 }],
    ["--only-newer", { onExists: "newer" }],
    ["--only-mis", { onExists: "skip" }],
    ["--ignore-time -r", { compare: "size", maxDepth: 0 }],
    ["-N now-7days", { newerThan: "7d" }],
    ["--older-than='36 hours ago'", { olderThan: "2160m" }],
    ["--size-range=10k-2M", { minSize: "10KiB", maxSize: "2MiB" }],
    ["-pL", { links: "follow" }],
    ["-c", { permissions: true, permissionsMask: "6022" }],
    ["--no-umask", { permissions: true, permissionsMask: "6000" }],
    ["-s", { permissions: true, permissionsMask: "022" }],
  ])("%s", (options, keys) => expect(jobOf(`open a; mirror ${options} b /c`)?.keys).toMatchObject(keys));

  test("--allow-suid with --no-umask copies all permission bits", () => {
    const found = read("open a; mirror --allow-suid --no-umask b /c");
    expect(found.jobs[0]?.keys).toMatchObject({ permissions: true });
    expect(found.jobs[0]?.keys).not.toHaveProperty("permissionsMask");
    expect(found.notTaken).toEqual([]);
  });

  test.each([
    "--only-existing",
    "--ascii",
    "--exclude-glob-from=x",
    "--dry-run",
    "-N yesterday-ish",
    "--Move",
  ])("%s would do more than lftp here, so that there is no job", (option) => {
    const found = read(`open a\nmirror ${option} b /c`);
    expect(found.jobs).toEqual([]);
    expect(found.notTaken).toMatchObject([{ line: 2, what: "mirror", isLoss: true }]);
  });

  test("files that are removed at the source are copied, and deleted there when that is proven", () => {
    expect(jobOf("open a; mirror --Remove-source-files -P2 b /c")).toMatchObject({
      kind: "copy",
      from: [{ path: "b/**" }],
      to: { path: "/c/" },
      keys: { sourceAfter: "delete", parallel: 2, preserveTimes: true },
    });
    expect(jobOf("open a; mirror -r --Remove-source-files 'b[1]' /c")?.from).toMatchObject([
      { path: "b\\[1\\]/*" },
    ]);
    expect(jobOf("open a; mget -E b/* -O /c")?.keys).toMatchObject({ sourceAfter: "delete" });
  });

  test.each(["-e", "-N now-7days", "--size-range=1k-"])(
    "files that are removed at the source, with %s, would be others here, so that there is no job",
    (option) => {
      const found = read(`open a\nmirror --Remove-source-files ${option} b /c`);
      expect(found.jobs).toEqual([]);
      expect(found.notTaken).toMatchObject([{ line: 2, what: "mirror", isLoss: true }]);
    },
  );

  test.each([
    ["mirror --use-pget-n=4 b /c", 4],
    ["set mirror:use-pget-n 3; mirror b /c", 3],
    ["mirror --use-pget-n=99 b /c", 16],
    ["pget -n 8 b", 8],
    ["pget b", 5],
    ["pget -n 1 b", undefined],
    ["get b", undefined],
  ])("%s: each file in %s segments", (line, segments) =>
    expect(jobOf(`open a; ${line}`)?.keys["segments"]).toBe(segments),
  );

  test.each([
    ["set net:limit-total-rate 500k; mirror b /c", "500K"],
    ["set net:limit-rate 1M; mirror b /c", "1M"],
    ["set net:limit-rate 1M; mirror -P 3 b /c", "3M"],
    ["set net:limit-rate 1M:100k; mirror b /c", "1M"],
    ["set net:limit-rate 1M:100k; mirror -R /c b", "100K"],
    ["set net:limit-rate 2M; set net:limit-total-rate 3000000; mirror -P 3 b /c", "3000000"],
    ["set net:limit-rate 0:5000; mirror b /c", undefined],
    ["set net:limit-rate 1Mb; mirror b /c", "1000000"],
    ["set net:limit-rate 10k; get b -o /c", "10K"],
  ])("%s is held to bwlimit %s", (line, rate) =>
    expect(jobOf(`open a; ${line}`)?.keys["bwlimit"]).toBe(rate),
  );

  test("what cannot be imported is reported by name and line", () => {
    const found = read(
      "set net:limit-max 1M\nset x:y z\nopen a\nmirror --on-change='rm -rf /' --loop --frobnicate b /c\n!date",
    );
    expect(leftOf(found)).toEqual([
      ...[
        "1 set net:limit-max",
        "2 set x:y",
        "4 mirror --on-change",
        "4 mirror --loop",
        "4 mirror --frobnicate",
      ],
      "5 !",
    ]);
    expect(found.jobs).toHaveLength(1);
  });
});

describe("patterns", () => {
  const [x, i] = ["exclude", "include"] as const;
  const glob = (kind: LftpPattern["kind"], text: string): LftpPattern => ({ kind, form: "glob", text });
  const expression = (kind: LftpPattern["kind"], text: string): LftpPattern => ({
    kind,
    form: "expression",
    text,
  });

  test.each<[string, LftpPattern[], object]>([
    ["files", [glob(x, "*.tmp")], { rules: [{ exclude: "*.tmp" }], isFlat: false }],
    [
      "directories",
      [glob(x, ".git/"), glob(x, "a/b/")],
      { rules: [{ exclude: ".git/" }, { exclude: "**/a/b/" }] },
    ],
    ["all in a directory", [glob(x, "logs/*")], { rules: [{ exclude: "**/logs/*" }, { exclude: "logs/" }] }],
    ["braces", [glob(x, "{a}**")], { rules: [{ exclude: "\\{a\\}*" }] }],
    ["an expression", [expression(x, "\\.tmp$")], { rules: [{ exclude: "re:\\.tmp$" }] }],
    ["a directory at the top", [expression(x, "^logs/")], { rules: [{ exclude: "/logs/" }] }],
    ["a directory anywhere", [expression(x, "(^|/)\\.git/$")], { rules: [{ exclude: ".git/" }] }],
    ["an included directory", [expression(i, "^pub/")], { rules: [{ include: "pub/**" }] }],
    ["includes only", [glob(i, "*.csv")], { rules: [{ include: "*.csv" }], isFlat: false }],
    [
      "the last one decides",
      [glob(x, "*.csv"), glob(i, "a.csv")],
      { rules: [{ include: "a.csv" }, { exclude: "*.csv" }] },
    ],
    [
      "all but some",
      [glob(x, "*"), glob(i, "*.csv")],
      { rules: [{ include: "*.csv" }, { exclude: "*" }], isFlat: true },
    ],
    [
      "some but not all",
      [glob(i, "*.csv"), glob(x, "b.csv")],
      { rules: [{ exclude: "b.csv" }, { include: "*.csv" }, { exclude: "**" }] },
    ],
  ])("%s", (_, patterns, expected) => expect(translate(patterns)).toMatchObject(expected));

  test("directories that are excluded and included again are refused", () => {
    expect(translate([glob(x, "*"), glob(i, "pub/"), glob(i, "*.csv")]).refused).toBeDefined();
  });
});

describe("crontabs and shell scripts", () => {
  test("a line has its schedule, in the zone of the machine or CRON_TZ, and jobs follow one another", () => {
    const { jobs } = read(
      "15 2 * * 1-5 lftp -c 'open a && mirror b /c && mirror d /e; mirror f /g'\nCRON_TZ=UTC\n@midnight root lftp -c 'open a; mirror b /h'\n@reboot lftp -c 'open a; mirror b /i'\n",
    );
    expect(jobs.map(({ keys, after }) => [keys["schedule"], after?.on])).toEqual([
      [{ cron: "15 2 * * 1-5", timeZone: "Europe/Berlin" }, undefined],
      [undefined, "success"],
      [undefined, "always"],
      [{ cron: "@daily", timeZone: "UTC" }, undefined],
      [undefined, undefined],
    ]);
    const drafts = draftsOf([
      { file: "crontab", imported: read("0 1 * * * lftp -c 'open a; mirror b /c; mirror d /e'") },
    ]);
    expect(drafts.jobs.map(({ name, after, hosts }) => ({ name, after, hosts }))).toEqual([
      { name: "a-b", after: undefined, hosts: ["a"] },
      { name: "a-d", after: "a-b", hosts: ["a"] },
    ]);
  });

  test.each([
    ["0 1 * * * lftp -f /etc/nightly.lftp", ["edge.example.org:pub/a", "/srv/a"]],
    [
      "0 1 * * * cd /srv && /usr/bin/nice -n 19 lftp -u a,b c -e 'mirror d e; quit' >/dev/null 2>&1",
      ["c:d", "/srv/e"],
    ],
    ["0 1 * * * echo 'mirror d /e' | lftp ftp://a:b@c", ["c:d", "/e"]],
    ["0 1 * * * lftp c %mirror d /e%bye", ["c:d", "/e"]],
    ["#!/bin/sh\nHOST=c\nlftp -u a,b $HOST <<EOF\nlcd /srv\nmirror d e\nEOF\n", ["c:d", "/srv/e"]],
    ['#!/bin/bash\nexport HOST=\'c\' DIR=/e\nlftp -e "mirror d ${DIR}" "$HOST"', ["c:d", "/e"]],
    ["#!/usr/bin/lftp -f\nopen c\nmirror d /e", ["c:d", "/e"]],
  ])("%s", (text, expected) => expect(ends(jobOf(text))).toEqual(expected));

  test("a password in a variable stays there, and a command with another variable is reported", () => {
    const found = read("lftp -u me,$FTP_PASSWORD -e 'mirror a /b' c\nlftp -c \"open c; mirror $DIR /b\"\n");
    expect(found.hosts).toMatchObject([{ settings: { user: "me", passwordFrom: { env: "FTP_PASSWORD" } } }]);
    expect(found.hosts[0]?.password).toBeUndefined();
    expect(leftOf(found)).toEqual(["2 mirror"]);
  });

  test.each([
    ["lftp -u me,$PW -e 'mirror $x /b' c", "$x"],
    ["lftp -u me,$PW -c 'open c; mirror $x /b'", "$x"],
    ["lftp -u me,$PW -e 'cd $x; mirror y /b' c", "$x/y"],
    ["lftp -u me,$PW 'ftp://c/' -e 'mirror $x /b'", "$x"],
    ["lftp -e 'mirror $x /b' c <<EOF\nmirror $y /z\nEOF\n", "$x"],
    ["lftp -u me,$PW 'c$x' -e 'mirror $y /b'", "$y"],
  ])("a dollar in single quotes is itself, whatever the shell expands beside it: %j", (text, path) => {
    expect(read(text).jobs.map(({ from }) => from[0]?.path)).toEqual([path]);
  });

  test.each([
    ["lftp a <<EOF\ncd $DIR\nmirror b /c\nEOF\n", [], ["mirror"]],
    ["lftp a <<EOF\nlcd $1\ncd x\nmput y\nEOF\n", [], ["mput"]],
    ["lftp a <<EOF\ncd $DIR\ncd sub\nmirror b /c\nmirror /b /c\nEOF\n", ["/b"], ["mirror"]],
    ["lftp a <<EOF\ncd $DIR\ncd /x\nmirror b /c\nEOF\n", ["/x/b"], []],
    ["lftp <<EOF\nopen c\ncd $DIR\nopen a\nmirror b /c\nEOF\n", ["b"], []],
    ["lftp a <<'EOF'\ncd $DIR\nmirror b /c\nEOF\n", ["$DIR/b"], []],
  ])("a directory in a variable is not known: %j", (text, sources, left) => {
    const { jobs, notTaken } = read(text);
    expect(jobs.map(({ from }) => from[0]?.path)).toEqual(sources);
    expect(notTaken.map(({ what }) => what)).toEqual(left);
  });

  test.each([
    ["lftp -u me,x$Y a -e 'mirror b /c'", "password", ["open: its password has a variable"], 1],
    ["lftp -u me,${A}${B} a -e 'mirror b /c'", "password", ["open: its password has a variable"], 1],
    ["lftp <<EOF\nopen a\nuser me x$Y\nmirror b /c\nEOF\n", "password", ["user: its password has a"], 1],
    [
      "lftp -u $ME,secret a -e 'mirror b /c'",
      "user",
      ["open: its user has", "mirror: its server is not known"],
      0,
    ],
    [
      'lftp -u "x$Y,secret" a -e "mirror b /c"',
      "user",
      ["open: its user has", "mirror: its server is not"],
      0,
    ],
    ['lftp -u "$BOTH" a -e "mirror b /c"', "user", ["open: its user has", "mirror: its server is not"], 0],
    ["lftp --user $ME --password p a -e 'mirror b /c'", "user", ["open: its user has", "mirror: its"], 0],
    ["lftp <<EOF\nopen a\nuser $ME p\nmirror b /c\nEOF\n", "user", ["user: its user has", "mirror: its"], 0],
    ["lftp -p $PORT a -e 'mirror b /c'", "port", ["open: its port has", "mirror: its server is not"], 0],
    [
      "lftp ftp://$U:$P@a -e 'mirror b /c'",
      "URL",
      ["open: it has a variable", "mirror: its server is not known"],
      0,
    ],
    [
      'lftp -e "open -u me,$(cat pw) a; mirror b /c"',
      "command",
      ["open: it has a command", "mirror: its"],
      0,
    ],
    ["lftp -u me,$(cat pw) a -e 'mirror b /c'", "command", ["lftp: it has a command of the shell in it"], 0],
    ["lftp -u me,`cat pw` a -e 'mirror b /c'", "command", ["lftp: it has a command of the shell in it"], 0],
    [
      "lftp -u me,$(head -1 pw | tr -d x) a <<EOF\nmirror b /c\nEOF\n",
      "command",
      ["lftp: it has a command of the shell in it"],
      0,
    ],
    [
      "lftp `cat options` <<EOF\nmirror b /c\nEOF\n",
      "command",
      ["lftp: it has a command of the shell in it", "mirror: its server is not known"],
      0,
    ],
    ["lftp -u \"me,$(cat pw)\" a -e 'mirror b /c'", "command", ["open: its password has a variable or"], 1],
    ["lftp -u \"me,`cat pw`\" a -e 'mirror b /c'", "command", ["open: its password has a variable or"], 1],
    ["lftp -u me,$(pw) a -e 'mirror b /c'", "command", ["open: its password has a variable or"], 1],
    [
      'lftp a -e "mirror $(date +%F) /c; mirror b /c"',
      "command",
      ["mirror: it has a variable or a command"],
      1,
    ],
    [
      "lftp \"`cat host`\" -e 'mirror b /c'",
      "command",
      ["open: it has a variable or a command", "mirror: its server is not known"],
      0,
    ],
    ["lftp -u me,${PW:-a b} c -e 'mirror d /e'", "words", ["lftp: it has a variable or a command"], 0],
    ['lftp -u "me,$(cat "my pw")" a -e "mirror b /c"', "words", ["lftp: it has a command of the shell"], 0],
    ['lftp <<EOF\nopen -u "me,$(cat pw)" a\nmirror b /c\nEOF\n', "command", ["open: its password has"], 1],
    ["lftp a $PORT -e 'mirror b /c'", "port", ["open: its port has", "mirror: its server is not"], 0],
    ["lftp a -e 'mirror b /c' \"$PORT\"", "port", ["open: its port has", "mirror: its server is not"], 0],
    ["lftp -p $PORT a 2121 -e 'mirror b /c'", "port", ["open: its port has", "mirror: its server is"], 0],
    ["lftp -p 2121 a $MORE -e 'mirror b /c'", "port", ["open: its port has", "mirror: its server is"], 0],
    ["lftp -$FLAGS a -e 'mirror b /c'", "option", ["open: its option has", "mirror: its server is"], 0],
    ["lftp --user me --user $U a -e 'mirror b /c'", "user", ["open: its user has", "mirror: its"], 0],
    ["lftp --password secret --password x$Y a -e 'mirror b /c'", "password", ["open: its password has"], 1],
    ["lftp -u me,x$Y ftp://me:secret@a -e 'mirror b /c'", "password", ["open: its password has"], 1],
    ["lftp a/$DIR -e 'mirror b /c'", "path", ["open: its directory has a variable", "mirror: the dir"], 0],
    ["lftp ftp://a/$DIR -e 'mirror b /c'", "path", ["open: its directory has", "mirror: the dir"], 0],
    ["lftp ftp://a/x/$DIR -e 'mirror /b /c; cd /x; mirror d /e'", "path", ["open: its directory has"], 2],
    ["lftp ftp://$H/$DIR -e 'mirror /b /c'", "URL", ["open: it has a variable", "mirror: its server"], 0],
    ["lftp ab$X -e 'mirror /b /c'", "server", ["open: it has a variable", "mirror: its server is"], 0],
    ["lftp $X/b -e 'mirror /b /c'", "URL", ["open: it has a variable", "mirror: its server is"], 0],
    ["lftp ftp://me:x$Y@a/b -e 'mirror /b /c'", "URL", ["open: it has a variable", "mirror: its ser"], 0],
    [
      'lftp a -e "$COMMANDS; mirror b /c"',
      "name",
      ["command: it has a variable or a command", "mirror: commands before it are not known"],
      0,
    ],
    ['lftp a -e "mirror b /c; $COMMANDS"', "name, after it", ["command: it has a variable or a"], 1],
    ['lftp a -e "$COMMANDS; open c; mirror b /c"', "name, before", ["command: it has a variable or"], 1],
    [
      'lftp a -e "$COMMANDS; open c; mirror b d"',
      "name, before a local directory",
      ["command: it has a variable or a command", "mirror: commands before it are not known"],
      0,
    ],
    ['lftp a -e "source $S; mirror b /c"', "script", ["source: it has a", "mirror: commands before"], 0],
    ['lftp a -e "queue $C; mirror b /c"', "queued name", ["command: it has a", "mirror: commands before"], 0],
    ["lftp a -e 'source none; mirror b /c'", "no script", ["source: its script", "mirror: commands"], 0],
    [
      "lftp a <<EOF\nset ssl:ca-file $CA\nmirror b /c\nEOF\n",
      "setting",
      ["set ssl:ca-file: its value has"],
      1,
    ],
    [
      "lftp a <<EOF\nset ftp:charset $C\nmirror b /c\nEOF\n",
      "setting",
      ["set ftp:charset: its value has"],
      1,
    ],
    ["lftp a <<EOF\nset ssl-force $S\nmirror b /c\nEOF\n", "setting", ["set ssl-force: its value has"], 1],
    ["lftp a <<EOF\nset $NAME yes\nmirror b /c\nEOF\n", "setting", ["set: it has a variable"], 1],
    ["lftp a <<EOF\nset net:idle $I\nmirror b /c\nEOF\n", "setting without effect", [], 1],
  ])("what a variable hides is reported, and never taken literally: %j", (text, _, left, jobs) => {
    const found = read(text);
    expect(found.notTaken.map(({ what, because }) => `${what}: ${because}`)).toEqual(
      left.map((one): unknown => expect.stringContaining(one)),
    );
    expect(found.notTaken.every(({ isLoss }) => isLoss)).toBe(true);
    expect(found.jobs).toHaveLength(jobs);
    expect(found.hosts.map(({ password }) => password).filter(Boolean)).toEqual([]);
    expect(JSON.stringify([found.hosts, found.jobs])).not.toContain("$");
    expect(JSON.stringify(found.notTaken)).not.toContain("secret");
  });

  describe("options whose values are not known are all reported, in any order", () => {
    const password = "open: its password has";
    const lost = (what: string) => [`open: its ${what} has`, "mirror: its server is not known"];
    test.each([
      ["--user $U", "--password x$Y", "a", ["open: its user has", password, lost("user")[1]]],
      ["-p $PORT", "-u me,x$Y", "a", ["open: its port has", password, lost("port")[1]]],
      ["-p $PORT", "--user $U", "a", ["open: its user has", "open: its port has", lost("port")[1]]],
      ["--user $U", "--password secret", "a", lost("user")],
      ["--user $U", "--env-password", "a", lost("user")],
      ["-p $PORT", "-u me,secret", "a", lost("port")],
      ["-p 2121", "-u me,x$Y", "a", [password]],
      ["--user me", "--password x$Y", "a", [password]],
    ])("%s %s %s", (one, two, three, left) => {
      for (const options of ordersOf([one, two, three, '-e "mirror b /c"'])) {
        const found = read(`lftp ${options.join(" ")}`);
        const told = found.notTaken.map(({ what, because }) => `${what}: ${because}`);
        expect(told, options.join(" ")).toEqual(
          left.map((text): unknown => expect.stringContaining(text ?? "")),
        );
        expect(found.notTaken.every(({ isLoss }) => isLoss)).toBe(true);
        const isKnown = left.length === 1;
        expect(found.hosts).toHaveLength(isKnown ? 1 : 0);
        expect(found.jobs).toHaveLength(isKnown ? 1 : 0);
        if (isKnown) expect(found.hosts).toMatchObject([{ settings: { address: "a", user: "me" } }]);
        expect(JSON.stringify(found.notTaken)).not.toContain("secret");
      }
    });
  });

  test.each([
    ["--user $U --user me", { user: "me" }, undefined],
    ["-p $PORT -p 2121", { port: 2121 }, undefined],
    ["-u me,x$Y --password new", { user: "me" }, "new"],
    ["-u me,x$Y --env-password", { user: "me", passwordFrom: { env: "LFTP_PASSWORD" } }, undefined],
    ["-u me,old --env-password", { user: "me", passwordFrom: { env: "LFTP_PASSWORD" } }, undefined],
    ["--env-password -u me,new", { user: "me" }, "new"],
  ])("of two values the last one counts: %s", (options, settings, password) => {
    const found = read(`lftp ${options} a -e 'mirror b /c'`);
    expect(found.notTaken).toEqual([]);
    expect(found.hosts[0]?.settings).toEqual({ address: "a", ...settings });
    expect(found.hosts[0]?.password).toBe(password);
  });

  test("a setting whose value is not known does not leave the one before in place", () => {
    const script = "lftp a <<EOF\nset ssl:ca-file /old\nset ssl:ca-file $CA\nmirror b /c\nEOF\n";
    expect(read(script).hosts[0]?.settings).toEqual({ address: "a" });
  });

  test.each([
    ["open sftp://a:b@c", "fxpd does not support the protocol of its server"],
    ["open 'a b'", "fxpd cannot read the name of its server"],
    ["open ftp://a:99999/", "fxpd cannot read the name of its server"],
    ["close", "no server is open"],
  ])("why there is no server for a command: %s", (opening, because) => {
    const { notTaken } = read(`${opening}\nmirror b /c\n`);
    expect(notTaken.at(-1)).toMatchObject({ what: "mirror", because });
  });

  test("a login of its own replaces the one before, whole", () => {
    const script = "lftp <<EOF\nopen -u me,old a\nuser you $PW\nmirror b /c\nEOF\n";
    const [host] = read(script).hosts;
    expect(host?.settings).toMatchObject({ user: "you", passwordFrom: { env: "PW" } });
    expect(host?.password).toBeUndefined();
  });

  test("servers of other protocols are reported, and their jobs are not imported", () => {
    const found = read("open sftp://a:b@c\nmirror d /e\nopen f\nmirror d /e\n");
    expect(leftOf(found)).toEqual(["1 open", "2 mirror"]);
    expect(found.jobs).toHaveLength(1);
    expect(JSON.stringify(found.notTaken)).not.toContain("b@c");
  });

  test.each([
    ["set ftp:ssl-force yes; set ssl:verify-certificate no", { tls: { policy: "required", verify: false } }],
    ["set ftp:ssl-allow no; set ftp:passive-mode off", { tls: "off", dataOpening: "active" }],
    ["set ssl:ca-file /etc/ca.pem", { tls: { policy: "prefer", caFile: "/etc/ca.pem" } }],
    [
      "set net:connection-limit 2; set ftp:charset windows-1251",
      { limits: { connections: 2 }, charset: "windows-1251" },
    ],
  ])("%s", (settings, host) => {
    expect(read(`${settings}; open a; mirror b /c`).hosts[0]?.settings).toMatchObject(host);
  });
});

describe("commands that lftp gets from elsewhere", () => {
  test.each([
    ["a file as its input", "cd /etc && lftp < nightly.lftp", ["edge.example.org:pub/a", "/srv/a"]],
    ["a file through a pipe", "cat /etc/nightly.lftp | lftp", ["edge.example.org:pub/a", "/srv/a"]],
    ["text through a pipe", "printf 'open a\\nmirror b /c\\n' | lftp", ["a:b", "/c"]],
    [
      "a file that the shell has written",
      'S=/tmp/s\ncat > $S <<EOF\nopen a\nmirror b /c\nEOF\nlftp -f "$S"\n',
      ["a:b", "/c"],
    ],
    ["a here-document as its file", "lftp -f /dev/stdin <<EOF\nopen a\nmirror b /c\nEOF\n", ["a:b", "/c"]],
    ["an indented here-document", "\tlftp -u x,y a <<-EOF\n\t\tmirror b /c\n\tEOF\n", ["a:b", "/c"]],
    ["a quoted here-document", "B=d\nlftp a <<'EOF'\nmirror b /c\nEOF\n", ["a:b", "/c"]],
    ["another script", "source /etc/open.lftp\nmirror b /c\n", ["c:b", "/c"]],
    ["names cut short, and other names", "con a\nmir b /c\nexi\n", ["a:b", "/c"]],
    [
      "options that look like a crontab's times",
      "lftp -p 2121 -u x,y a <<EOF\nmirror b /c\nEOF\n",
      ["a:b", "/c"],
    ],
  ])("%s", (_, text, expected) => {
    const found = read(text);
    expect(ends(found.jobs[0])).toEqual(expected);
    expect(found.notTaken).toEqual([]);
  });

  test.each([
    [
      "echo, twice",
      'echo "open a; mirror b /c" > s\necho "open a; mirror d /e" >> s\nlftp -f s\n',
      ["b", "d"],
    ],
    [
      "a here-document after echo",
      "echo open a 1> s\ncat >> s <<EOF\nmirror b /c\nmirror d /e\nEOF\nlftp -f s\n",
      ["b", "d"],
    ],
    ["a file that is not there yet", "rm -f s\necho open a >> s\necho mirror b /c >> s\nlftp < s\n", ["b"]],
    ["an emptied file", "echo mirror x /y > s\n: > s\necho 'open a; mirror b /c' >> s\nlftp -f s\n", ["b"]],
    [
      "nothing but a redirection",
      "echo mirror x /y > s\n> s\necho 'open a; mirror b /c' >> s\nlftp -f s\n",
      ["b"],
    ],
    [
      "a file that was deleted between",
      "echo 'open a; mirror b /c' >> s\nlftp -f s\nrm s\necho 'open a; mirror d /e' >> s\nlftp -f s\n",
      ["b", "d"],
    ],
    ["several files in one", "echo open a > s\necho mirror b /c > t\ncat s t > u\nlftp -f u\n", ["b"]],
    ["a crontab's line", "0 1 * * * echo 'open a' > s; echo 'mirror b /c' >> s; lftp -f s\n", ["b"]],
  ])("a script that the shell writes in parts: %s", (_, text, sources) => {
    const found = read(text);
    expect(found.jobs.map(({ from }) => from[0]?.path)).toEqual(sources);
    expect(found.notTaken).toEqual([]);
  });

  test.each([
    ["lftp -f", "cat > /tmp/s <<EOF\nopen -u me,$PW a\nmirror b /c\nmirror $1 /x\nEOF\nlftp -f /tmp/s\n"],
    ["its input", "cat > /tmp/s <<EOF\nopen -u me,$PW a\nmirror b /c\nmirror $1 /x\nEOF\nlftp < /tmp/s\n"],
    [
      "source",
      "cat > /tmp/s <<EOF\nopen -u me,$PW a\nmirror b /c\nmirror $1 /x\nEOF\nlftp -c 'source /tmp/s'\n",
    ],
    ["a pipe", 'echo "open -u me,$PW a; mirror b /c; mirror $1 /x" > s\ncat s | lftp\n'],
    ["echo", 'echo "open -u me,$PW a; mirror b /c; mirror $1 /x" > s\nlftp -f s\n'],
    ["parts", 'echo "open -u me,$PW a" > s\necho "mirror b /c; mirror $1 /x" >> s\nlftp -f s\n'],
  ])("variables that the shell replaces in a script that it writes: %s", (_, text) => {
    const found = read(text);
    expect(found.hosts).toMatchObject([{ settings: { user: "me", passwordFrom: { env: "PW" } } }]);
    expect(found.hosts[0]?.password).toBeUndefined();
    expect(found.jobs.map(({ from }) => from[0]?.path)).toEqual(["b"]);
    expect(found.notTaken).toMatchObject([{ what: "mirror", isLoss: true }]);
  });

  test.each([
    ["a quoted here-document", "lftp <<'EOF'\nopen -u me,$PW a\nmirror $1 /c\nEOF\n"],
    ["a quoted here-document in a file", "cat > s <<'EOF'\nopen -u me,$PW a\nmirror $1 /c\nEOF\nlftp -f s\n"],
    ["single quotes", "echo 'open -u me,$PW a; mirror $1 /c' | lftp\n"],
    ["a file that is there", "lftp < /etc/dollars\n"],
    ["a crontab's input", "0 1 * * * lftp %open -u me,$PW a%mirror $1 /c\n"],
  ])("a dollar that no shell replaces is itself: %s", (_, text) => {
    const found = read(text);
    expect(found.hosts).toMatchObject([{ password: "$PW" }]);
    expect(ends(found.jobs[0])).toEqual(["a:$1", "/c"]);
  });

  test("a script that runs itself is refused", () => {
    expect(() => read("source /etc/own")).toThrow(/too many scripts/);
  });

  test("a password in the environment of the script", () => {
    const found = read('export LFTP_PASSWORD=hush\nlftp -c "open -u me --env-password a; mirror b /c"');
    expect(found.hosts[0]).toMatchObject({ password: "hush", settings: { user: "me" } });
  });

  test("directories that are made are nothing lost; a word that is no command is not shown", () => {
    const found = read("open a\nmkdir -p x\nqueue mirror b /c\nqueue start\nhunter2 y\n");
    expect(found.notTaken).toMatchObject([
      { line: 2, what: "mkdir" },
      { line: 5, what: "command", isLoss: true },
    ]);
    expect(found.notTaken[0]).not.toHaveProperty("isLoss");
  });
});

test.each([
  ["mirror --only-missing --only-newer b /c", "skip"],
  ["mirror --only-newer --only-missing b /c", "skip"],
  ["get b", "fail"],
  ["get -e b", undefined],
])("%s: what is there already: %s", (line, onExists) => {
  expect(jobOf(`open a; ${line}`)?.keys["onExists"]).toBe(onExists);
});

test.each([
  ["mirror --Remove-source-files b /c", /deletes them at the source.*exclude: "\.\*"/],
  ["mirror -R --delete /c b", /deletes them at the target.*exclude: "\.\*"/],
  ["mirror -e b /c", /copies them, and keeps them at the target.*exclude: "\.\*"/],
  ["mirror -e ftp://b/c ftp://d/e", /deletes them at the target/],
])("%s: what is different for hidden files is told once", (line, because) => {
  const { jobs, notTaken } = read(`open a\n${line}\n${line}x\n`);
  expect(jobs).toHaveLength(2);
  expect(notTaken).toMatchObject([
    { line: 2, what: "hidden files", because: expect.stringMatching(because) },
  ]);
  expect(notTaken[0]).not.toHaveProperty("isLoss");
});

test.each([
  "set ftp:list-options -a; mirror --Remove-source-files b /c",
  "set list-options -la; mirror -R -e /c b",
  "mirror -R --Remove-source-files /c b",
  "mirror b /c",
])("%s: nothing is said of hidden files", (line) => {
  const { jobs, notTaken } = read(`open a; ${line}`);
  expect(jobs).toHaveLength(1);
  expect(notTaken).toEqual([]);
});

test.each([
  ["mget b/*.gz", [{ exclude: ".*" }]],
  ["mget -E .b/*", [{ exclude: ".*" }]],
  ["mput -O in ./*", [{ exclude: ".*" }]],
  ["mget .h*", undefined],
  ["mget b/* .htaccess", undefined],
  ["mget b", undefined],
  ["get b", undefined],
])("%s: wildcards match hidden files only where the pattern has the dot", (line, rules) =>
  expect(jobOf(`open a; ${line}`)?.keys["rules"]).toEqual(rules),
);

test("a name that is excluded without a slash is told: lftp excludes only files by it", () => {
  expect(leftOf(read("open a\nmirror -X .git -X logs/ -X '*.tmp' b /c"))).toEqual([
    "2 mirror --exclude-glob .git",
  ]);
});

test("a dot in an expression for directories stands for any letter", () => {
  expect(translate([{ kind: "exclude", form: "expression", text: ".git/" }]).rules).toEqual([
    { exclude: "*?git/" },
    { exclude: "**/*/git/" },
  ]);
  expect(translate([{ kind: "exclude", form: "expression", text: "^a.b/" }]).rules).toEqual([
    { exclude: "/a?b/" },
    { exclude: "a/b/" },
  ]);
});

test.each([
  ["open a; eval 'open b'; mirror /c /d", []],
  ["open a; parallel < list; mirror /c /d", []],
  ["open a; alias go 'open b'; go; mirror /c /d", []],
  ["open a; alias w 'open b'; w; mirror /c /d", []],
  ["open a; alias mirror 'open b'; mirror /c /d; open e; command mirror /f /g", ["e:/f"]],
  ["open a; alias go 'open b'; mirror /c /d", ["a:/c"]],
  ["open a; at 03:00; mirror /c /d", ["a:/c"]],
  ["open a; slot two; mirror /c /d; open b; mirror /e /f", ["b:/e"]],
  ["open a; scache 1; mirror /c /d", []],
  ["open a; slot; scache; mirror /c /d", ["a:/c"]],
] as const)(
  "commands that run others, which are not read, may have opened another server: %s",
  (text, sources) => {
    expect(read(text).jobs.flatMap(({ from }) => from.map(place))).toEqual(sources);
  },
);

test("any unknown name may be an alias where one has a variable in it", () => {
  const found = read(`lftp -e "alias go \\"open $H\\"; open b; go; mirror /x /y"`);
  expect(found.jobs).toEqual([]);
});
