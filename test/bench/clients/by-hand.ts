import { chmod, mkdir, readdir } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { LIST } from "../files.ts";
import type { Ended } from "../process.ts";
import type { Client, Site, Task } from "./client.ts";

/**
 * The least that moves a file between two servers, each reply waited for: PASV at the target, PORT at the source,
 * STOR, RETR. No sizes, no temporary names, no time-outs of its own: what the servers themselves can do.
 */
export const byHand: Client = {
  name: "by hand",
  async run(task, interrupt) {
    const startedMs = performance.now();
    const signal = AbortSignal.timeout(task.limitMs);
    let complaint = "";
    try {
      await moveAll(task, AbortSignal.any([signal, interrupt]));
    } catch (error) {
      complaint = (error as Error).message;
    }
    const seconds = (performance.now() - startedMs) / 1_000;
    const how: Ended["how"] = signal.aborted ? "hung" : "ended";
    const status = complaint === "" ? 0 : 1;
    return { how, status, startedMs, seconds, processorSeconds: undefined, output: "", complaint };
  },
};

async function moveAll(task: Task, signal: AbortSignal): Promise<void> {
  // The directory is made on disk, for all to write: this client moves files, and nothing else.
  await mkdir(join(task.target.root, LIST));
  await chmod(join(task.target.root, LIST), 0o777);
  using source = await Conversation.begin(task.source, signal);
  using target = await Conversation.begin(task.target, signal);
  for (const name of await readdir(join(task.source.root, LIST))) {
    const passive = await target.ask("PASV");
    const hostPort = /\d+(,\d+){5}/.exec(passive)?.[0];
    if (hostPort === undefined) throw new Error(`PASV: ${passive}`);
    await source.ask(`PORT ${hostPort}`);
    const stored = target.ask(`STOR ${LIST}/${name}`);
    const retrieved = source.ask(`RETR ${LIST}/${name}`);
    await Promise.all([stored, retrieved]);
  }
}

/** One control connection; a question is answered by a reply that is neither 1yz nor a line of several. */
class Conversation implements Disposable {
  readonly #socket: Socket;
  readonly #lines: AsyncIterator<string>;
  readonly #reader: Interface;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#reader = createInterface({ input: socket });
    this.#lines = this.#reader[Symbol.asyncIterator]();
  }

  static async begin(site: Site, signal: AbortSignal): Promise<Conversation> {
    const socket = connect({ host: site.address, port: site.port, noDelay: true });
    // What breaks it shows as the end of its lines.
    socket.on("error", () => undefined);
    signal.addEventListener("abort", () => socket.destroy());
    const conversation = new Conversation(socket);
    await conversation.#reply();
    for (const command of [`USER ${site.user}`, `PASS ${site.password}`, "TYPE I"]) {
      await conversation.ask(command);
    }
    return conversation;
  }

  async ask(command: string): Promise<string> {
    this.#socket.write(`${command}\r\n`);
    const reply = await this.#reply();
    if (!/^[23]/.test(reply)) throw new Error(`${command.split(" ", 1)[0]}: ${reply}`);
    return reply;
  }

  async #reply(): Promise<string> {
    for (;;) {
      const { value, done } = await this.#lines.next();
      if (done === true) throw new Error("the connection ended");
      if (/^[2-5]\d\d /.test(value)) return value;
    }
  }

  [Symbol.dispose](): void {
    this.#reader.close();
    this.#socket.destroy();
  }
}
