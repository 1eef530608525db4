import { describe, expect, test } from "vitest";
import { COMMANDS } from "../../../src/console/command-table.ts";
import { exampleOf } from "../../../src/console/examples.ts";
import type { Session } from "../../../src/console/session.ts";
import { connected, play, type Played, type World } from "../../support/console-world.ts";

/** What lines of one command do; what is not said is not looked at. */
interface Row {
  readonly command: string;
  readonly lines: readonly string[];
  readonly world?: World;
  readonly from?: Session;
  readonly sent?: readonly string[];
  readonly moved?: readonly string[];
  readonly questions?: readonly string[];
  readonly out?: string;
  readonly err?: string;
  /** Commands that fail; the exit status is 1 for one or more of them. */
  readonly failures?: number;
}

const terminal = connected("first", { isScript: false });
const quiet = connected("first", { toggles: { ...connected().toggles, prompt: false } });
const both = connected("both");
const refused = (verb: string, reply: string): World => ({ replies: { [verb]: reply } });

const ROWS: readonly Row[] = [
  // Connection and login.
  { command: "open", lines: ["close", "open"], world: { answers: ["next"] }, questions: ["(to) "] },
  { command: "open", lines: ["open x"], failures: 1, err: "Already connected to one, use close first.\n" },
  { command: "open", lines: ["close", "open x 70000"], failures: 1, err: "is not a port" },
  { command: "open", lines: ["close", "open x telnet"], failures: 1, err: '"telnet" is not a port' },
  { command: "close", lines: ["close", "close"], sent: ["QUIT"], failures: 1, err: "Not connected.\n" },
  { command: "disconnect", lines: ["disconnect"], sent: ["QUIT"], failures: 0 },
  { command: "quit", lines: ["quit"], from: both, sent: ["2:QUIT", "QUIT"], failures: 0 },
  { command: "exit", lines: ["exit"], sent: ["QUIT"], failures: 0 },
  {
    command: "user",
    lines: ['user me "two words"', 'user me "a$b"', 'user me ""'],
    world: refused("USER", "331 password"),
    sent: ["USER me", "PASS two words", "USER me", "PASS a$b", "USER me", "PASS "],
    questions: [],
    failures: 0,
  },
  {
    command: "user",
    lines: ["user me"],
    world: { ...refused("USER", "331 password"), answers: ["typed"] },
    questions: ["Password: (hidden)"],
  },
  {
    command: "user",
    lines: ["user me pw"],
    world: { replies: { USER: "332 account" }, answers: ["acct"] },
    sent: ["USER me", "ACCT acct"],
    questions: ["Account: (hidden)"],
    failures: 0,
  },
  {
    command: "account",
    lines: ["account"],
    world: { answers: ["acct"] },
    sent: ["ACCT acct"],
    questions: ["Account: (hidden)"],
  },
  { command: "account", lines: ["account word"], sent: ["ACCT word"], questions: [] },
  { command: "reinitialise", lines: ["reinitialise"], sent: ["REIN"], failures: 0 },
  { command: "reset", lines: ["reset"], sent: ["NOOP"], failures: 0 },
  // Representation.
  { command: "image", lines: ["image"], sent: ["TYPE I"], failures: 0 },
  { command: "type", lines: ["type"], sent: [], out: "Using binary mode to transfer files.\n" },
  { command: "type", lines: ["type nothing"], sent: [], failures: 1, err: "is not one of" },
  { command: "mode", lines: ["mode"], sent: [], out: "Using stream mode to send data.\n" },
  { command: "mode", lines: ["mode block"], world: refused("MODE", "504 no"), failures: 1, err: "no\n" },
  { command: "struct", lines: ["struct"], sent: [], out: "Using file structure.\n" },
  { command: "struct", lines: ["struct record", "struct"], out: "Using record structure.\n" },
  { command: "form", lines: ["form"], sent: [], out: "Using non-print format.\n" },
  { command: "form", lines: ["form telnet", "ascii"], sent: ["TYPE A T"] },
  // Directories.
  {
    command: "cd",
    lines: ["cd missing"],
    world: refused("CWD", "550 no such"),
    failures: 1,
    err: "no such\n",
  },
  { command: "cdup", lines: ["cdup"], sent: ["CDUP"], failures: 0 },
  { command: "cdup", lines: ["cdup"], world: refused("CDUP", "550 no"), sent: ["CDUP"], failures: 1 },
  { command: "lcd", lines: ["lcd sub"], sent: [], out: "Local directory now: /here/sub\n" },
  { command: "lcd", lines: ["lcd"], out: "Local directory now: /here/~\n" },
  { command: "lcd", lines: ["lcd $HOME"], out: "Local directory now: /here/$HOME\n" },
  { command: "lpwd", lines: ["lpwd"], out: "Local directory: /here/.\n" },
  { command: "pwd", lines: ["pwd"], world: refused("PWD", '257 "/a" here'), out: "Remote directory: /a\n" },
  {
    command: "pwd",
    lines: ["pwd"],
    world: refused("PWD", '257 "/say ""hello""" is where you are'),
    out: 'Remote directory: /say "hello"\n',
  },
  { command: "pwd", lines: ["pwd"], world: refused("PWD", "257 DISK1:[PUB]"), out: "DISK1:[PUB]\n" },
  { command: "mkdir", lines: ["mkdir a"], sent: ["MKD a"], failures: 0 },
  {
    command: "mkdir",
    lines: ["mkdir a", "mkdir a", "mkdir b"],
    world: { replies: { "MKD a": '521 "a" exists' } },
    sent: ["MKD a", "MKD a", "MKD b"],
    failures: 2,
  },
  { command: "rmdir", lines: ["rmdir a"], sent: ["RMD a"], failures: 0 },
  {
    command: "rmdir",
    lines: ["rmdir a"],
    world: refused("RMD", "550 not empty"),
    failures: 1,
    err: "not empty\n",
  },
  // Listings.
  { command: "dir", lines: ["dir pub"], moved: ["list LIST pub -"] },
  { command: "ls", lines: ["ls"], from: { ...quiet, lists: "NLST" }, moved: ["list NLST  -"] },
  { command: "ls", lines: ["ls -lR /pub -"], moved: ["list LIST -lR /pub -"] },
  { command: "mdir", lines: ["mdir a b -"], moved: ["list LIST a -", "list LIST b -"] },
  { command: "pls", lines: ["pls pub"], moved: ["list LIST pub |${PAGER:-more}"] },
  {
    command: "mlst",
    lines: ["mlst a"],
    world: refused("MLST", "250 type=file; a"),
    sent: ["MLST a"],
    out: "type=file; a\n",
  },
  // One file.
  {
    command: "get",
    lines: ["get *.txt x"],
    world: { there: { "": ["a.txt"] } },
    moved: ["first:*.txt -> local:x"],
  },
  { command: "get", lines: ['get "a b" c'], moved: ["first:a b -> local:c"] },
  { command: "get", lines: ["get"], world: { answers: ["a", "b"] }, moved: ["first:a -> local:b"] },
  { command: "recv", lines: ["recv a b"], moved: ["first:a -> local:b"] },
  { command: "put", lines: ["put a"], world: { here: { a: {} } }, moved: ["local:a -> first:a"] },
  { command: "send", lines: ["send a b"], world: { here: { a: {} } }, moved: ["local:a -> first:b"] },
  {
    command: "put",
    lines: ["ntrans _ -", "nmap $1.$2 $1.bak", "put a_b.txt", "put a_b.txt c_d.txt"],
    world: { here: { "a_b.txt": {} } },
    moved: ["local:a_b.txt -> first:a-b.bak", "local:a_b.txt -> first:c_d.txt"],
  },
  {
    command: "put",
    lines: ["put a", "pwd"],
    sent: ["PWD"],
    failures: 1,
    err: "local: a: No such file or directory\n",
  },
  {
    command: "append",
    lines: ["append d"],
    world: { here: { d: { kind: "directory" } } },
    moved: [],
    failures: 1,
  },
  { command: "append", lines: ["append - log"], moved: ["raw log APPE from 0 -"] },
  { command: "restart", lines: ["restart far"], failures: 1, err: "is not a number of bytes" },
  { command: "restart", lines: ["restart 5", "restart 0", "get a"], moved: ["first:a -> local:a"] },
  {
    command: "newer",
    lines: ["newer a", "newer b"],
    world: {
      replies: { MDTM: "502 not here" },
      there: { "": ["a", "b"] },
      times: { a: 2_000, b: 1_000 },
      here: { a: { modifiedMs: 1_000 }, b: { modifiedMs: 1_000 } },
    },
    moved: ["first:a -> local:a"],
    out: 'Local file "b" is not older than remote file "b".\n',
    failures: 0,
  },
  { command: "newer", lines: ["newer a"], moved: ["first:a -> local:a"], sent: [], failures: 0 },
  { command: "reget", lines: ["reget a"], moved: ["first:a -> local:a"], failures: 0 },
  { command: "size", lines: ["size a"], world: refused("SIZE", "213 42"), sent: ["SIZE a"], out: "a\t42\n" },
  { command: "size", lines: ["size a"], world: refused("SIZE", "550 no"), failures: 1, err: "no\n" },
  {
    command: "modtime",
    lines: ["modtime a"],
    world: refused("MDTM", "213 20261129013000"),
    out: "a\t2026-11-29T01:30:00.000Z\n",
  },
  { command: "delete", lines: ["delete a"], sent: ["DELE a"], failures: 0 },
  { command: "delete", lines: ["delete a"], world: refused("DELE", "550 gone"), failures: 1, err: "gone\n" },
  {
    command: "rename",
    lines: ['rename "a b" "c d"'],
    world: refused("RNFR", "350 go on"),
    sent: ["RNFR a b", "RNTO c d"],
    failures: 0,
  },
  {
    command: "rename",
    lines: ["rename a b"],
    world: { replies: { RNFR: "350 go on", RNTO: "553 b exists" } },
    failures: 1,
    err: "b exists\n",
  },
  // Several files.
  {
    command: "mput",
    lines: ["mput *"],
    from: quiet,
    world: { here: { b: {}, a: {}, ".rc": {} } },
    moved: ["local:a -> first:a", "local:b -> first:b"],
  },
  { command: "msend", lines: ["msend *.x"], from: quiet, moved: [], failures: 1, err: "*.x: no match.\n" },
  {
    command: "mdelete",
    lines: ["mdelete *"],
    from: terminal,
    world: { there: { "": ["a", "b"] }, answers: ["n", "y"] },
    sent: ["DELE b"],
    questions: ["mdelete a [anpqy?]? ", "mdelete b [anpqy?]? "],
  },
  {
    command: "mget",
    lines: ["mget *"],
    from: terminal,
    world: { there: { "": ["a", "b"] }, answers: ["?", "y", "n"] },
    moved: ["first:a -> local:a"],
    out: "y: this one; n: not this one; a: this one and all others; p: the same, and ask no more; q: no more\n",
  },
  // Whatever else servers know.
  {
    command: "chmod",
    lines: ["chmod 644 a"],
    world: refused("SITE", "502 no"),
    sent: ["SITE CHMOD 644 a"],
    failures: 1,
    err: "no\n",
  },
  { command: "umask", lines: ["umask", "umask 022"], sent: ["SITE UMASK", "SITE UMASK 022"], failures: 0 },
  { command: "idle", lines: ["idle", "idle 60"], sent: ["SITE IDLE", "SITE IDLE 60"], failures: 0 },
  { command: "site", lines: ["site help"], sent: ["SITE help"], out: "well\n" },
  {
    command: "quote",
    lines: ["quote STAT"],
    world: refused("STAT", "211 busy"),
    sent: ["STAT"],
    out: "busy\n",
  },
  {
    command: "quote",
    lines: ["quote RNFR a", "quote RNTO b"],
    world: refused("RNFR", "350 go on"),
    failures: 0,
  },
  { command: "literal", lines: ["literal noop"], sent: ["noop"], failures: 0 },
  { command: "rhelp", lines: ["rhelp", "rhelp SITE"], sent: ["HELP", "HELP SITE"] },
  { command: "remotehelp", lines: ["remotehelp SITE"], sent: ["HELP SITE"] },
  { command: "rstatus", lines: ["rstatus", "rstatus a"], sent: ["STAT", "STAT a"] },
  { command: "system", lines: ["system"], world: refused("SYST", "215 UNIX"), sent: ["SYST"], out: "UNIX\n" },
  { command: "features", lines: ["features"], sent: ["FEAT"] },
  { command: "remopts", lines: ["remopts UTF8 ON"], sent: ["OPTS UTF8 ON"] },
  { command: "smnt", lines: ["smnt /disk2"], sent: ["SMNT /disk2"] },
  { command: "allo", lines: ["allo 100"], sent: ["ALLO 100"] },
  { command: "abort", lines: ["abort"], sent: ["ABOR"] },
  // Settings.
  {
    command: "debug",
    lines: ["debug", "debug 3", "debug off"],
    out: "Debugging on (debug=1).\nDebugging on (debug=3).\nDebugging off.\n",
  },
  { command: "gate", lines: ["gate"], sent: [], failures: 1, err: "host file" },
  {
    command: "prompt",
    lines: ["prompt", "prompt"],
    out: "Interactive prompting off.\nInteractive prompting on.\n",
  },
  { command: "nmap", lines: ["nmap $1 x", "nmap"], out: "Nmap: (in) $1 (out) x\nNmap off.\n" },
  { command: "nmap", lines: ["nmap $1"], failures: 1, err: "the template is missing" },
  { command: "ntrans", lines: ["ntrans ab c", "ntrans"], out: "Ntrans: (in) ab (out) c\nNtrans off.\n" },
  {
    command: "status",
    lines: ["ascii", "status"],
    from: both,
    out: "Connected to one.\n  Type: A N; Mode: S; Structure: F\nConnected for proxy commands to two.\n  Type: I; Mode: S; Structure: F\n",
  },
  // This machine.
  { command: "!", lines: ["!false"], out: "The command ended with status 1.\n", failures: 1 },
  { command: "!", lines: ["! true"], out: "", failures: 0 },
  { command: "help", lines: ["help mg"], out: "example: mget RFC-18*.txt\n" },
  { command: "help", lines: ["help mo"], out: "modtime " },
  { command: "?", lines: ["? close"], out: "close       end the connection" },
  { command: "usage", lines: ["usage get"], out: "usage: get REMOTE [LOCAL]\n" },
  { command: "usage", lines: ["usage nothing"], failures: 1, err: "?Invalid usage command nothing" },
  // Two servers.
  { command: "proxy", lines: ["proxy ?"], out: "proxy get, mget: from the first server to the second" },
  { command: "proxy", lines: ["proxy"], from: both, failures: 1, err: "usage: proxy COMMAND" },
  {
    command: "proxy",
    lines: ["proxy append a b"],
    from: both,
    moved: [],
    failures: 1,
    err: "cannot be verified",
  },
  { command: "proxy", lines: ["proxy send a b"], from: both, moved: ["second:a -> first:b"] },
  {
    command: "proxy",
    lines: ["case on", "proxy get A.TXT"],
    from: both,
    moved: ["first:A.TXT -> second:a.txt"],
  },
  { command: "proxy", lines: ["proxy close", "proxy pwd"], from: both, sent: ["2:QUIT"], failures: 1 },
];

describe("each row of the table of commands", () => {
  test.each(ROWS.map((row) => [row.command, row.lines.join("; "), row] as const))("%s: %s", (_, __, row) => {
    const played: Played = play(row.lines, row.world ?? {}, row.from ?? connected());
    if (row.sent !== undefined) expect(played.sent).toEqual(row.sent);
    if (row.moved !== undefined) expect(played.moved).toEqual(row.moved);
    if (row.questions !== undefined) expect(played.questions).toEqual(row.questions);
    if (row.out === "") expect(played.out).toBe("");
    else if (row.out !== undefined) expect(played.out).toContain(row.out);
    if (row.err !== undefined) expect(played.err).toContain(row.err);
    if (row.failures !== undefined)
      expect([played.session.failures, played.err]).toEqual([row.failures, played.err]);
  });

  test("open takes the port as a number or by the name of its service", () => {
    const opened = (port: string) => play(["close", `open x ${port}`]).session.servers.first?.name;
    expect(["2121", "ftp", "FTPS"].map(opened)).toEqual(["x:2121", "x:21", "x:990"]);
  });
});

describe("a reply that is no completion", () => {
  const SIMPLE = [
    "account a",
    "cd a",
    "cdup",
    "pwd",
    "mkdir a",
    "rmdir a",
    "delete a",
    "size a",
    "modtime a",
    "mlst a",
    "chmod 644 a",
    "umask",
    "idle",
    "site a",
    "rhelp",
    "rstatus",
    "system",
    "features",
    "remopts a",
    "smnt a",
    "allo 1",
    "abort",
    "ascii",
    "mode b",
    "struct r",
    "reinitialise",
    "reset",
  ];
  test.each(SIMPLE)("%s has failed, also where the server waits for another command (3yz)", (line) => {
    const verb = play([line]).sent[0]?.split(" ")[0] ?? "";
    for (const code of ["350", "450", "550", "631"]) {
      const { session, err } = play([line], { replies: { [verb]: `${code} so be it` } });
      expect([code, session.failures, err]).toEqual([code, 1, "so be it\n"]);
    }
    expect(play([line], { replies: { [verb]: "250 well" } }).session.failures).toBe(0);
  });
});

describe("examples of help", () => {
  test.each(COMMANDS.map((command) => [command.name, command] as const))("%s", (name, command) => {
    const example = exampleOf(command, COMMANDS);
    if (command.usage === name) expect(example).toBeUndefined();
    else {
      expect(example?.split(" ")[0]).toBe(name);
      expect(play([example ?? ""], { here: { README: {} } }, both).err).not.toContain("usage:");
      expect(play([`help ${name}`]).out).toContain(`example: ${example}\n`);
    }
  });
});
