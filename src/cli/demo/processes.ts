import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { MAIN } from "./built.ts";

/** A part of the daemon in a process of its own, which ends with this one. */
export class Process implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  #lines: string[] = [];

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#ended = new Promise((resolve) =>
      child.once("exit", () => resolve()).once("error", () => resolve()),
    );
  }

  /** @throws Error with its last words where it ends before it is ready */
  static async start(config: string, ...words: readonly string[]): Promise<Process> {
    const bound = ["--pdeathsig", "TERM", "--", process.execPath, MAIN];
    const child = spawn("setpriv", [...bound, ...words, "--config", config], {
      stdio: ["ignore", "ignore", "pipe"],
      detached: true, // Ctrl-C ends us in good order first
    });
    const process_ = new Process(child);
    const lines = createInterface({ input: child.stderr });
    const ready = new Promise<boolean>((resolve) => {
      lines.on("line", (line) => {
        process_.#lines = [...process_.#lines.slice(-4), line];
        if (line.includes("fxpd is ready")) resolve(true);
      });
      void process_.#ended.then(() => resolve(false));
    });
    if (await ready) return process_;
    throw new Error(process_.#lines.join("\n"));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** The last lines of its log, up to now. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  /** Its end without warning. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#ended;
  }
}
