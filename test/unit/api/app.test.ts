import { afterEach, beforeEach, expect, test } from "vitest";
import { appOf } from "../../../src/api/app.ts";
import { tokenOf } from "../../../src/api/auth.ts";
import type { Edges } from "../../../src/api/edges.ts";
import { Streams } from "../../../src/api/event-stream.ts";
import { Control } from "../../../src/orchestrator/runs/control.ts";
import type { Logger } from "../../../src/shared/logger.ts";

interface Line {
  readonly fields: object;
  readonly message: string;
}

let lines: Line[];
let redis: { status: string };
beforeEach(() => {
  lines = [];
  redis = { status: "ready" };
});
const streams = new Streams({ info: () => {}, warn: () => {}, error: () => {} });
afterEach(() => streams[Symbol.dispose]());

const TOKENS = [tokenOf("eye", "read", "look-1"), tokenOf("ops", "operate", "do-1")];
const READ = { authorization: "Bearer look-1" };
const OPERATE = { authorization: "Bearer do-1" };

function appWith(more: Partial<Edges> = {}) {
  const keep = (fields: object, message: string) => void lines.push({ fields, message });
  const log: Logger = { info: keep, warn: keep, error: keep };
  const nobody = async () => undefined;
  const store = { get: nobody, unfinished: async () => [], latest: async () => [] };
  const edges = {
    installation: { redis, store, control: new Control({ store } as never), clock: { now: () => 0 } },
    definitions: { all: async () => ({ definitions: [], faults: [] }) },
    tokens: TOKENS,
    address: "127.0.0.1",
    parts: new Map(),
    log,
    streams,
    version: "9.9.9",
    ...more,
  } as unknown as Edges;
  return appOf(edges);
}

function ask(path: string, init: RequestInit = {}, more: Partial<Edges> = {}, remoteAddress = "127.0.0.1") {
  const headers = { host: "localhost:8021", ...(init.headers as object) };
  return appWith(more).request(path, { ...init, headers }, { incoming: { socket: { remoteAddress } } });
}

const post = (headers: object, body?: string) =>
  ({ method: "POST", headers, ...(body === undefined ? {} : { body }) }) as RequestInit;

test.each<[string, RequestInit, number]>([
  ["/healthz", {}, 200],
  ["/api/v1/openapi.json", {}, 200],
  ["/api/v1/runs", {}, 401],
  ["/metrics", {}, 401],
  ["/api/v1/events", {}, 401],
  ["/api/v1/runs", { headers: READ }, 200],
  ["/api/v1/runs?limit=0", { headers: READ }, 422],
  ["/api/v1/runs?limt=1", { headers: READ }, 422],
  ["/api/v1/runs/none", { headers: READ }, 404],
  ["/api/v1/runs/a:log", { headers: READ }, 404],
  ["/api/v1/runs/..%2f..", { headers: READ }, 404],
  ["/api/v1/nothing", { headers: READ }, 404],
  ["/", {}, 404],
  ["/api/v1/runs", post(READ, "{}"), 403],
  ["/api/v1/runs/none/cancel", post(READ), 403],
  ["/api/v1/reload", post({}), 401],
  ["/api/v1/runs", post(OPERATE, "{"), 400],
  ["/api/v1/runs", post(OPERATE, "{}"), 422],
  ["/api/v1/runs", post(OPERATE, "x".repeat(300_000)), 413],
  ["/api/v1/runs/none/cancel", post(OPERATE), 404],
  ["/api/v1/jobs", post(OPERATE), 405],
  ["/healthz", { method: "DELETE" }, 405],
])("%s with %j is answered with %i", async (path, init, status) => {
  const answer = await ask(path, init);
  expect(answer.status).toBe(status);
  expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
  expect(answer.headers.get("cache-control")).toBe("no-store");
  if (status < 400) return;
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
  const problem = (await answer.json()) as { status: number; detail: string };
  expect(problem.status).toBe(status);
  expect(problem.detail).toMatch(/^[^\n]{10,}$/);
});

test("a 401 says what it wants", async () => {
  expect((await ask("/api/v1/jobs")).headers.get("www-authenticate")).toBe('Bearer realm="fxpd"');
});

test("without tokens this machine may look, others may not, and nobody may change anything", async () => {
  expect((await ask("/api/v1/runs", {}, { tokens: [] })).status).toBe(200);
  expect((await ask("/api/v1/runs", {}, { tokens: [] }, "192.0.2.1")).status).toBe(403);
  const { status } = await ask("/api/v1/runs/none/cancel", post(OPERATE), { tokens: [] });
  expect(status).toBe(403);
});

test.each([{ host: "evil.example" }, { origin: "http://evil.example" }])(
  "a page of another site gets nothing: %j",
  async (headers) => {
    expect((await ask("/healthz", { headers })).status).toBe(403);
    expect((await ask("/api/v1/runs", { headers: { ...READ, ...headers } })).status).toBe(403);
  },
);

test("whatever is to change something leaves a line that says who and what, granted or not", async () => {
  await ask("/api/v1/runs/none/cancel", post(OPERATE));
  await ask("/api/v1/runs", post(READ, "{}"));
  await ask("/api/v1/runs", post({ authorization: "Bearer guess" }, "{}"));
  await ask("/api/v1/runs", { headers: READ });
  expect(lines).toEqual([
    {
      fields: { by: "ops", asked: "POST /api/v1/runs/none/cancel", status: 404 },
      message: "asked by the API",
    },
    { fields: { by: "eye", asked: "POST /api/v1/runs", status: 403 }, message: "asked by the API" },
    { fields: { by: undefined, asked: "POST /api/v1/runs", status: 401 }, message: "asked by the API" },
  ]);
  expect(JSON.stringify(lines)).not.toMatch(/do-1|look-1|guess/);
});

test("what nobody expected is told to the log, and not to who asked", async () => {
  const definitions = { all: () => Promise.reject(new TypeError("hush")) } as unknown as Edges["definitions"];
  const answer = await ask("/api/v1/jobs", { headers: READ }, { definitions });
  expect(answer.status).toBe(500);
  expect(await answer.text()).not.toContain("hush");
  expect(lines).toEqual([{ fields: { asked: "/api/v1/jobs", because: "hush" }, message: "API" }]);
});

test.each([
  ["reconnecting", "closed"],
  ["ready", "Command timed out"],
])("while Redis is %s and says %j, that is the answer", async (status, message) => {
  redis.status = status;
  const definitions = { all: () => Promise.reject(new Error(message)) } as unknown as Edges["definitions"];
  const answer = await ask("/api/v1/jobs", { headers: READ }, { definitions });
  expect(answer.status).toBe(503);
});
