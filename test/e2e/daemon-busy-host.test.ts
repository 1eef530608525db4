import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningServer, startServers } from "../servers/index.ts";
import { Fleet, until } from "../support/fleet.ts";
import { transfersBetween } from "../support/transfers-between.ts";
import { differenceOf } from "../support/trees.ts";

const OCTETS = 100_000;
const LANES = 5;
const NARROW = 160;
const FREE = 80;

let started: Awaited<ReturnType<typeof startServers>>;
let servers: readonly RunningServer[];
let fleet: Fleet;

beforeAll(async () => {
  const slow = ["anon_max_rate=1000000"];
  started = await startServers([
    { family: "vsftpd", settings: slow },
    { family: "vsftpd", settings: slow },
    { family: "proftpd" },
  ]);
  servers = started.servers;
  const [narrow, free, edge] = servers;
  if (narrow === undefined || free === undefined || edge === undefined) throw new Error("no servers");
  fleet = await Fleet.open({ free, edge }, [`worker: {concurrency: ${LANES}}`]);
  await fleet.desk.introduce("narrow", narrow, "limits: {connections: 1}");
  for (const [server, files] of [
    [narrow, NARROW],
    [free, FREE],
  ] as const) {
    await mkdir(join(server.root, "in"));
    for (let file = 0; file < files; file += 1)
      await writeFile(join(server.root, `in/f${file}`), Buffer.alloc(OCTETS, `${file}; `));
  }
  await fleet.job("narrow", "mirror: {from: narrow:in, to: edge:narrow}");
  await fleet.job("free", "mirror: {from: free:in, to: edge:free}");
  await fleet.start("worker");
});
afterAll(async () => {
  await fleet[Symbol.asyncDispose]();
  await started[Symbol.asyncDispose]();
});

async function copied(run: string): Promise<number> {
  return (await fleet.show(run)).counters.copied;
}

test("who waits for a host that is busy leaves the worker's lanes to others", async () => {
  const [narrow, , edge] = servers as [RunningServer, RunningServer, RunningServer];
  const one = await fleet.submit("narrow");
  await until(async () => (await copied(one)) > 5, "a host with one slot is at work");
  const two = await fleet.submit("free");
  const ended = await fleet.until(two, ({ state }) => state === "ended");
  expect(ended).toMatchObject({ outcome: "succeeded", counters: { copied: FREE } });
  // Both servers are equally slow. One lane works with the host that has one slot: had the others waited for that,
  // each run would have had one, and as many files, from the first file of the second run on.
  const log = await fleet.within(({ store }) => store.logs(two));
  const firstMs = Math.min(...log.flatMap(({ event, atMs }) => (event.event === "transfer" ? [atMs] : [])));
  const meanwhile = await transfersBetween(fleet, one, firstMs, ended.endedMs ?? 0);
  expect(meanwhile).toBeLessThan(0.75 * FREE);
  expect(await fleet.until(one, ({ state }) => state === "ended")).toMatchObject({
    outcome: "succeeded",
    counters: { copied: NARROW },
  });
  expect(await differenceOf(join(narrow.root, "in"), join(edge.root, "narrow"))).toBeUndefined();
});
