import { chmod, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Api, plantTokens, TOKENS } from "../../support/api.ts";
import { Fleet, until } from "../../support/fleet.ts";
import { treeServer } from "../../support/tree-server.ts";

// The API reaches only what it was given: the built daemon, attacked by requests.

const BANNER = "SSH-2.0-OpenSSH_9.2p1 secret-banner";
const SETTINGS = (allowUrls: string) => [
  "api:",
  "  port: 0",
  `  allowUrls: ${allowUrls}`,
  "  tokens:",
  "    - {name: ops, tokenFrom: {file: ops-token}, role: operate}",
  "    - {name: eye, tokenFrom: {file: eye-token}, role: operate, jobs: [nightly-*], hosts: [edge], paths: [/pub]}",
];

let ftp: Awaited<ReturnType<typeof treeServer>>;
let other: Server;
let fleet: Fleet;
let api: Api;

beforeAll(async () => {
  ftp = await treeServer();
  ftp.tree.makeDirectory("/pub", 0);
  ftp.tree.write("/pub/a", Buffer.from("bytes"), 0);
  other = createServer((socket) => socket.on("error", () => {}).end(`${BANNER}\r\n`));
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  fleet = await Fleet.open({ edge: ftp }, SETTINGS("true"));
  await plantTokens(fleet);
  const netrc = join(fleet.desk.path, "netrc");
  await writeFile(netrc, "default login everybody password planted-5d1\n");
  await chmod(netrc, 0o600);
  process.env["NETRC"] = netrc;
  for (const name of ["nightly-pub", "weekly"])
    await fleet.job(name, "copy: {from: 'edge:/pub/a', to: 'edge:/pub/b'}");
  await fleet.start("daemon");
  api = Api.of(fleet, TOKENS.ops);
});
afterAll(async () => {
  delete process.env["NETRC"];
  await fleet[Symbol.asyncDispose]();
  other.close();
  await ftp[Symbol.asyncDispose]();
});

const portOf = (server: Server) => (server.address() as { port: number }).port;

/** All that the API says of a run until its end. */
async function told(from: string): Promise<string> {
  const document = { copy: { from, to: "edge:/pub/" }, retries: 0, timeout: "5s" };
  const { status, body } = await api.post("/api/v1/runs", document);
  expect(status, JSON.stringify(body)).toBe(202);
  const path = `/api/v1/runs/${String(body["id"])}`;
  await until(async () => (await api.get(path)).body["state"] === "ended", `${path} ends`, 30_000);
  const [run, log] = await Promise.all([api.get(path), api.get(`${path}/log`)]);
  return `${run.text}\n${log.text}`;
}

test("what other services answer, and whether anything listens, is not repeated to who names them by URL", async () => {
  const closed = createServer();
  await new Promise<void>((resolve) => closed.listen(0, "127.0.0.1", resolve));
  const port = portOf(closed);
  await new Promise((resolve) => closed.close(resolve));
  const reasons = [];
  for (const one of [portOf(other), port]) {
    const text = await told(`ftp://127.0.0.1:${one}/x`);
    expect(text).not.toMatch(/SSH|banner|refused:|ECONNREFUSED/);
    expect(text).toContain('"outcome":"failed"');
    reasons.push(/"because":"([^"]*)"/.exec(text)?.[1]);
  }
  expect(reasons[0]).toBe(reasons[1]);
});

test("a URL in a request gets no password of the netrc file, its default entry included", async () => {
  await told(`ftp://127.0.0.1:${ftp.port}/pub/a`).catch(() => "");
  expect(JSON.stringify(ftp.commands)).not.toMatch(/planted-5d1|everybody/);
});

test("a page of another site opens no stream and gets no answer", async () => {
  for (const headers of [{ "sec-fetch-site": "cross-site" }, { origin: "http://evil.example" }])
    for (const path of ["/api/v1/events", "/api/v1/runs", "/healthz"]) {
      const authorization = `Bearer ${TOKENS.ops}`;
      const answer = await fetch(api.base + path, { headers: { ...headers, authorization } });
      expect(answer.status, path).toBe(403);
      await answer.body?.cancel();
    }
});

test("a token for a part of the jobs gets that part, and JSON nested too deep is the caller's fault", async () => {
  const part = api.as(TOKENS.eye);
  const { body } = await part.get("/api/v1/jobs");
  expect((body["jobs"] as { name: string }[]).map(({ name }) => name)).toEqual(["nightly-pub"]);
  expect((await part.post("/api/v1/runs", { job: "weekly" })).status).toBe(404);
  expect((await part.post("/api/v1/runs", { job: "nightly-pub" })).status).toBe(202);
  const out = { name: "nightly-x", copy: { from: "edge:/etc/a", to: "edge:/pub/" } };
  expect((await part.post("/api/v1/runs", out)).status).toBe(403);
  const url = { name: "nightly-x", copy: { from: "ftp://127.0.0.1/pub/a", to: "edge:/pub/" } };
  expect((await part.post("/api/v1/runs", url)).status).toBe(403);
  const headers = { authorization: `Bearer ${TOKENS.ops}` };
  const deep = `{"copy":${"[".repeat(20_000)}${"]".repeat(20_000)}}`;
  expect((await fetch(`${api.base}/api/v1/runs`, { method: "POST", headers, body: deep })).status).toBe(400);
});
