import { closeSync, constants, fstatSync, openSync, statSync, writeSync } from "node:fs";
import { ConfigError } from "../../shared/errors.ts";
import { reasonAt } from "../../shared/reason-at.ts";
import { printable } from "../../shared/printable.ts";
import { isoTime } from "../../shared/iso-time.ts";
import { humanOutput, type HumanOptions, type Output, type Verbosity } from "./output.ts";

/** How often is looked whether the file has been moved away, in milliseconds. */
const LOOK_MS = 1_000;
const { O_APPEND, O_CREAT, O_NONBLOCK, O_WRONLY } = constants;

/**
 * Lines appended to a file, each with its time, in one write, so that several processes can share it. A file that was
 * moved away or deleted, as log rotation does, is opened anew under its name.
 */
export class LogFile {
  readonly #path: string;
  readonly #fail: (because: string) => void;
  readonly #lookMs: number;
  #file: number | undefined;
  #lookedMs = 0;

  /** @param fail is called once, with why nothing can be written any more */
  constructor(path: string, fail: (because: string) => void, lookMs: number = LOOK_MS) {
    this.#path = path;
    this.#fail = fail;
    this.#lookMs = lookMs;
  }

  /** @throws ConfigError where it cannot be opened, or is neither a file nor a device such as /dev/null */
  open(): void {
    let kind: ReturnType<typeof fstatSync>;
    try {
      // What waits for a reader, as a FIFO does, must not hold up the run.
      this.#file = openSync(this.#path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK, 0o666);
      kind = fstatSync(this.#file);
    } catch (error) {
      throw new ConfigError(`cannot be opened: ${reasonAt(this.#path, error)}`, this.#path, error);
    }
    if (kind.isFile() || kind.isCharacterDevice()) return;
    this.close();
    throw new ConfigError("is not a regular file", this.#path);
  }

  /** @param text whole lines; before the file is open they are dropped */
  write(text: string): void {
    if (this.#file === undefined || text === "") return;
    const nowMs = Date.now();
    const lines = text.replace(/\n$/, "").split("\n");
    const stamped = lines.map((line) => `${isoTime(nowMs)} ${line}\n`).join("");
    try {
      this.#follow(nowMs);
      writeSync(this.#file, stamped);
    } catch (error) {
      this.close();
      this.#fail(
        `${this.#path}: cannot be written, and has nothing from now on: ${reasonAt(this.#path, error)}`,
      );
    }
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #follow(nowMs: number): void {
    if (this.#file === undefined || nowMs - this.#lookedMs < this.#lookMs) return;
    this.#lookedMs = nowMs;
    const [ours, there] = [fstatSync(this.#file), statSync(this.#path, { throwIfNoEntry: false })];
    if (there?.ino === ours.ino && there.dev === ours.dev) return;
    this.close();
    this.open();
  }
}

/** What of a run also goes into a log. */
interface Logging extends HumanOptions {
  /** What was started, for its first line. */
  readonly title: string;
  readonly verbosity: Verbosity;
}

/** The same output, of which all that `-v` says, with `-vv` the conversations too, is appended to a file as well. */
export function loggedTo(path: string, output: Output, { title, verbosity, ...options }: Logging): Output {
  const file = new LogFile(path, (because) => output.fault(because));
  const streams = { out: file, err: file };
  const log = humanOutput(streams, verbosity === 3 ? 3 : 2, { ...options, isEndAlwaysShown: true });
  const { transcript } = log;
  return {
    ...output,
    open: () => {
      output.open?.();
      file.open();
      file.write(`started: ${title}`);
    },
    event: (event) => {
      output.event(event);
      log.event(event);
    },
    transcript: transcript && ((line) => void (output.transcript?.(line), transcript(line))),
    log: (line) => file.write(printable(line)),
    fault: (sentence) => {
      output.fault(sentence);
      log.fault(sentence);
    },
    end: () => {
      output.end();
      log.end();
      file.close();
    },
  };
}
