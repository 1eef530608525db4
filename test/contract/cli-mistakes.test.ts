import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { program } from "../../src/cli/program.ts";
import { type TreeServer, treeServer } from "../support/tree-server.ts";

// What a busy administrator reads after a mistake: what happened, to what, and what to do next.

let root: string;
const status = process.exitCode;
const listeners = { SIGINT: process.listeners("SIGINT"), SIGTERM: process.listeners("SIGTERM") };

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "fxpd-mistakes-"));
  vi.stubEnv("FXPD_STATE", join(root, "state"));
  await mkdir(join(root, "config/hosts"), { recursive: true, mode: 0o700 });
  await mkdir(join(root, "jobs"));
  await writeFile(join(root, "config/daemon.yaml"), "dataDirectory: ../data\n");
});
afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = status;
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    for (const one of process.listeners(signal))
      if (!listeners[signal].includes(one)) process.removeListener(signal, one);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(root, { recursive: true, force: true });
});

async function fxpd(...args: readonly string[]) {
  let [out, err] = ["", ""];
  vi.spyOn(process.stdout, "write").mockImplementation((text) => ((out += String(text)), true));
  vi.spyOn(process.stderr, "write").mockImplementation((text) => ((err += String(text)), true));
  await program.parseAsync(args, { from: "user" });
  const ended = process.exitCode;
  vi.restoreAllMocks();
  process.exitCode = status;
  return { status: ended, said: `${out}${err}` };
}

const at = ({ user, password, address, port }: TreeServer, path: string) =>
  `ftp://${user}:${password}@${address}:${port}/${path}`;

test.each<readonly [string, readonly string[], RegExp]>([
  [
    "no daemon",
    ["runs", "--config", "config"],
    /^fxpd: no daemon is running here; start one with: fxpd daemon \(/,
  ],
  [
    "no schedule",
    ["next", "--config", "config"],
    /no job has a schedule; add one to a file of jobs\/, such as schedule: \{cron: /,
  ],
])("%s: %j says what to do next", async (_, [command = "", option = "", directory = ""], says) => {
  const { said } = await fxpd(command, option, join(root, directory));
  expect(said).toMatch(says);
});

test("where both servers refuse a third-party transfer and nothing else may be tried, doctor is named", async () => {
  await using source = await treeServer();
  await using target = await treeServer();
  source.tree.write("/file", Buffer.from("1"), 0);
  for (const server of [source, target])
    server.fault({ kind: "refusal", verbs: ["PORT", "EPRT"], reply: "500 PORT not understood" });
  const { status, said } = await fxpd("copy", "--fxp", "only", at(source, "file"), at(target, "new"));
  expect(status).toBe(1);
  expect(said).toMatch(/third-party transfer not possible \(--fxp only\): .*500 PORT not understood/);
  expect(said).toContain("fxpd doctor shows what to change on which server");
});
