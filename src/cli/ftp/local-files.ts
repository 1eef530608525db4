import { spawn } from "node:child_process";
import { constants, createWriteStream } from "node:fs";
import { readdir, readFile, stat, truncate } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { PassThrough, type Readable, type Writable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { finished } from "node:stream/promises";
import { Writable as WritableStream } from "node:stream";
import type { Local, LocalFacts } from "../../console/effects.ts";
import { ConsoleError } from "../../console/errors.ts";
import { decodeText, encodeText } from "../../shared/octets.ts";
import { localError, saysErrno } from "../../transfer/sides/local/errors.ts";
import { FileReader, openRegular } from "../../transfer/sides/local/streams.ts";
import { readLines } from "./input/script-input.ts";
import type { ConsoleIo } from "./io.ts";

/** Bytes on their way to or from this machine. */
interface Flow<S> {
  readonly stream: S;
  /** Until all of it is written, or whoever gave it has ended well. */
  done(): Promise<void>;
}

/** What takes bytes that are for the console. */
export interface ConsoleSink {
  readonly push: (chunk: Uint8Array) => void;
  readonly end: () => void;
}

/** The files, programs and the console of this machine, from the directory that `lcd` has brought us to. */
export class LocalFiles {
  #directory: string;
  readonly #io: ConsoleIo;

  constructor(io: ConsoleIo) {
    this.#io = io;
    this.#directory = io.directory;
  }

  /** Where programs write: what is for programs to read has standard output for itself. */
  get #output(): "inherit" | NodeJS.WriteStream {
    return this.#io.tell === undefined ? "inherit" : process.stderr;
  }

  get directory(): string {
    return this.#directory;
  }

  /** The absolute path of a name that a person typed; `~` is their home directory. */
  resolve(path: string): string {
    return resolve(
      this.#directory,
      path === "~" || path.startsWith("~/") ? join(homedir(), path.slice(1)) : path,
    );
  }

  /** @param directory `~NAME`: the home directory of a user @throws ConsoleError for what is no directory */
  async change(directory: string): Promise<string> {
    const path = this.resolve(await withHome(directory));
    if ((await this.facts(path))?.kind !== "directory")
      throw new ConsoleError(`local: ${directory}: No such directory`);
    return (this.#directory = path);
  }

  async facts(path: string): Promise<LocalFacts | undefined> {
    try {
      const is = await stat(encodeText(this.resolve(path)));
      const kind = is.isFile() ? "file" : is.isDirectory() ? "directory" : "other";
      return { kind, sizeBytes: is.size, modifiedMs: is.mtimeMs };
    } catch (error) {
      if (saysErrno(error, "ENOENT", "ENOTDIR")) return undefined;
      throw localError(path, error);
    }
  }

  async names(directory: string): Promise<readonly string[]> {
    const path = this.resolve(directory === "" ? "." : directory);
    try {
      return (await readdir(encodeText(path), { encoding: "buffer" })).map((name) => decodeText(name));
    } catch (error) {
      if (saysErrno(error, "ENOENT", "ENOTDIR")) return [];
      throw localError(directory, error);
    }
  }

  /** The lines of a file. @throws LocalFileError */
  async lines(path: string): Promise<readonly string[]> {
    try {
      const lines: string[] = [];
      for await (const line of readLines([await readFile(encodeText(this.resolve(path)))])) lines.push(line);
      return lines;
    } catch (error) {
      throw localError(path, error);
    }
  }

  /** Bytes of a file, from one place to another; of anything else, none. @throws LocalFileError */
  async bytes(local: Local, from: number, to: number): Promise<Buffer> {
    if (local.kind !== "file") return Buffer.alloc(0);
    const path = this.resolve(local.path);
    return buffer(new FileReader(path, await openRegular(path, constants.O_RDONLY), from, to));
  }

  /**
   * @param from bytes of the file that stay, or are passed over
   * @param shown what takes bytes for the console
   * @throws ConsoleError for a file that is shorter than that
   */
  async sink(
    local: Local,
    from = 0,
    shown: ConsoleSink = { push: this.#io.out, end: () => {} },
  ): Promise<Flow<Writable>> {
    if (local.kind === "console") {
      const stream = new WritableStream({
        write: (chunk: Buffer, _, written) => {
          shown.push(chunk);
          written();
        },
        final: (ended) => {
          shown.end();
          ended();
        },
      });
      return { stream, done: () => finished(stream) };
    }
    if (local.kind === "pipe") {
      const child = spawn("/bin/sh", ["-c", local.command], {
        cwd: this.#directory,
        stdio: ["pipe", this.#output, "inherit"],
      });
      const ended = endOf(child, local.command);
      // Who has read enough need not read all.
      child.stdin.on("error", () => {});
      return { stream: child.stdin, done: () => ended };
    }
    const path = encodeText(this.resolve(local.path));
    const start = from > 0 ? await this.#cutAt(local.path, from) : 0;
    const appending = local.isAppendedTo === true ? { flags: "a" } : {};
    const stream = createWriteStream(path, start > 0 ? { flags: "r+", start } : appending);
    const done = finished(stream).catch((error: unknown) => {
      throw localError(local.path, error);
    });
    done.catch(() => {});
    return { stream, done: () => done };
  }

  /** Takes what is behind that place out of a file; one that is not there yet holds only what follows. @returns where to go on */
  async #cutAt(path: string, from: number): Promise<number> {
    const facts = await this.facts(path);
    if (facts === undefined) return 0;
    if (facts.sizeBytes < from)
      throw new ConsoleError(
        `${path}: has only ${facts.sizeBytes} bytes; beginning after ${from} would leave a hole, so nothing was written`,
      );
    await truncate(encodeText(this.resolve(path)), from).catch((error: unknown) => {
      throw localError(path, error);
    });
    return from;
  }

  /**
   * @param from bytes of the file that are passed over
   * @throws LocalFileError for what is no regular file, or cannot be opened
   */
  async source(local: Local, from = 0): Promise<Flow<Readable>> {
    if (local.kind === "pipe") {
      const child = spawn("/bin/sh", ["-c", local.command], {
        cwd: this.#directory,
        stdio: ["ignore", "pipe", "inherit"],
      });
      const ended = endOf(child, local.command);
      // What a program has written before it ended is lost where nobody has begun to read by then.
      return { stream: child.stdout.pipe(new PassThrough()), done: () => ended };
    }
    if (local.kind === "console") {
      process.stdin.on("error", () => {});
      return { stream: process.stdin, done: () => Promise.resolve() };
    }
    const path = this.resolve(local.path);
    const stream = new FileReader(path, await openRegular(path, constants.O_RDONLY), from);
    return { stream, done: () => Promise.resolve() };
  }

  /** Runs a shell command (by /bin/sh where it is `isPosix`), or a shell, with the console's own input and output. @returns its exit status */
  shell(command: string, isPosix = false): Promise<number> {
    const shell = (isPosix ? undefined : process.env["SHELL"]) || "/bin/sh";
    const child = spawn(shell, command === "" ? [] : ["-c", command], {
      cwd: this.#directory,
      stdio: ["inherit", this.#output, "inherit"],
    });
    return new Promise((tell, fail) => {
      child.on("error", (error) => fail(new ConsoleError(`${shell}: ${error.message}`)));
      child.on("close", (status, signal) => tell(status ?? (signal === null ? 1 : 128)));
    });
  }
}

/** The path with the home directory of a user in place of `~NAME`; as it is where there is no such user. */
async function withHome(path: string): Promise<string> {
  const [, name, rest = ""] = /^~([^/]+)(\/.*)?$/s.exec(path) ?? [];
  if (name === undefined) return path;
  const users = await readFile("/etc/passwd", "utf8").catch(() => "");
  const fields = users.split("\n").map((line) => line.split(":"));
  const home = fields.find(([user]) => user === name)?.[5] ?? "";
  return home === "" ? path : home + rest;
}

function endOf(child: ReturnType<typeof spawn>, command: string): Promise<void> {
  const ended = new Promise<void>((tell, fail) => {
    child.on("error", (error) => fail(new ConsoleError(`${command}: ${error.message}`)));
    child.on("close", (status) =>
      status === 0
        ? tell()
        : fail(
            new ConsoleError(
              `${command}: ${status === null ? "was ended by a signal" : `ended with status ${status}`}`,
            ),
          ),
    );
  });
  ended.catch(() => {});
  return ended;
}
