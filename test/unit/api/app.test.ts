import { afterEach, beforeEach, expect, test } from "vitest";
import { appOf } from "../../../src/api/app.ts";
import { tokenOf } from "../../../src/api/access/auth.ts";
import type { ApiDeps } from "../../../src/api/deps.ts";
import { EventStreams } from "../../../src/api/event-stream.ts";
import { Control } from "../../../src/orchestrator/runs/control.ts";
import type { AuditEntry } from "../../../src/state/audit/audit-row.ts";
import { type Logger, noLogger } from "../../../src/shared/logger.ts";

interface Line {
  readonly fields: object;
  readonly message: string;
}

let lines: Line[];
let server: { isReady: boolean };
let waited: string[];
let rows: AuditEntry[];
beforeEach(() => {
  waited = [];
  rows = [];
  lines = [];
  server = { isReady: true };
});
const streams = new EventStreams(noLogger);
afterEach(() => streams[Symbol.dispose]());

const TOKENS = [tokenOf("eye", "read", "look-1"), tokenOf("ops", "operate", "do-1")];
const READ = { authorization: "Bearer look-1" };
const OPERATE = { authorization: "Bearer do-1" };

function appWith(more: Partial<ApiDeps> = {}) {
  const keep = (fields: object, message: string) => void lines.push({ fields, message });
  const log: Logger = { info: keep, batched: keep, warn: keep, error: keep };
  const nobody = async () => undefined;
  const { installation = {}, ...others } = more;
  const { store = { get: nobody, unfinished: async () => [], latest: async () => [] } } =
    installation as Partial<ApiDeps["installation"]>;
  const audit = { append: async (row: AuditEntry) => void rows.push(row) };
  const usual = {
    kv: { server },
    store,
    control: new Control({ store } as never),
    clock: { now: () => 0 },
    audit,
  };
  const deps = {
    definitions: { all: async () => ({ definitions: [], faults: [] }) },
    tokens: TOKENS,
    wrongTokens: { requirePatience: () => {}, wait: async (address: string) => void waited.push(address) },
    allowUrls: false,
    address: "127.0.0.1",
    parts: new Map(),
    log,
    streams,
    version: "9.9.9",
    page: new Map(),
    ...others,
    installation: { ...usual, ...installation },
  } as unknown as ApiDeps;
  return appOf(deps);
}

function ask(path: string, init: RequestInit = {}, more: Partial<ApiDeps> = {}, remoteAddress = "127.0.0.1") {
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
  ["/api/v1/runs", post(OPERATE, "[".repeat(20_000) + "]".repeat(20_000)), 400],
  ["/api/v1/runs", post(OPERATE, `{"copy":${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)}}`), 400],
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

test.each([
  { host: "evil.example" },
  { origin: "http://evil.example" },
  { "sec-fetch-site": "cross-site" },
  { "sec-fetch-site": "same-site" },
])("a page of another site gets nothing, neither with GET nor as a stream: %j", async (headers) => {
  for (const path of ["/healthz", "/api/v1/runs", "/api/v1/events", "/metrics", "/api/v1/openapi.json"])
    for (const more of [{}, READ, OPERATE])
      expect((await ask(path, { headers: { ...more, ...headers } })).status, path).toBe(403);
  expect((await ask("/api/v1/events", { headers }, { tokens: [] })).status).toBe(403);
  expect((await ask("/api/v1/reload", post({ ...OPERATE, ...headers }))).status).toBe(403);
});

test("a wrong token waits for its answer, by address; a right one and none do not", async () => {
  await ask("/api/v1/runs", { headers: { authorization: "Bearer guess" } }, {}, "192.0.2.7");
  expect(waited).toEqual(["192.0.2.7"]);
  await ask("/api/v1/runs", { headers: READ });
  await ask("/api/v1/runs");
  expect(waited).toHaveLength(1);
});

test("report in a request is refused with a sentence", async () => {
  const body = { copy: { from: "a:x", to: "b:x/" }, report: "out.txt" };
  const answer = await ask("/api/v1/runs", post(OPERATE, JSON.stringify(body)));
  expect(answer.status).toBe(422);
  expect(await answer.text()).toContain("reports are written only by fxpd run");
});

test("a token for a part of the jobs sees and operates nothing of the others", async () => {
  const limits = { jobs: ["nightly"], hosts: ["edge"] };
  const tokens = [tokenOf("part", "operate", "part-1", limits)];
  const runOf = (id: string, job: string, to: string) => ({
    id,
    order: { job, document: { copy: { from: "edge:/a", to } }, rules: [], because: "" },
    counters: {},
    createdMs: 0,
    state: "running",
  });
  const runs = [
    runOf("r1", "nightly", "edge:/b"),
    runOf("r2", "weekly", "edge:/b"),
    runOf("r3", "nightly", "far:/b"),
  ];
  const get = async (id: string) => runs.find((run) => run.id === id);
  const store = { get, unfinished: async () => runs, latest: async () => runs, job: async () => ({}) };
  const definitions = {
    all: async () => ({
      definitions: runs.map(({ order }) => ({ name: order.job, document: order.document, job: {} })),
      faults: ["jobs/secret.yaml: wrong"],
    }),
  };
  const deps = { tokens, installation: { store }, definitions } as never;
  const headers = { authorization: "Bearer part-1" };
  const text = await (await ask("/api/v1/runs", { headers }, deps)).text();
  expect(text).toContain('"r1"');
  expect(text).not.toMatch(/"r2"|"r3"/);
  for (const id of ["r2", "r3"])
    for (const path of ["", "/log", "/events"])
      expect((await ask(`/api/v1/runs/${id}${path}`, { headers }, deps)).status).toBe(404);
  for (const what of ["cancel", "pause", "resume", "retry"])
    expect((await ask(`/api/v1/runs/r2/${what}`, post(headers), deps)).status).toBe(404);
  for (const what of ["pause", "resume", "skip", "unskip"])
    expect((await ask(`/api/v1/jobs/weekly/${what}`, post(headers), deps)).status).toBe(404);
  expect((await ask("/api/v1/jobs/weekly", { headers }, deps)).status).toBe(404);
  expect((await ask("/api/v1/schedule/next?job=weekly", { headers }, deps)).status).toBe(404);
  for (const [path, init] of [
    ["/metrics", { headers }],
    ["/api/v1/reload", post(headers)],
  ] as const)
    expect((await ask(path, init, deps)).status).toBe(403);
});

test("of servers that a request names by URL the API repeats no word", async () => {
  const order = {
    job: "x",
    document: { copy: { from: "ftp://127.0.0.1:22/a", to: "edge:/b" } },
    isForeign: true,
  };
  const run = { id: "r1", order, counters: { retries: 7 }, createdMs: 0, state: "ended", outcome: "failed" };
  const said = "127.0.0.1:22: SSH-2.0-OpenSSH_9.2";
  const events = ["retry", "fault", "note", "transfer"].map((event) => ({ event, because: said }));
  const store = {
    get: async () => ({ ...run, because: said }),
    logs: async () => events.map((event, index) => ({ id: `${index}`, atMs: 0, event })),
  };
  for (const path of ["", "/log"]) {
    const text = await (
      await ask(`/api/v1/runs/r1${path}`, { headers: READ }, { installation: { store } } as never)
    ).text();
    expect(text).not.toMatch(/SSH|"retry"|"retries":7/);
    expect(text).toContain("an error at a server that the request named by URL");
  }
});

test("whatever is to change something leaves a line that says who and what, granted or not", async () => {
  await ask("/api/v1/runs/none/cancel", post(OPERATE));
  await ask("/api/v1/runs", post(READ, "{}"));
  await ask("/api/v1/runs", post({ authorization: "Bearer guess" }, "{}"));
  await ask("/api/v1/runs", { headers: READ });
  expect(lines).toEqual([
    {
      fields: { by: "ops", request: "POST /api/v1/runs/none/cancel", status: 404 },
      message: "request through the API",
    },
    { fields: { by: "eye", request: "POST /api/v1/runs", status: 403 }, message: "request through the API" },
    {
      fields: { by: undefined, request: "POST /api/v1/runs", status: 401 },
      message: "request through the API",
    },
  ]);
  expect(JSON.stringify(lines)).not.toMatch(/do-1|look-1|guess/);
});

test("the audit trail has each request that is to change something, with who, from where and what came of it", async () => {
  await ask("/api/v1/runs/r1/cancel", post(OPERATE), {}, "192.0.2.7");
  await ask("/api/v1/runs", post(READ, "{}"));
  await ask("/api/v1/jobs/nightly/pause", post({ authorization: "Bearer guess" }));
  await ask("/api/v1/reload", post(OPERATE), {
    definitions: { reread: () => Promise.reject(new Error("x")) },
  } as never);
  await ask("/api/v1/runs", { headers: READ });
  expect(rows).toEqual([
    {
      who: "ops",
      from: "192.0.2.7",
      what: "cancel",
      on: "r1",
      outcome: "refused",
      because: "no such run: r1",
    },
    expect.objectContaining({ who: "eye", from: "127.0.0.1", what: "submit", outcome: "refused" }),
    expect.objectContaining({
      who: undefined,
      what: "pause",
      on: "nightly",
      because: expect.stringMatching(/^unknown token; /),
    }),
    expect.objectContaining({ who: "ops", what: "reload", outcome: "failed" }),
  ]);
  expect(JSON.stringify(rows)).not.toMatch(/do-1|look-1|guess/);
});

test("where the audit trail cannot be written, the log says so and the request is answered", async () => {
  const audit = { append: () => Promise.reject(new Error("disk full")) };
  const { status } = await ask("/api/v1/runs/r1/cancel", post(OPERATE), { installation: { audit } } as never);
  expect(status).toBe(404);
  expect(lines.at(-1)).toMatchObject({
    message: "cannot write to the audit trail; the trail lacks this entry",
    fields: { failure: "disk full" },
  });
});

test("an unexpected error goes to the log, and not to the client", async () => {
  const definitions = {
    all: () => Promise.reject(new TypeError("hush")),
  } as unknown as ApiDeps["definitions"];
  const answer = await ask("/api/v1/jobs", { headers: READ }, { definitions });
  expect(answer.status).toBe(500);
  expect(await answer.text()).not.toContain("hush");
  expect(lines).toEqual([
    { fields: { request: "/api/v1/jobs", because: "hush" }, message: "internal error in the API" },
  ]);
});

test.each([
  [false, "closed"],
  [true, "Command timed out"],
])("while Redis is connected: %s and says %j, that is the answer", async (isReady, message) => {
  server.isReady = isReady;
  const definitions = { all: () => Promise.reject(new Error(message)) } as unknown as ApiDeps["definitions"];
  const answer = await ask("/api/v1/jobs", { headers: READ }, { definitions });
  expect(answer.status).toBe(503);
});
