import type { ChildProcess } from "node:child_process";
import { until } from "./until.ts";

const READY_MS = 60_000;

export type Part = "daemon" | "scheduler" | "worker" | "api";

/** One process of a fleet. It ends with the test's process, however that comes. */
export class Member {
  readonly part: Part;
  readonly child: ChildProcess;
  /** All that it has logged. */
  log = "";

  constructor(part: Part, child: ChildProcess) {
    this.part = part;
    this.child = child;
    child.stderr?.on("data", (chunk: Buffer) => (this.log += chunk.toString()));
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  async ready(): Promise<this> {
    await until(
      () => this.log.includes('"fxpd is ready"') || this.hasEnded,
      () => `${this.part} is ready:\n${this.log}`,
      READY_MS,
    );
    if (this.hasEnded) throw new Error(`${this.part} has ended:\n${this.log}`);
    return this;
  }

  /** @returns its exit status; null where a signal has ended it */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    if (this.hasEnded) return this.child.exitCode;
    this.child.kill(signal);
    const patience = setTimeout(() => this.child.kill("SIGKILL"), READY_MS);
    await new Promise((resolve) => this.child.once("exit", resolve));
    clearTimeout(patience);
    return this.child.exitCode;
  }
}
