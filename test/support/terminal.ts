import { type ChildProcess, spawn } from "node:child_process";
import { MAIN } from "./program.ts";

/** The program on a pseudo-terminal: what is typed, and what is seen. */
export class Terminal implements AsyncDisposable {
  seen = "";
  readonly ended: Promise<number | null>;
  readonly #child: ChildProcess;
  #waiting: (() => void)[] = [];

  constructor(
    directory: string,
    words: readonly string[],
    environment: Readonly<Record<string, string>> = {},
  ) {
    // Without exec, a shell that waits for it takes Ctrl-C as well and ends with 130: `script` runs $SHELL, else sh.
    const command = ["exec", process.execPath, MAIN, ...words].join(" ");
    const env = { ...process.env, TERM: "xterm", HOME: directory, XDG_STATE_HOME: directory, ...environment };
    // With -e it ends with the status of the command.
    this.#child = spawn("script", ["-qefc", command, "/dev/null"], { cwd: directory, env });
    this.#child.stdout?.on("data", (chunk: Buffer) => {
      this.seen += chunk.toString("latin1");
      for (const look of this.#waiting.splice(0)) look();
    });
    this.ended = new Promise((tell) => this.#child.on("close", (status) => tell(status)));
  }

  /** Types, once something is seen that was not there at the last typing. */
  async type(after: string | RegExp, keys: string): Promise<void> {
    await this.sees(after);
    this.seen = "";
    this.#child.stdin?.write(keys);
  }

  async sees(text: string | RegExp): Promise<void> {
    while (typeof text === "string" ? !this.seen.includes(text) : !text.test(this.seen)) {
      const more = new Promise<"more">((tell) => this.#waiting.push(() => tell("more")));
      const next = await Promise.race([more, this.ended]);
      if (next !== "more") throw new Error(`ended without ${String(text)}: ${this.seen}`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.ended;
  }
}

/** `fxpd ftp` on a pseudo-terminal. */
export function consoleOn(
  directory: string,
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Terminal {
  return new Terminal(directory, ["ftp", ...words], environment);
}
