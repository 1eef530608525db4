import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { forgetSignals, fxpd } from "../support/in-process.ts";
import { type TreeServer, treeServer } from "../support/tree-server.ts";

// What a busy administrator reads after a mistake: what happened, to what, and what to do next.

let root: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "fxpd-mistakes-"));
  vi.stubEnv("FXPD_STATE", join(root, "state"));
  await mkdir(join(root, "config/hosts"), { recursive: true, mode: 0o700 });
  await mkdir(join(root, "jobs"));
  await writeFile(join(root, "config/daemon.yaml"), "dataDirectory: ../data\n");
});
afterEach(forgetSignals);
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(root, { recursive: true, force: true, maxRetries: 5 });
});

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
  const { out, err } = await fxpd(command, option, join(root, directory));
  expect(`${out}${err}`).toMatch(says);
});

test("one name alone is a local path, except where it may be a host whose colon was forgotten", async () => {
  const config = join(root, "words");
  await mkdir(join(config, "hosts"), { recursive: true, mode: 0o700 });
  await writeFile(join(config, "hosts/edge.yaml"), "address: 127.0.0.1\n");
  const local = join(root, "local");
  await mkdir(join(local, "tree/below"), { recursive: true });
  await writeFile(join(local, "tree/below/file"), "1");
  const before = process.cwd();
  process.chdir(local);
  try {
    const { status: copied, out } = await fxpd("copy", "--json", "tree", "other", "--config", config);
    expect(copied).toBe(0);
    // No connection, so nothing is known of its protection.
    expect(out).toContain('"protected":null');
    expect(await readFile(join(local, "other/tree/below/file"), "utf8")).toBe("1");
    expect(await fxpd("ls", "other", "--config", config)).toMatchObject({
      status: 0,
      out: expect.stringContaining("tree/") as string,
    });
    for (const [word, says] of [
      ["edge", /^fxpd: "edge" may be a local path or a path on the host edge; write \.\/edge or edge:$/m],
      [
        "egde",
        /^fxpd: "egde" is neither a host nor a file here; did you mean edge\? Write HOST: with a colon/,
      ],
      ["missing", /^fxpd: missing: no such file/],
    ] as const) {
      const { status, err } = await fxpd("copy", "-n", word, "./new/", "--config", config);
      expect(err).toMatch(says);
      expect(status).not.toBe(0);
    }
    expect(await fxpd("mirror", "-n", "tree", "edgy", "--config", config)).toMatchObject({ status: 2 });
  } finally {
    process.chdir(before);
  }
});

test("where both servers refuse a third-party transfer and nothing else may be tried, doctor is named", async () => {
  await using source = await treeServer();
  await using target = await treeServer();
  source.tree.write("/file", Buffer.from("1"), 0);
  for (const server of [source, target])
    server.fault({ kind: "refusal", verbs: ["PORT", "EPRT"], reply: "500 PORT not understood" });
  const { status, out, err } = await fxpd("copy", "--fxp", "only", at(source, "file"), at(target, "new"));
  const said = `${out}${err}`;
  expect(status).toBe(1);
  expect(said).toMatch(/third-party transfer not possible \(--fxp only\): .*500 PORT not understood/);
  expect(said).toContain("fxpd doctor shows what to change on which server");
});
