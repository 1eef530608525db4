import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runConsole } from "../../src/cli/ftp/console.ts";
import type { ConsoleIo } from "../../src/cli/ftp/io.ts";
import { jsonIo } from "../../src/cli/ftp/shown/events.ts";
import { ScriptInput } from "../../src/cli/ftp/input/script-input.ts";
import { memoryLedger } from "../../src/transfer/ledger.ts";
import { shortMemory } from "../../src/transfer/memory.ts";
import { parseOptions } from "../../src/console/options.ts";

/** How a console's script went. */
export interface Said {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** A directory in which consoles are run, in this process. */
export class ConsoleDesk implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async open(): Promise<ConsoleDesk> {
    return new ConsoleDesk(await mkdtemp(join(tmpdir(), "fxpd-console-")));
  }

  /** Carries out a script, as it would come on standard input. */
  async run(args: readonly string[], script: string, signal = new AbortController().signal): Promise<Said> {
    const out: Buffer[] = [];
    let err = "";
    const options = parseOptions(args);
    const streams = {
      out: (text: Uint8Array | string) => void out.push(Buffer.from(text)),
      err: (text: string) => void (err += text),
    };
    const io: ConsoleIo = options.isJson
      ? jsonIo(streams.out, streams.err, this.path)
      : { ...streams, isTerminal: false, directory: this.path };
    const lines = (async function* () {
      yield* script
        .replace(/\n$/, "")
        .split("\n")
        .map((line) => line.replace(/\r$/, ""));
    })();
    const input = new ScriptInput(lines, options.isJson ? () => {} : io.out);
    const directories = { config: join(this.path, "config"), jobs: join(this.path, "jobs") };
    const lasting = () => Promise.resolve({ memory: shortMemory(), ledger: memoryLedger("t") });
    const status = await runConsole(options, true, {
      io,
      input,
      directories,
      interruption: () => signal,
      lasting,
    });
    return { status, out: Buffer.concat(out).toString(), err };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}
