import { afterAll, beforeAll, expect, test } from "vitest";
import { PASSWORD } from "../servers/server.ts";
import { Fleet, until } from "../support/fleet.ts";
import { type ScriptedServer, scriptedServer } from "../support/scripted-server.ts";

const CONTENT = Buffer.alloc(50_000, "healthy ");
let servers: Readonly<Record<"slow" | "archive" | "edge", ScriptedServer>>;
let fleet: Fleet;

beforeAll(async () => {
  // Sends two bytes a second, for as long as anybody listens.
  const slow = await scriptedServer({
    RETR: async (session) => {
      session.reply("150 here it comes");
      const data = await session.data();
      const timer = setInterval(() => data.write("."), 500);
      session.socket.once("close", () => clearInterval(timer));
    },
  });
  servers = { slow, archive: await scriptedServer(), edge: await scriptedServer() };
  const hosts = Object.entries(servers).map(([name, { address, port }]) => {
    return [name, { address, port, user: "tester", password: PASSWORD }] as const;
  });
  fleet = await Fleet.open(Object.fromEntries(hosts), ["worker: {concurrency: 2}"]);
  for (const name of ["one", "two"]) {
    slow.files.set(`/${name}`, Buffer.alloc(1_000_000));
    await fleet.job(name, `copy: {from: ["slow:/${name}"], to: "edge:/${name}"}`, "fxp: never");
  }
  servers.archive.files.set("/file", CONTENT);
  await fleet.job("healthy", 'copy: {from: ["archive:/file"], to: "edge:/file"}');
  await fleet.start("worker");
});
afterAll(async () => {
  await fleet[Symbol.asyncDispose]();
  for (const server of Object.values(servers)) await server[Symbol.asyncDispose]();
});

test("promise 10, slow files that hold all lanes of a worker do not keep a job from another host waiting", async () => {
  const slow = [await fleet.submit("one"), await fleet.submit("two")];
  const inFlight = () => servers.slow.commands.filter((line) => line.startsWith("RETR")).length;
  await until(async () => inFlight() >= 2, "both lanes are taken");
  const ended = await fleet.until(await fleet.submit("healthy"), ({ state }) => state === "ended");
  expect(ended).toMatchObject({ outcome: "succeeded", counters: { copied: 1 } });
  expect(servers.edge.files.get("/file")?.equals(CONTENT)).toBe(true);
  for (const run of slow) expect(await fleet.show(run)).toMatchObject({ state: "running" });
});
