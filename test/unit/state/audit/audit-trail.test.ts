import { chmod, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { AuditTrail } from "../../../../src/state/audit/audit-trail.ts";
import { HOSTILE, UNSEEN } from "../../../support/foreign-text.ts";

let path: string;
let nowMs: number;
beforeEach(async () => {
  nowMs = Date.UTC(2026, 10, 28);
  path = await mkdtemp(join(tmpdir(), "fxpd-audit-"));
});
afterEach(() => rm(path, { recursive: true }));

const trailOf = (mostBytes?: number) =>
  new AuditTrail(path, { now: () => (nowMs += 1_000), ...(mostBytes === undefined ? {} : { mostBytes }) });
const entry = (on: string) => ({
  who: "ops",
  from: "127.0.0.1",
  what: "cancel",
  on,
  outcome: "done" as const,
});

async function filled(count: number, mostBytes?: number): Promise<AuditTrail> {
  const trail = trailOf(mostBytes);
  for (let at = 1; at <= count; at += 1) await trail.append(entry(`run-${at}`));
  return trail;
}

/** The files of the trail as one list of lines, and how to put them back. */
async function lines(): Promise<string[]> {
  return (await readFile(join(path, "audit.jsonl"), "utf8")).trimEnd().split("\n");
}
const put = (all: readonly string[]) => writeFile(join(path, "audit.jsonl"), `${all.join("\n")}\n`);

test("a row says when, who, from where, what, on what and what came of it; only its user reads it", async () => {
  const trail = await filled(2);
  const [first, second] = [...trail.rows()];
  expect(first).toMatchObject({ sequence: 1, at: "2026-11-28T00:00:01.000Z", ...entry("run-1") });
  expect(second?.previous).toBe(first?.digest);
  for (const name of ["audit.jsonl", "audit.head"])
    expect((await stat(join(path, name))).mode & 0o777).toBe(0o600);
  expect(trail.verify()).toEqual({ sound: 2, altered: undefined });
});

test("what was killed while it wrote beside the trail leaves nothing there for ever", async () => {
  const aside = join(path, "audit.head.0123456789abcdef1z");
  await writeFile(aside, "{");
  await utimes(aside, 1, 1);
  await filled(1);
  expect((await readdir(path)).sort()).toEqual(["audit.head", "audit.jsonl"]);
});

test.each<[string, (all: string[]) => string[], number]>([
  ["another outcome", (all) => all.with(2, all[2]!.replace('"done"', '"refused"')), 3],
  ["another time in the last row", (all) => all.with(4, all[4]!.replace("00:00:05", "00:00:06")), 5],
  ["a field more", (all) => all.with(0, all[0]!.replace("{", '{"x":1,')), 1],
  ["a row taken out", (all) => all.toSpliced(1, 1), 2],
  ["the first row taken out", (all) => all.slice(1), 1],
  ["the last two rows taken out", (all) => all.slice(0, -2), 4],
  ["two rows exchanged", (all) => [all[0]!, all[2]!, all[1]!, ...all.slice(3)], 2],
  ["a row twice", (all) => [all[0]!, all[0]!, ...all.slice(1)], 2],
  ["no row at all", (all) => all.with(3, "{"), 4],
  ["nothing left", () => [], 1],
])("%s is found, and which row it is", async (_, alter, sequence) => {
  const trail = await filled(5);
  await put(alter(await lines()));
  expect(trail.verify().altered?.sequence).toBe(sequence);
  expect(trail.verify().sound).toBe(sequence - 1);
  // What is written afterwards does not make it good.
  await trail.append(entry("later"));
  expect(trail.verify().altered?.sequence).toBe(sequence);
});

test("a row of a chain that somebody made anew is found by the row behind it", async () => {
  const trail = await filled(3);
  const honest = await lines();
  await rm(join(path, "audit.jsonl"));
  await rm(join(path, "audit.head"));
  await trail.append({ ...entry("run-1"), who: "somebody" });
  await put([(await lines())[0]!, ...honest.slice(1)]);
  expect(trail.verify().altered).toEqual({ sequence: 2, because: "it does not follow the previous row" });
});

test("full files are put aside, and the chain goes on across them", async () => {
  const trail = await filled(20, 1_000);
  const files = (await readdir(path)).filter((name) => /^audit.*jsonl$/.test(name));
  expect(files.length).toBeGreaterThan(3);
  expect(trail.verify()).toEqual({ sound: 20, altered: undefined });
  expect([...trail.rows()].map(({ on }) => on)).toEqual(
    Array.from({ length: 20 }, (_, at) => `run-${at + 1}`),
  );
  const [oldest = ""] = files.sort();
  await rm(join(path, oldest));
  expect(trail.verify().altered?.sequence).toBe(1);
});

test("a line that a crash has cut is dropped, and the chain goes on", async () => {
  const trail = await filled(2);
  await writeFile(join(path, "audit.jsonl"), '{"sequence":3,"at"', { flag: "a" });
  await trail.append(entry("run-3"));
  expect(trail.verify()).toEqual({ sound: 3, altered: undefined });
});

test("a chain head left by a crash does not count as tampering", async () => {
  const trail = await filled(2);
  const head = await readFile(join(path, "audit.head"), "utf8");
  await trail.append(entry("run-3"));
  await writeFile(join(path, "audit.head"), head);
  expect(trail.verify()).toEqual({ sound: 3, altered: undefined });
  await trail.append(entry("run-4"));
  expect(trail.verify()).toEqual({ sound: 4, altered: undefined });
});

test("many writers at once write one chain", async () => {
  await Promise.all(Array.from({ length: 40 }, (_, at) => trailOf(1_500).append(entry(`run-${at}`))));
  expect(trailOf().verify()).toEqual({ sound: 40, altered: undefined });
});

test("the lock of a process that has died is nobody's", async () => {
  const gone = {
    machine: (await import("node:os")).hostname(),
    process: 999_999_999,
    since: "1",
    isFree: false,
  };
  await writeFile(join(path, "audit.lock"), `${JSON.stringify(gone)}\n`);
  await chmod(join(path, "audit.lock"), 0o600);
  const trail = await filled(1);
  expect(trail.verify()).toEqual({ sound: 1, altered: undefined });
  expect(await readdir(path)).not.toContain("audit.lock");
});

test("texts that others choose are cut, and stay one line", async () => {
  const trail = trailOf();
  await trail.append({ ...entry("x".repeat(100_000)), because: "a\nb\u001b" });
  await trail.append(entry("run-2"));
  expect((await lines()).length).toBe(2);
  expect((await lines())[0]!.length).toBeLessThan(2_000);
  expect(trail.verify()).toEqual({ sound: 2, altered: undefined });
});

test("without any row the trail is intact", () => {
  expect(new AuditTrail(join(path, "none"), { now: () => 0 }).verify()).toEqual({
    sound: 0,
    altered: undefined,
  });
});

test("whatever name somebody gave it is there as data, safe to show, and proves the same", async () => {
  const trail = await filled(1);
  await trail.append(entry(HOSTILE));
  for (const line of await lines()) expect(line).not.toMatch(UNSEEN);
  expect([...trail.rows()].at(-1)?.on).toBe(HOSTILE);
  expect(trail.verify()).toEqual({ sound: 2, altered: undefined });
});
