import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startRedis, type TestRedis } from "../support/redis.ts";
import { TreeRuns } from "../support/tree-runs.ts";

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis[Symbol.asyncDispose]());

const hasEnded = (runs: TreeRuns) =>
  vi.waitFor(async () => expect((await runs.record()).state).toBe("ended"), {
    timeout: 60_000,
    interval: 50,
  });

async function runsOf(prefix: string, names: readonly string[]): Promise<TreeRuns> {
  const runs = await TreeRuns.open(redis.port, prefix);
  runs.source.tree.makeDirectory("/in", 0);
  runs.target.tree.makeDirectory("/out", 0);
  for (const name of names) runs.source.tree.write(`/in/${name}`, Buffer.from("x"), 0);
  return runs;
}

test("what both servers said about a file that failed is kept, without the password; of others nothing", async () => {
  await using runs = await runsOf("transcripts", ["good", "bad"]);
  runs.source.fault({ kind: "refusal", at: "/in/bad", verbs: ["RETR"], reply: "550 no" });
  await runs.ask({ copy: { from: "a:/in/*", to: "b:/out/" }, parallel: 1, retries: 0 });
  await runs.own.worker();
  await hasEnded(runs);
  const { files, leftOut } = await runs.own.installation.store.transcripts.of("run");
  expect(leftOut).toBe(0);
  expect(files.map(({ source, outcome }) => [source, outcome])).toEqual([["a:/in/bad", "failed"]]);
  const lines = files[0]?.lines ?? [];
  for (const host of ["a", "b"])
    for (const from of ["us", "server"])
      expect(lines.filter((line) => line.host === host && line.from === from)).not.toEqual([]);
  expect(JSON.stringify(files)).not.toContain(runs.source.password);
});

test("of a run that was asked for with -vv the conversations about all files and the planning are kept", async () => {
  await using runs = await runsOf("alltranscripts", ["one", "two"]);
  await runs.ask({ copy: { from: "a:/in/*", to: "b:/out/" } }, { keepsTranscripts: true });
  await runs.own.worker();
  await hasEnded(runs);
  const { files } = await runs.own.installation.store.transcripts.of("run");
  expect(files.map(({ source, outcome, during }) => [source, outcome, during]).sort()).toEqual([
    ["a:/in/*", "succeeded", "planning"],
    ["a:/in/one", "succeeded", undefined],
    ["a:/in/two", "succeeded", undefined],
  ]);
  expect(JSON.stringify(files)).not.toContain(runs.source.password);
});

test("conversations of one run have a bound, and how many were not kept is known", async () => {
  await using runs = await runsOf("boundedtranscripts", []);
  await runs.ask({ copy: { from: "a:/in/*", to: "b:/out/" } });
  const { store } = runs.own.installation;
  const line = { at: 1, host: "a", from: "us", text: "x".repeat(1_000) } as const;
  const lines = Array.from({ length: 10 }, () => line);
  for (let at = 0; at < 10; at += 1)
    await store.transcripts.add("run", { source: "s", target: "t", outcome: "failed", lines }, false);
  const { files, leftOut } = await store.transcripts.of("run");
  expect(files.length).toBeLessThan(10);
  expect(files.length + leftOut).toBe(10);
  expect(JSON.stringify(files).length).toBeLessThan(64_100);
});

test("what kept a directory from being planned is kept, and the rest of the planning is not", async () => {
  await using runs = await runsOf("plantranscripts", ["good"]);
  runs.source.tree.makeDirectory("/in/closed", 0);
  runs.source.fault({
    kind: "refusal",
    at: "/in/closed",
    verbs: ["MLSD", "LIST", "CWD"],
    reply: "550 not yours",
  });
  await runs.ask({ mirror: { from: "a:/in", to: "b:/out" }, retries: 0 });
  await runs.own.worker();
  await hasEnded(runs);
  const { files } = await runs.own.installation.store.transcripts.of("run");
  expect(files.map(({ during, path, source, target }) => [during, path, source, target])).toEqual([
    ["planning", "a:/in/closed", "a:/in", "b:/out"],
  ]);
  expect(files[0]?.lines.map(({ text }) => text)).toContain("550 not yours");
  expect(JSON.stringify(files)).not.toContain(runs.source.password);
});

test("a run that cannot be planned keeps what the servers said, from the login on", async () => {
  await using runs = await runsOf("logintranscripts", []);
  runs.source.fault({ kind: "refusal", verbs: ["PASS"], reply: "530 not today" });
  await runs.ask({ mirror: { from: "a:/in", to: "b:/out" }, retries: 0 });
  await runs.own.worker();
  await hasEnded(runs);
  const { files } = await runs.own.installation.store.transcripts.of("run");
  expect(files.map(({ during, outcome }) => [during, outcome])).toEqual([["planning", "failed"]]);
  const said = files[0]?.lines.filter(({ host }) => host === "a").map(({ text }) => text) ?? [];
  expect(said).toContain("530 not today");
  expect(said).toContain(`USER ${runs.source.user}`);
  expect(JSON.stringify(files)).not.toContain(runs.source.password);
});

test("of conversations that many lanes have because of the same trouble, one is kept", async () => {
  await using runs = await runsOf("oncetranscripts", []);
  await runs.ask({ copy: { from: "a:/in/*", to: "b:/out/" } });
  const { transcripts } = runs.own.installation.store;
  const line = { at: 1, host: "a", from: "server", text: "421 too many" } as const;
  const ends = { source: "a", target: "b", outcome: "failed" } as const;
  const kept = { during: "connecting" as const, ...ends, lines: [line] };
  for (const because of ["421", "421", "530"]) await transcripts.add("run", kept, false, because);
  expect(await transcripts.of("run")).toEqual({ files: [kept, kept], leftOut: 0 });
});
