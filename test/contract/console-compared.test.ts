import { spawn } from "node:child_process";
import { chmod, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WILD_SCRIPTS, type WildScript } from "../fixtures/console-scripts.ts";
import { debianPackages } from "../servers/debian.ts";
import { FAMILIES, type Family, type RunningServer, startServers } from "../servers/index.ts";
import { ConsoleDesk } from "../support/console.ts";

// The same scripts through tnftp, inetutils-ftp and fxpd ftp leave the same files on both sides, and as many lines that
// begin with 226. What differs by intent is in src/console/README.md.

type Client = (args: readonly string[], script: string, desk: ConsoleDesk) => Promise<string>;

let started: Awaited<ReturnType<typeof startServers>>;
const servers = new Map<Family, RunningServer>();
const clients = new Map<string, Client>();

beforeAll(async () => {
  const [running, tnftp, inetutils] = await Promise.all([
    startServers(FAMILIES.map((family) => ({ family }))),
    debianPackages(["tnftp"]),
    debianPackages(["inetutils-ftp"]),
  ]);
  started = running;
  for (const server of running.servers) servers.set(server.family, server);
  clients.set("tnftp", program(tnftp.find("bin/tnftp"), tnftp.libraryPath));
  clients.set("inetutils-ftp", program(inetutils.find("bin/inetutils-ftp"), inetutils.libraryPath));
  clients.set("fxpd ftp", async (args, script, desk) => (await desk.run(args, script)).out);
});
afterAll(() => started[Symbol.asyncDispose]());

/** A client that is started in a session of its own, so that it finds no terminal to ask at. */
function program(path: string, libraries: string): Client {
  return (args, script, desk) =>
    new Promise((tell, fail) => {
      const env = { PATH: process.env["PATH"], HOME: desk.path, LD_LIBRARY_PATH: libraries, TERM: "dumb" };
      const child = spawn(path, args, { cwd: desk.path, env, detached: true, timeout: 20_000 });
      let out = "";
      child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString("latin1")));
      child.stderr.resume();
      child.on("error", fail);
      child.on("close", () => tell(out));
      child.stdin.on("error", () => {});
      child.stdin.end(script);
    });
}

const THERE = {
  "a.txt": "a\nb\n",
  "b.txt": "b",
  "c.bin": "\0\xff",
  "two words.txt": "2\n",
  "old.log": "old\n",
};
const HERE = { "up1.txt": "one\ntwo\n", "up2.txt": "2\n", "up3.dat": "3", "my file.txt": "mine\n" };

/** All files below a directory, with what is in them. */
async function filesIn(root: string): Promise<Readonly<Record<string, string>>> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const read = async (path: string) => [path.slice(root.length + 1), await readFile(path, "latin1")] as const;
  return Object.fromEntries((await Promise.all(files.map(read))).sort());
}

let rooms = 0;

async function outcome(family: Family, client: Client, { script, options = "-inpv" }: WildScript) {
  const server = servers.get(family);
  if (server === undefined) throw new Error(`no ${family}`);
  await using desk = await ConsoleDesk.open();
  const room = `room-${(rooms += 1)}`;
  const there = join(server.root, room);
  await mkdir(join(there, "sub"), { recursive: true });
  for (const path of [there, join(there, "sub")]) await chmod(path, 0o777);
  await mkdir(join(desk.path, "dir"));
  for (const [name, text] of Object.entries(THERE)) {
    await writeFile(join(there, name), text, "latin1");
    await chmod(join(there, name), 0o666);
  }
  for (const [name, text] of Object.entries({ ...HERE, "dir/x.txt": "x\n" }))
    await writeFile(join(desk.path, name), text);
  const open = `open ${server.address} ${server.port}`;
  const lines = script
    .replaceAll("{login}", "{open}\nuser {user} {password}\nbinary")
    .replaceAll("{open}", open)
    .replaceAll("{user}", server.user)
    .replaceAll("{password}", server.password)
    .replaceAll("{room}", room);
  const out = await client([options], `${lines}\n`, desk);
  const left = { here: await filesIn(desk.path), there: await filesIn(there) };
  await rm(there, { recursive: true, force: true });
  return { ...left, transfers: out.match(/^226 /gm)?.length ?? 0 };
}

/** They match no patterns for NLST, so that old clients find nothing there; ours is as with a server that does. */
const MATCHES_NOTHING: ReadonlySet<Family> = new Set(["pure-ftpd", "pyftpdlib"]);

describe.each(FAMILIES)("on %s", (family) => {
  test.concurrent.each(WILD_SCRIPTS)("$name", async (wild) => {
    const compared = wild.hasPattern === true && MATCHES_NOTHING.has(family) ? "vsftpd" : family;
    const [tnftp, inetutils, ours] = await Promise.all([
      outcome(compared, clients.get("tnftp")!, wild),
      outcome(compared, clients.get("inetutils-ftp")!, wild),
      outcome(family, clients.get("fxpd ftp")!, wild),
    ]);
    // Old clients at times get nothing from a busy server, and say so nowhere; then the other one is the measure.
    const most = Math.max(tnftp.transfers, inetutils.transfers);
    for (const [client, theirs] of Object.entries({ tnftp, "inetutils-ftp": inetutils }))
      if (theirs.transfers > 0 || most === 0) expect({ client, ...ours }).toEqual({ client, ...theirs });
  });
});
