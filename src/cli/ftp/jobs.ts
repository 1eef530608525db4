import type { BackgroundCommand } from "../../console/effects.ts";
import { ConsoleError } from "../../console/errors.ts";
import { beforeAbort } from "../../ftp/connection/dial.ts";
import { messageOf } from "../../shared/errors.ts";
import type { ConsoleIo } from "./io.ts";
import type { RunProgram } from "./program.ts";

interface Running extends BackgroundCommand {
  readonly controller: AbortController;
  readonly ended: Promise<number>;
  status?: number | undefined;
  wasWaitedFor: boolean;
}

const jobOf = ({ number, command, status }: Running): BackgroundCommand => ({ number, command, status });

/** Commands of fxpd that go on while others are carried out. */
export class BackgroundCommands {
  readonly #program: RunProgram;
  readonly #io: ConsoleIo;
  readonly #jobs: Running[] = [];

  constructor(program: RunProgram, io: ConsoleIo) {
    this.#program = program;
    this.#io = io;
  }

  /** @returns its number, from 1 on */
  start(words: readonly string[], directory: string): number {
    const controller = new AbortController();
    const number = this.#jobs.length + 1;
    const ended = this.#program(words, directory, controller.signal).catch((error: unknown) => {
      this.#io.err(`${messageOf(error)}\n`);
      return 1;
    });
    const job: Running = { number, command: words.join(" "), controller, ended, wasWaitedFor: false };
    void ended.then((status) => (job.status = status));
    this.#jobs.push(job);
    return number;
  }

  get all(): readonly BackgroundCommand[] {
    return this.#jobs.map(jobOf);
  }

  /**
   * Waits for one job, or for all that nobody has waited for.
   * @throws ConsoleError for a job that there is not
   */
  async wait(number: number | undefined, signal: AbortSignal): Promise<readonly BackgroundCommand[]> {
    const wanted =
      number === undefined
        ? this.#jobs.filter(({ wasWaitedFor }) => !wasWaitedFor)
        : this.#jobs.filter((job) => job.number === number);
    if (number !== undefined && wanted.length === 0)
      throw new ConsoleError(`wait: no such job: ${number}; jobs lists them`);
    for (const job of wanted) {
      await beforeAbort(job.ended, signal);
      job.wasWaitedFor = true;
    }
    return wanted.map(jobOf);
  }

  /** Waits for all jobs, or interrupts them. @returns how many failed that nobody has waited for */
  async end(isInterrupted: boolean, interruption: () => AbortSignal): Promise<number> {
    const left = this.#jobs.filter(({ wasWaitedFor }) => !wasWaitedFor);
    const running = left.filter(({ status }) => status === undefined);
    const interrupt = () => {
      for (const { controller } of running) controller.abort();
    };
    if (isInterrupted) interrupt();
    else if (running.length > 0) {
      const names = running.map(({ number, command }) => `[${number}] ${command}`).join(", ");
      if (this.#io.tell === undefined) this.#io.err(`waiting for ${names}; Ctrl-C ends it\n`);
      interruption().addEventListener("abort", interrupt, { once: true });
    }
    const statuses = await Promise.all(left.map(({ ended }) => ended));
    return statuses.filter((status) => status !== 0).length;
  }
}
