import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Api, API_SETTINGS, plantTokens, TOKENS } from "../support/api.ts";
import { Fleet, until } from "../support/fleet.ts";

let fleet: Fleet;
let api: Api;

beforeAll(async () => {
  fleet = await Fleet.open({}, API_SETTINGS);
  await plantTokens(fleet);
  await writeFile(join(fleet.desk.path, "a.txt"), "bytes");
  await fleet.job("local", `copy: {from: ${fleet.desk.path}/a.txt, to: ${fleet.desk.path}/b.txt}`);
  await fleet.start("daemon");
  api = Api.of(fleet, TOKENS.ops);
});
afterAll(() => fleet[Symbol.asyncDispose]());

const trail = () => join(fleet.desk.path, "state/audit.jsonl");

async function rows(...options: readonly string[]) {
  const { status, events, summary } = await fleet.fxpd("audit", "--json", ...options);
  expect(status).toBe(0);
  expect(summary).toMatchObject({ outcome: "succeeded" });
  return events.slice(0, -1);
}

test("what the command line, the API and a reload ask for is in the audit trail, in one chain", async () => {
  const commands = [
    ["submit", "local"],
    ["submit", "local", "--dry-run"],
    ["cancel", "none"],
    ["pause", "local"],
    ["submit", "lokal"],
  ];
  await Promise.all([
    ...commands.map((words) => fleet.fxpd(...words)),
    ...Array.from({ length: 8 }, () => api.post("/api/v1/runs", { job: "local" })),
  ]);
  await api.as(TOKENS.eye).post("/api/v1/jobs/local/pause");
  await api.as("guess").post("/api/v1/reload");
  fleet.members[0]?.child.kill("SIGHUP");
  await until(async () => (await readFile(trail(), "utf8")).includes('"SIGHUP"'), "the reload is in it");
  const all = await rows();
  const asked = all.map(({ what, outcome, from }) => `${String(what)} ${String(outcome)} ${String(from)}`);
  expect(asked.filter((one) => one === "submit done 127.0.0.1")).toHaveLength(8);
  expect(asked).toEqual(
    expect.arrayContaining([
      "submit done command line",
      "submit refused command line",
      "cancel refused command line",
      "pause done command line",
      "pause refused 127.0.0.1",
      "reload refused 127.0.0.1",
      "reload done SIGHUP",
    ]),
  );
  const submitted = all.find(({ what, outcome }) => what === "submit" && outcome === "done");
  expect(submitted?.["on"]).toMatch(/^local_/);
  expect(all.map(({ sequence }) => sequence)).toEqual(all.map((_, at) => at + 1));
  expect(JSON.stringify(all)).not.toContain(TOKENS.ops);
  for (const name of await readdir(join(fleet.desk.path, "state")))
    if (name.startsWith("audit"))
      expect((await stat(join(fleet.desk.path, "state", name))).mode & 0o077).toBe(0);
  expect(await fleet.fxpd("audit", "--verify")).toMatchObject({
    status: 0,
    out: expect.stringContaining("intact"),
  });
});

test("the last rows are listed, and those since a time", async () => {
  expect(await rows("--limit", "2")).toHaveLength(2);
  expect(await rows("--since", "2100-01-01")).toEqual([]);
  expect((await rows("--since", "1h")).length).toBeGreaterThan(10);
  expect((await fleet.fxpd("audit")).out).toMatch(
    /^\d{4}-.*ops \(127\.0\.0\.1\) {2}submit local_.* {2}done$/m,
  );
  expect(await fleet.fxpd("audit", "--since", "soon")).toMatchObject({ status: 2 });
  expect(await fleet.fxpd("audit", "--json", "--limit", "0")).toMatchObject({
    status: 2,
    summary: { outcome: "failed", because: expect.stringContaining("--limit") },
  });
});

test("a row that was altered is named, with status 1", async () => {
  const lines = (await readFile(trail(), "utf8")).split("\n");
  lines[2] = (lines[2] ?? "").replace(/"outcome":"[a-z]+"/, '"outcome":"failed"');
  await writeFile(trail(), lines.join("\n"));
  const plain = await fleet.fxpd("audit", "--verify");
  expect([plain.status, plain.err]).toEqual([1, expect.stringContaining("row 3")]);
  const { status, events } = await fleet.fxpd("audit", "--verify", "--json");
  expect(status).toBe(1);
  expect(events).toEqual([
    expect.objectContaining({ intact: false, rows: 2, altered: expect.objectContaining({ sequence: 3 }) }),
    expect.objectContaining({
      event: "summary",
      outcome: "failed",
      because: expect.stringContaining("row 3"),
    }),
  ]);
});
