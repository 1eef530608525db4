import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { chmod, mkdir, mkdtemp, open, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { CopyOptions } from "../../config/options.ts";
import { formatBytes } from "../../shared/units.ts";
import { concluded } from "../conclude.ts";
import { EXIT } from "../exit.ts";
import { humanOutput } from "../output.ts";
import { runCopy } from "../run-copy.ts";
import { lsCommand } from "./ls.ts";

const Servers = z.object({
  servers: z.array(
    z.object({
      family: z.string(),
      address: z.string(),
      port: z.number(),
      user: z.string(),
      password: z.string(),
      root: z.string(),
    }),
  ),
});
type Server = z.infer<typeof Servers>["servers"][number];

/** Small files of the sample tree, and octets of the large one. */
const SMALL_FILES = 60;
const LARGE = 268_435_456;

/** `fxpd demo`: the main thing, on this machine, between two real servers. */
export async function demoCommand(keep: boolean): Promise<number> {
  say("Two FTP servers start, each on a loopback address of its own.");
  const supervisor = startServers();
  const directory = await mkdtemp(join(tmpdir(), "fxpd-demo-"));
  try {
    const [archive, edge] = await supervisor.servers;
    if (archive === undefined || edge === undefined) return EXIT.nothingDone;
    const config = await writeConfig(directory, { archive, edge });
    say(`  archive: ${archive.family} at ${archive.address} port ${archive.port}`);
    say(`  edge:    ${edge.family} at ${edge.address} port ${edge.port}`);
    await growTree(archive.root);
    const status = await show(config, archive, edge);
    if (keep && status === EXIT.done) await untilInterrupted(config);
    return status;
  } finally {
    supervisor.end();
    await rm(directory, { recursive: true, force: true });
  }
}

async function show(config: string, archive: Server, edge: Server): Promise<number> {
  type("ls archive:pub");
  await lsCommand("archive:pub", { config });
  type("copy 'archive:pub/**' edge:mirror/");
  const before = await octetsOfThisProcess();
  const streams = { out: process.stdout, err: process.stderr };
  const status = await concluded(humanOutput(streams, 1), (output, signal) => {
    const order = {
      sources: ["archive:pub/**"],
      target: "edge:mirror/",
      options: CopyOptions.parse({}),
      dryRun: false,
    };
    const directories = { config, jobs: config };
    return runCopy({ ...order, directories }, output, signal, join(config, "state"));
  });
  if (status !== EXIT.done) return status;
  const carried = (await octetsOfThisProcess()) - before;
  const [there, here] = await Promise.all([
    digestOf(join(archive.root, "pub")),
    digestOf(join(edge.root, "mirror")),
  ]);
  const isEqual = there.digest === here.digest;
  say(
    isEqual
      ? `\nCompared on disk: ${here.files} files, ${formatBytes(here.octets)}, all equal.`
      : "\nThe trees differ!",
  );
  if (carried > 0)
    say(`All that this process read and wrote meanwhile, its own output included: ${formatBytes(carried)}.`);
  return isEqual ? EXIT.done : EXIT.someFailed;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function type(command: string): void {
  say(`\n$ fxpd ${command}`);
}

/** The servers run below a process of their own, which ends them when we end, however that comes. */
function startServers(): { readonly servers: Promise<readonly Server[]>; readonly end: () => void } {
  const script = fileURLToPath(new URL("../../demo/servers.js", import.meta.url));
  const child = spawn(process.execPath, [script, "vsftpd", "proftpd"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const servers = new Promise<readonly Server[]>((resolve) => {
    createInterface({ input: child.stdout }).once("line", (line) =>
      resolve(Servers.parse(JSON.parse(line)).servers),
    );
    child.once("exit", () => resolve([]));
    child.once("error", () => resolve([]));
  });
  return { servers, end: () => child.stdin.end() };
}

async function writeConfig(directory: string, servers: Readonly<Record<string, Server>>): Promise<string> {
  await mkdir(join(directory, "hosts"));
  for (const [name, { address, port, user, password }] of Object.entries(servers)) {
    const secret = join(directory, `${name}.password`);
    await writeFile(secret, password);
    await chmod(secret, 0o600);
    const lines = [
      `address: ${address}`,
      `port: ${port}`,
      `user: ${user}`,
      `passwordFrom: {file: ${secret}}`,
      "tls: off",
    ];
    await writeFile(join(directory, "hosts", `${name}.yaml`), `${lines.join("\n")}\n`);
  }
  return directory;
}

/** A tree with many small files and a large one. */
async function growTree(root: string): Promise<void> {
  for (const name of ["pub", "pub/docs", "pub/docs/2025", "pub/docs/2026"]) {
    await mkdir(join(root, name));
    await chmod(join(root, name), 0o777);
  }
  for (let index = 0; index < SMALL_FILES; index += 1) {
    const name = `${index % 2 === 0 ? "2025" : "2026"}/report ${String(index).padStart(2, "0")}.txt`;
    await writeFile(join(root, "pub/docs", name), `Report ${index}\n`.repeat(index * 20));
  }
  const image = await open(join(root, "pub/image.iso"), "w", 0o644);
  const block = Buffer.alloc(1_048_576);
  for (let at = 0; at < LARGE; at += block.length)
    await image.write(block.fill(at / block.length), 0, block.length, at);
  await image.close();
}

/** One digest over the names and contents of a tree. */
async function digestOf(root: string): Promise<{ digest: string; files: number; octets: number }> {
  const hash = createHash("sha256");
  const all = await readdir(root, { recursive: true, withFileTypes: true });
  const paths = all
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
  let octets = 0;
  for (const path of paths.sort()) {
    hash.update(path.slice(root.length));
    for await (const chunk of createReadStream(path)) {
      hash.update(chunk as Buffer);
      octets += (chunk as Buffer).length;
    }
  }
  return { digest: hash.digest("hex"), files: paths.length, octets };
}

/** Octets this process has read and written so far, files and sockets together (Linux). */
async function octetsOfThisProcess(): Promise<number> {
  const text = await readFile("/proc/self/io", "utf8").catch(() => "");
  return [...text.matchAll(/^[rw]char: (\d+)$/gm)].reduce((sum, [, octets]) => sum + Number(octets), 0);
}

async function untilInterrupted(config: string): Promise<void> {
  say(`\nThe servers stay until Ctrl-C. Try: npx fxpd ls --config ${config} edge:mirror`);
  const held = setInterval(() => {}, 60_000);
  await new Promise((resolve) => process.once("SIGINT", resolve).once("SIGTERM", resolve));
  clearInterval(held);
}
