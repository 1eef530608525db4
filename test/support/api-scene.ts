import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { appOf } from "../../src/api/app.ts";
import { DefinitionCache } from "../../src/api/definitions.ts";
import type { ApiDeps } from "../../src/api/deps.ts";
import { EventStreams } from "../../src/api/event-stream.ts";
import { noLogger } from "../../src/shared/logger.ts";
import { apiDeps } from "./api-deps.ts";
import { AttackedWorker } from "./attacked-worker.ts";
import { startRedis, type TestRedis } from "./redis.ts";

type App = ReturnType<typeof appOf>;

/** Who asks: somebody on this machine. */
export const FROM_HERE = { incoming: { socket: { remoteAddress: "127.0.0.1" } } };

/** The API on a real Redis without a socket in between, with one job and one host, and nobody who works. */
class ApiScene {
  readonly #streams = new EventStreams(noLogger);
  here!: AttackedWorker;
  app!: App;
  deps!: ApiDeps;

  async begin(redis: TestRedis): Promise<void> {
    this.here = await AttackedWorker.start(redis, "routes", false);
    const { installation, path } = this.here;
    await this.here.job("nightly", "copy: {from: ./a, to: ./b}", 'schedule: {cron: "15 2 * * *"}');
    const directories = { config: join(path, "config"), jobs: join(path, "jobs") };
    await mkdir(join(directories.config, "hosts"), { recursive: true, mode: 0o700 });
    await writeFile(
      join(directories.config, "hosts/edge.yaml"),
      "address: 127.0.0.1\nuser: anonymous\ntls: off\n",
    );
    const definitions = new DefinitionCache(directories);
    this.deps = apiDeps({ installation, directories, definitions, streams: this.#streams });
    this.app = appOf(this.deps);
  }

  async end(): Promise<void> {
    this.#streams[Symbol.dispose]();
    await this.here[Symbol.asyncDispose]();
  }

  readonly ask = async (method: string, path: string, body?: object, of: App = this.app) => {
    const headers = {
      host: "localhost",
      authorization: "Bearer do-1",
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    };
    const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const answer = await of.request(path, init, FROM_HERE);
    const text = await answer.text();
    return { status: answer.status, body: text.startsWith("{") ? (JSON.parse(text) as object) : text };
  };
}

/** One for all tests of a file. */
export function apiScene(): ApiScene {
  const scene = new ApiScene();
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await startRedis();
    await scene.begin(redis);
  });
  afterAll(async () => {
    await scene.end();
    await redis[Symbol.asyncDispose]();
  });
  return scene;
}
