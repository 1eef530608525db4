import { embeddedRedis } from "../../src/orchestrator/kv/embedded/embedded.ts";

/** A process that keeps an embedded Redis until it is told to end: `embedded-holder.ts DIRECTORY`. */
const [dataDirectory = ""] = process.argv.slice(2);
const redis = await embeddedRedis({
  dataDirectory,
  environment: process.env,
  tell: (sentence) => process.stdout.write(`told: ${sentence}\n`),
});
process.stdout.write(`ready: ${redis.socket}\n`);
process.once("SIGTERM", () => void redis[Symbol.asyncDispose]().then(() => process.exit(0)));
setInterval(() => {}, 1_000);
