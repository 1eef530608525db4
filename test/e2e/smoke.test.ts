import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningServer, startServers } from "../servers/index.ts";
import { Desk } from "../support/desk.ts";
import { until } from "../support/until.ts";
import { NODES, nodeOf } from "../support/nodes.ts";
import { receiveHttp, receiveMail } from "../support/receiver.ts";
import { differenceOf, growTree, treeOf } from "../support/trees.ts";

const PATIENCE_MS = 60_000;
const TREE = treeOf({ files: 40, directories: 5, hasOddNames: true });

let started: Awaited<ReturnType<typeof startServers>>;
let source: RunningServer;
let target: RunningServer;

beforeAll(async () => {
  const [servers] = await Promise.all([
    startServers([{ family: "vsftpd" }, { family: "proftpd" }]),
    ...NODES.map(nodeOf),
  ]);
  started = servers;
  [source, target] = servers.servers as [RunningServer, RunningServer];
  await growTree(join(source.root, "tree"), TREE);
  await writeFile(join(source.root, "a.iso"), "the file\n");
});
afterAll(() => started[Symbol.asyncDispose]());

/** A desk at which this Node runs the program. */
async function deskOf(version: string): Promise<Desk> {
  const desk = await Desk.open({ archive: source, edge: target });
  desk.node = await nodeOf(version);
  await mkdir(join(desk.path, "jobs"));
  return desk;
}

describe.concurrent.each(NODES)("the packed program on Node %s", (version) => {
  test("tells its version and its help, and nothing on standard error", async () => {
    await using desk = await deskOf(version);
    const { version: own } = JSON.parse(await readFile("package.json", "utf8")) as { version: string };
    const { status, out, err } = await desk.fxpd("--version");
    expect([status, err]).toEqual([0, ""]);
    // The build is the commit, where there is Git.
    expect(out.replace(/build [0-9a-f]{10}, /, "")).toBe(
      `${own} (Node.js v${version}, ${process.platform} ${process.arch})\n`,
    );
    const help = await desk.fxpd("--help");
    expect([help.status, help.err]).toEqual([0, ""]);
    expect(help.out).toContain("fxpd");
    expect(help.out).toContain("mirror");
  });

  test("says that a configuration is valid, and where one is not", async () => {
    await using desk = await deskOf(version);
    await writeFile(join(desk.path, "jobs/pub.yaml"), "mirror: {from: 'archive:tree', to: 'edge:pub'}\n");
    expect(await desk.fxpd("check")).toMatchObject({ status: 0, err: "" });
    await writeFile(join(desk.path, "jobs/bad.yaml"), "mirror: {form: 'archive:tree', to: 'edge:pub'}\n");
    const { status, out, err } = await desk.fxpd("check");
    expect(status).toBe(2);
    expect(out + err).toContain("form");
  });

  test("copies a file and mirrors a tree from server to server", async () => {
    await using desk = await deskOf(version);
    const to = `node-${version}`;
    const copied = await desk.fxpd("copy", "--json", "--fxp", "only", "archive:a.iso", `edge:${to}.iso`);
    expect([copied.status, copied.err]).toEqual([0, ""]);
    expect(await readFile(join(target.root, `${to}.iso`), "utf8")).toBe("the file\n");
    const mirrored = await desk.fxpd("mirror", "--json", "archive:tree", `edge:${to}`);
    expect([mirrored.status, mirrored.err]).toEqual([0, ""]);
    expect(await differenceOf(join(source.root, "tree"), join(target.root, to))).toBeUndefined();
  });

  test("as a daemon mirrors a tree, and sends mail and calls a webhook about a job that fails", async () => {
    await using mails = await receiveMail();
    await using calls = await receiveHttp(204);
    await using desk = await deskOf(version);
    const mail = `server: 127.0.0.1, port: ${mails.port}, tls: off, from: fxpd@test, to: ops@test`;
    const webhook = `url: "http://127.0.0.1:${calls.port}/hook"`;
    await writeFile(
      join(desk.path, "config/daemon.yaml"),
      `api: {port: 0}\nnotifications: {email: {${mail}}, webhooks: [{${webhook}}]}\n`,
    );
    const to = `daemon-${version}`;
    await writeFile(join(desk.path, "jobs/pub.yaml"), `mirror: {from: 'archive:tree', to: 'edge:${to}'}\n`);
    await writeFile(
      join(desk.path, "jobs/missing.yaml"),
      `copy: {from: 'archive:none', to: 'edge:${to}-none'}\n`,
    );
    const daemon = desk.begin("daemon");
    try {
      await until(async () => (await desk.fxpd("runs")).status === 0, "the daemon answers", PATIENCE_MS);
      expect(await desk.fxpd("submit", "pub", "--wait")).toMatchObject({ status: 0, err: "" });
      expect(await differenceOf(join(source.root, "tree"), join(target.root, to))).toBeUndefined();
      expect((await desk.fxpd("submit", "missing", "--wait")).status).toBe(1);
      const isTold = () => mails.received.length > 0 && calls.received.length > 0;
      await until(isTold, "a mail and a webhook have come", PATIENCE_MS);
      expect(mails.received[0]?.text).toContain("missing");
      expect(JSON.parse(calls.received[0]?.body ?? "")).toMatchObject({
        notices: [{ job: "missing", occasion: "failed" }],
      });
    } finally {
      daemon.child.kill("SIGTERM");
    }
    const { status, err } = await daemon.ended;
    expect(status).toBe(0);
    expect(err).not.toMatch(/^(?!\{)./m); // nothing but the log's own lines
  });
});
