import { mkdir, readdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningServer, startServer } from "../servers/index.ts";
import type { Desk } from "../support/desk.ts";
import { deskHere } from "../support/desk-here.ts";
import { Forwarder } from "../support/forwarder.ts";

const FILES = Array.from({ length: 100 }, (_, index) => `file-${index}`);
const MODIFIED = new Date(Date.UTC(2025, 1, 2, 3, 4, 5));

let server: RunningServer;
let forwarder: Forwarder;
let desk: Desk;
let target: string;
beforeAll(async () => {
  server = await startServer({ family: "vsftpd", tls: "required" });
  forwarder = await Forwarder.before(server);
  desk = await deskHere({ source: forwarder });
  target = join(desk.path, "target");
  await mkdir(target);
  for (const root of [target, server.root])
    for (const file of FILES) {
      await writeFile(join(root, file), "x");
      await utimes(join(root, file), MODIFIED, MODIFIED);
    }
  const tls = `tls: {policy: required, caFile: ${server.caFile}, serverName: ${server.address}}`;
  const host = join(desk.path, "config/hosts/source.yaml");
  const lines = [`address: ${forwarder.address}`, `port: ${forwarder.port}`, `user: ${forwarder.user}`];
  await writeFile(host, [...lines, "passwordFrom: {env: SECRET}", tls, ""].join("\n"));
});
afterAll(async () => {
  for (const one of [desk, forwarder, server]) await one[Symbol.asyncDispose]();
});

const mirror = (...more: readonly string[]) =>
  desk.fxpd("mirror", "--json", "--delete", ...more, "source:.", "./target");

test("promise 4, a TLS listing that is cut on the way deletes nothing, and the run says so", async () => {
  await writeFile(join(target, "extra"), "x");
  const untouched = await mirror("--dry-run");
  expect(untouched.summary, untouched.err).toMatchObject({ outcome: "succeeded" });
  // The last record is the close_notify, and the one before it has the last names.
  for (const missing of [1, 2]) {
    forwarder.cut({ after: Math.max(...forwarder.pieces) - missing, times: 1_000 });
    const ended = await mirror("--retries", "1");
    expect(ended.status, ended.err).not.toBe(0);
    expect(ended.err).toMatch(/ended without close_notify/);
    expect(await readdir(target)).toHaveLength(FILES.length + 1);
    forwarder.cut({ after: 0, times: 0 });
    await mirror("--dry-run");
  }
  forwarder.cut({ after: Math.max(...forwarder.pieces) - 1, times: 1 });
  const again = await mirror("--retries", "1");
  expect(again.status, again.err).toBe(0);
  expect((await readdir(target)).sort()).toEqual([...FILES].sort());
});
