import { existsSync, readdirSync, readFileSync } from "node:fs";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Directories } from "../../../src/config/load/directories.ts";
import type { TranscriptLine } from "../../../src/ftp/connection/transcript.ts";
import type { CopyEvent } from "../../../src/batch/events.ts";
import { systemClock } from "../../../src/shared/clock.ts";
import { memoryLedger } from "../../../src/transfer/ledger.ts";
import { shortMemory } from "../../../src/transfer/memory.ts";
import type { RunningServer } from "../../servers/index.ts";
import type { ZooKind } from "../../servers/zoo/kind.ts";
import { type Identity, zooServer } from "../../servers/zoo/server.ts";

/** What is planted in `tree`, and stands on this machine in `source`: by name, with content. */
export const FILES: ReadonlyMap<string, Buffer> = new Map([
  ["one.txt", Buffer.from("the first of them\n")],
  ["two.bin", Buffer.alloc(70_000, "two and more; ")],
  ["empty.dat", Buffer.alloc(0)],
  ["sub/three.txt", Buffer.from("below another directory\n")],
]);
/** Large enough to be worth resuming. */
export const BIG = Buffer.alloc(200_000, "a file that takes two tries; ");
const PLANTED_MS = Date.UTC(2026, 9, 5, 4, 30, 0);

/** Short, for servers that fall silent; long enough for a busy machine. */
const TIMEOUTS = "{connect: 3s, reply: 3s, stall: 3s}";
/** For real ones, none of which falls silent. */
const PATIENT = "{connect: 15s, reply: 15s, stall: 15s}";

/** The server on which operations are carried out: `tree` is there to be read, `up` to be written. */
export interface Subject extends AsyncDisposable {
  readonly address: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly tls: "off" | "required";
  readonly foldsCase: boolean;
  /** Further lines of its host's file. */
  readonly hostKeys?: string;
  readonly timeouts?: string;
  /** All files below a directory of the login directory, by their paths. */
  files(directory: string): ReadonlyMap<string, Buffer>;
  /** How its connections come to end in the middle of a file: by themselves, or with the server, which comes back. */
  readonly cut: { after(octets: number): void } | { restart(): Promise<void> };
}

/** One such server, two well-known ones and this machine, and what has to outlive one operation. */
export interface Scene extends AsyncDisposable {
  readonly subject: Subject;
  readonly real: Readonly<Record<"v" | "p", RunningServer>>;
  readonly directories: Directories;
  /** On this machine, holds `source`. */
  readonly local: string;
  /** This scene's own directory on the real servers. */
  readonly name: string;
  /** The conversation since the operation began, for failures. */
  readonly said: string[];
  readonly deps: {
    readonly clock: typeof systemClock;
    readonly chance: () => number;
    readonly memory: ReturnType<typeof shortMemory>;
    readonly ledger: ReturnType<typeof memoryLedger>;
  };
  transcript(line: TranscriptLine): void;
}

/** A server of this kind with a tree in it, and all that an operation needs. */
export async function zooScene(
  kind: ZooKind,
  real: Scene["real"],
  identity: Identity,
  index: number,
): Promise<Scene> {
  const zoo = await zooServer(kind, identity);
  const at = (path: string) => zoo.tree.resolve(`/${path}`) ?? `/${path}`;
  for (const [path, content] of [...FILES, ["big.bin", BIG] as const])
    zoo.tree.plant(at(`tree/${path}`), content, PLANTED_MS);
  zoo.tree.makeDirectory(at("up"));
  const { address, port, user, password } = zoo;
  const subject: Subject = {
    ...{ address, port, user, password, foldsCase: kind.names?.foldsCase === true },
    tls: kind.data?.tls === undefined ? "off" : "required",
    files: (directory) => below(at(directory), zoo.tree.files(at(directory))),
    cut: { after: (octets) => zoo.cutAfter(octets) },
    [Symbol.asyncDispose]: () => zoo[Symbol.asyncDispose](),
  };
  return sceneOf(subject, real, `zoo-${index}`);
}

const below = (directory: string, files: ReadonlyMap<string, Buffer>) =>
  new Map([...files].map(([path, content]) => [path.slice(directory.length + 1), content]));

/** The same with a real server, whose login directory gets the tree. */
export async function strangerScene(
  server: RunningServer<string>,
  hostKeys: string,
  real: Scene["real"],
): Promise<Scene> {
  const { root, address, port, user, password } = server;
  for (const [path, content] of [...FILES, ["big.bin", BIG] as const])
    await put(join(root, "tree", path), content);
  await mkdir(join(root, "up"));
  for (const directory of ["tree", "tree/sub", "up"]) await chmod(join(root, directory), 0o777);
  const subject: Subject = {
    ...{ address, port, user, password, hostKeys, tls: "off", foldsCase: false, timeouts: PATIENT },
    files: (directory) => filesBelow(join(root, directory)),
    cut: { restart: () => server.kill().then(() => server.start()) },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
  return sceneOf(subject, real, `strange-${server.family}`);
}

/** All files below a directory of this machine, by their paths. */
export function filesBelow(directory: string): Map<string, Buffer> {
  if (!existsSync(directory)) return new Map();
  const found = readdirSync(directory, { recursive: true, withFileTypes: true });
  const files = found.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
  return new Map(files.map((file) => [file.slice(directory.length + 1), readFileSync(file)]));
}

async function sceneOf(subject: Subject, real: Scene["real"], name: string): Promise<Scene> {
  const local = await mkdtemp(join(tmpdir(), "fxpd-zoo-"));
  const config = join(local, "config");
  await mkdir(join(config, "hosts"), { recursive: true });
  await Promise.all([
    ...[...FILES].map(([path, content]) => put(join(local, "source", path), content)),
    put(join(local, "big.bin"), BIG),
    ...Object.values(real).map(({ root }) => plantReal(join(root, name))),
    writeFile(join(config, "password"), `${subject.password}\n`, { mode: 0o600 }),
    writeFile(
      join(config, "hosts", "zoo.yaml"),
      `${hostFile(subject, subject.tls)}${subject.hostKeys ?? ""}\n`,
    ),
    writeFile(join(config, "hosts", "v.yaml"), hostFile(real.v, "off")),
    writeFile(join(config, "hosts", "p.yaml"), hostFile(real.p, "off")),
  ]);
  const said: string[] = [];
  const ledger = memoryLedger("zoo");
  return {
    ...{ subject, real, local, name, said, directories: { config, jobs: join(config, "jobs") } },
    deps: { clock: systemClock, chance: () => 0, memory: shortMemory(), ledger },
    transcript: ({ host, from, text }) => void said.push(`${host} ${from} ${text}`),
    [Symbol.asyncDispose]: async () => {
      await subject[Symbol.asyncDispose]();
      await rm(local, { recursive: true, force: true });
    },
  };
}

function hostFile(
  { address, port, user, timeouts = TIMEOUTS }: Pick<Subject, "address" | "port" | "user" | "timeouts">,
  tls: string,
): string {
  return [
    `address: ${address}`,
    `port: ${port}`,
    `user: ${user}`,
    "passwordFrom: {file: ../password}",
    `tls: {policy: ${tls}, verify: ${tls === "off"}}`,
    `timeouts: ${timeouts}`,
    "",
  ].join("\n");
}

async function put(path: string, content: Buffer): Promise<void> {
  await mkdir(join(path, ".."), { recursive: true });
  await writeFile(path, content);
}

async function plantReal(directory: string): Promise<void> {
  await mkdir(directory);
  await chmod(directory, 0o777);
  await put(join(directory, "from"), FILES.get("two.bin") ?? BIG);
}

/** What a run has said of single files, and of itself. */
export interface Heard {
  readonly events: readonly CopyEvent[];
  readonly outcome: string;
  /** Why the run as a whole, or the first of its files, failed. */
  readonly because: string;
}
