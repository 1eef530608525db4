import { afterEach, expect, test } from "vitest";
import { randomLoopback } from "../servers/index.ts";
import { Api, API_SETTINGS, plantTokens, TOKENS } from "../support/api.ts";
import { Fleet, type Member, until } from "../support/fleet.ts";

let fleet: Fleet;
afterEach(() => fleet[Symbol.asyncDispose]());

test("an API apart is heard by the scheduler, and says what it is missing", async () => {
  fleet = await Fleet.open({}, API_SETTINGS);
  await plantTokens(fleet);
  await fleet.job("pub", "mirror: {from: 'ftp://192.0.2.1/pub', to: 'ftp://192.0.2.2/pub'}");
  await fleet.start("api");
  const api = Api.of(fleet, TOKENS.ops);
  const alone = await api.post("/api/v1/reload");
  expect([alone.status, alone.body["detail"]]).toEqual([409, "no scheduler is running"]);
  const scheduler = await fleet.start("scheduler");
  const { status, body } = await api.post("/api/v1/reload");
  expect([status, body]).toEqual([202, { jobs: 1, schedulers: 1 }]);
  await until(() => scheduler.log.includes("configuration reloaded"), "the scheduler has heard");
  const run = await api.post("/api/v1/runs", { job: "pub" });
  expect([run.status, run.body["state"]]).toEqual([202, "queued"]);
  const cancelled = await api.post(`/api/v1/runs/${String(run.body["id"])}/cancel`);
  expect([cancelled.status, cancelled.body["outcome"]]).toEqual([202, "cancelled"]);
});

const listens = ({ log }: Member) => log.includes('"API listening"');

test("a second daemon waits for the port of the first, and has it afterwards; an API alone does not wait", async () => {
  const address = randomLoopback();
  fleet = await Fleet.open({}, [`api: {address: ${address}, port: 8021}`]);
  const first = await fleet.start("daemon");
  const second = await fleet.start("daemon");
  expect([listens(first), listens(second)]).toEqual([true, false]);
  expect(second.log).toContain(
    "waiting for the API port, which another process is using; set api.port to use another port",
  );
  const alone = fleet.begin("api");
  await until(() => alone.hasEnded, "it has ended");
  expect(alone.child.exitCode).toBe(2);
  expect(alone.log).toContain("EADDRINUSE");
  expect(await first.end("SIGTERM")).toBe(0);
  await until(() => listens(second), "the second listens");
  const answer = await fetch(`http://${address}:8021/healthz`);
  expect(await answer.json()).toEqual({ ok: true, reasons: [] });
});

test("without tokens this machine may look, and nobody may change anything", async () => {
  fleet = await Fleet.open({}, ["api: {port: 0}"]);
  await fleet.start("api");
  const api = Api.of(fleet, "");
  expect((await api.get("/api/v1/runs")).status).toBe(200);
  const { status, body } = await api.post("/api/v1/reload");
  expect([status, body["detail"]]).toEqual([
    403,
    "without tokens, the API is read-only; to allow changes, define a token under api.tokens in daemon.yaml",
  ]);
});
