import { enqueue } from "../../src/orchestrator/runs/dispatch.ts";
import type { Run, RunOrder } from "../../src/orchestrator/runs/run.ts";
import { TestInstallation } from "./installation.ts";
import { type TreeServer, treeServer } from "./tree-server.ts";

/** Runs between two servers whose trees are in memory, `a` and `b`, by workers in this process. */
export class TreeRuns implements AsyncDisposable {
  readonly source: TreeServer;
  readonly target: TreeServer;
  readonly own: TestInstallation;

  private constructor(source: TreeServer, target: TreeServer, own: TestInstallation) {
    this.source = source;
    this.target = target;
    this.own = own;
  }

  /** @param prefix under which this test's keys stand in the Redis at that port */
  static async open(port: number, prefix: string): Promise<TreeRuns> {
    const [source, target] = [await treeServer(), await treeServer()];
    const host = ({ address, port: at, user }: TreeServer) => [
      ...[`address: ${address}`, `port: ${at}`, `user: ${user}`, "passwordFrom: {env: SECRET}", "tls: off"],
    ];
    process.env["SECRET"] = source.password;
    const own = await TestInstallation.open(port, prefix, { a: host(source), b: host(target) });
    return new TreeRuns(source, target, own);
  }

  async ask(
    document: RunOrder["document"],
    { id = "run", job = "job", keepsTranscripts = false } = {},
  ): Promise<void> {
    const { store, queues } = this.own.installation;
    const asked = { dryRun: false, requestedBy: "person", because: "test", keepsTranscripts } as const;
    await store.create(id, { job, document, ...asked, rules: [] }, Date.now());
    await enqueue(queues, await this.record(id));
  }

  record(id = "run"): Promise<Run> {
    return this.own.installation.control.run(id);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.own[Symbol.asyncDispose]();
    await this.source[Symbol.asyncDispose]();
    await this.target[Symbol.asyncDispose]();
  }
}
