// Records what this version leaves when it is stopped in the middle of a run, for a test of the versions after it:
// npm run build && node --import ./.config/register.mjs test/support/record-state.ts test/fixtures/run-VERSION
import { cp, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { archiveAndEdge } from "./archive-and-edge.ts";
import { growSource, JOBS, redisCommands, targetFiles, withPlaceholders } from "./earlier-run.ts";
import { Fleet, until } from "./fleet.ts";
import { startRedis } from "./redis.ts";
import { clientOf } from "./redis-client.ts";
import { octetsIn, partialsIn } from "./transferred.ts";

const [, , into = ""] = process.argv;
if (into === "") throw new Error("where is it to be recorded?");

await using started = await archiveAndEdge(2_000_000);
const { archive, edge } = started;
await using redis = await startRedis();
const settings = [`redis: {url: "redis://127.0.0.1:${redis.port}"}`, "shutdown: {grace: 1s}"];
await using fleet = await Fleet.open({ archive, edge }, settings);
await growSource(archive.root);
for (const [name, lines] of Object.entries(JOBS)) await fleet.job(name, ...lines);
const daemon = await fleet.start("daemon");
await fleet.told(0, "submit", "nightly", "--wait");
await fleet.told(0, "submit", "large");
const large = join(edge.root, "large");
await until(async () => (await octetsIn(large)) > 9_000_000 && (await partialsIn(large)).length === 1, "b");
await daemon.end("SIGTERM");

await mkdir(into, { recursive: true });
await cp(join(fleet.desk.path, "state"), join(into, "state"), { recursive: true });
const record = (file: string, text: string) =>
  writeFile(join(into, file), withPlaceholders(text, { archive, edge }));
await record("target.json", `${JSON.stringify(await targetFiles(edge.root), null, 2)}\n`);
const client = await clientOf(redis);
await record("redis.jsonl", await redisCommands(client));
client.disconnect();
