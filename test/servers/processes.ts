import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { connect } from "node:net";

/** Servers run as an ordinary user, also when the tests run as root: else no permission is ever denied. */
export const SERVER_IDS =
  process.getuid?.() === 0
    ? { uid: 65_534, gid: 65_534 }
    : { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };

export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

const children = new Set<ChildProcess>();

process.on("exit", () => {
  for (const child of children) for (const pid of familyOf(child.pid ?? 0)) signal(pid, "SIGKILL");
});

/** Starts a server that ends when this process ends, however that comes. */
export function launch({ command, args, env }: Launch, directory: string, log: number): ChildProcess {
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const bound = ["--pdeathsig", "KILL", "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", ...variables];
  const child = spawn("setpriv", [...bound, command, ...args], {
    cwd: directory,
    stdio: ["ignore", log, log],
    ...(process.getuid?.() === 0 ? SERVER_IDS : {}),
  });
  children.add(child);
  child.once("exit", () => children.delete(child));
  return child;
}

/** One that has ended lives no more, whether or not its parent has noticed. */
export function lives(pid: number): boolean {
  return pid !== 0 && parentOf(`${pid}`) !== undefined;
}

/** A process that lives and all below it, itself first. */
export function familyOf(pid: number): readonly number[] {
  if (!lives(pid)) return [];
  const below = new Map<number, number[]>();
  for (const name of readdirSync("/proc")) {
    const parent = /^\d+$/.test(name) ? parentOf(name) : undefined;
    if (parent !== undefined) below.set(parent, [...(below.get(parent) ?? []), Number(name)]);
  }
  const collect = (one: number): number[] => [one, ...(below.get(one) ?? []).flatMap(collect)];
  return collect(pid);
}

function parentOf(pid: string): number | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ").at(-1)?.split(" ");
    return fields?.[0] === "Z" ? undefined : Number(fields?.[1]);
  } catch {
    return undefined;
  }
}

export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended by itself.
  }
}

/** Waits until a child has ended. */
export async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  await new Promise((resolve) => child.once("exit", resolve));
}

/** Waits until a server greets; with implicit TLS, until it accepts. */
export async function greets(
  address: string,
  port: number,
  isImplicit: boolean,
  child: ChildProcess,
): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (Date.now() < deadline && child.exitCode === null && child.signalCode === null) {
    if (await isGreeted(address, port, isImplicit)) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`no greeting from ${address} port ${port}`);
}

function isGreeted(address: string, port: number, isImplicit: boolean): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
    const settle = (answer: boolean) => {
      if (answer && !isImplicit) socket.end("QUIT\r\n");
      else socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(2_000, () => settle(false));
    socket.on("error", () => settle(false));
    socket.on("close", () => resolve(false));
    socket.on("connect", () => isImplicit && settle(true));
    socket.on("data", (chunk) => settle(chunk.toString("latin1").startsWith("220")));
  });
}
