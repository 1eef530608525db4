import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import {
  appendFile,
  type FileHandle,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rm,
  symlink,
  truncate,
  writeFile,
} from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { buffer } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { FileReader } from "../../../src/transfer/sides/local/streams.ts";
import type { Side } from "../../../src/transfer/sides/side.ts";
import { LocalSide } from "../../../src/transfer/sides/local-side.ts";

const signal = new AbortController().signal;
let localSide: Side;
let work: string;
beforeEach(async () => {
  localSide = new LocalSide();
  work = await mkdtemp(join(tmpdir(), "fxpd-local-"));
});
afterEach(async () => {
  await localSide.close();
  await rm(work, { recursive: true, force: true });
});

test("one file of this machine has one location, over symbolic links and before it is there", async () => {
  await mkdir(join(work, "real"));
  await symlink(join(work, "real"), join(work, "link"));
  for (const path of ["real", "real/new/file"])
    expect(localSide.locate(join(work, path.replace("real", "link")))).toBe(
      localSide.locate(join(work, path)),
    );
  expect(localSide.locate("/")).toBe("file:///");
});

describe("a directory on this machine", () => {
  test("is made with all that is missing above it, by several at once", async () => {
    const names = ["a", "b", "\udcff"];
    const paths = names.map((name) => join(work, "x/y", name));
    await Promise.all([...paths, ...paths].map((path) => localSide.makeDirectory(path, signal)));
    const made = await readdir(join(work, "x/y"), { encoding: "buffer" });
    expect(made.map((name) => name.toString("latin1")).sort()).toEqual(["a", "b", "\u00ff"]);
  });

  test("is none where a file stands", async () => {
    await writeFile(join(work, "file"), "");
    for (const path of ["file", "file/below"])
      await expect(localSide.makeDirectory(join(work, path), signal)).rejects.toThrow(/EEXIST|ENOTDIR/);
  });

  test("is not created where the system refuses, which is reported at once", async () => {
    await expect(localSide.makeDirectory("/proc/none/at/all", signal)).rejects.toThrow(/ENOENT/);
  });
});

/** What all open files have in common, to look at what is done with them. */
async function handles(): Promise<FileHandle> {
  await using file = await open(work);
  return Object.getPrototypeOf(file) as FileHandle;
}

/** More than is read at once. */
const LONG = randomBytes(3_500_000);

describe("a file of this machine", () => {
  test.each([0, 1, 1_048_575, 1_048_576, 1_048_577, LONG.length])(
    "of %i bytes is read whole",
    async (size) => {
      await writeFile(join(work, "file"), LONG.subarray(0, size));
      for (const from of [0, Math.min(1, size), size]) {
        await using reading = await localSide.read(join(work, "file"), from, signal);
        expect((await buffer(reading.stream)).equals(LONG.subarray(from, size))).toBe(true);
      }
    },
  );

  test("that is none is refused at once, in a sentence that names it", async () => {
    const paths = Object.fromEntries(
      ["fifo", "socket", "directory", "nothing"].map((name) => [name, join(work, name)]),
    );
    execFileSync("mkfifo", [paths["fifo"] as string]);
    await using server = createServer().listen(paths["socket"]);
    await once(server, "listening");
    await mkdir(paths["directory"] as string);
    for (const path of [...Object.values(paths), "/dev/zero"]) {
      const reading = localSide.read(path, 0, signal);
      await expect(reading).rejects.toMatchObject({ code: "local-file", retry: "never" });
      await expect(reading).rejects.toThrow(
        path.endsWith("nothing")
          ? `local: ${path}: no such file or directory (ENOENT)`
          : `local: ${path}: is not a regular file`,
      );
    }
  });

  test.each([
    ["shorter", (path: string) => truncate(path, 1_500_000), "ended at 1500000 bytes"],
    ["longer", (path: string) => appendFile(path, "more"), "grew"],
  ])("that becomes %s while it is read is an error, and may be tried again", async (_name, change, how) => {
    const path = join(work, "file");
    await writeFile(path, LONG);
    await using reading = await localSide.read(path, 0, signal);
    await once(reading.stream, "readable");
    await change(path);
    const read = buffer(reading.stream);
    await expect(read).rejects.toThrow(
      `local: ${path}: changed while it was being read: it had ${LONG.length} bytes when it was opened, and ${how}`,
    );
    await expect(read).rejects.toMatchObject({ code: "local-file", retry: "later" });
  });

  test("that cannot be read ends nothing but the reading, be it before anybody reads", async () => {
    await writeFile(join(work, "file"), LONG);
    const file = await open(join(work, "file"));
    const stream = new FileReader("file", { file, sizeBytes: LONG.length }, 0);
    await file.close();
    stream.resume();
    await new Promise((resolve) => stream.once("close", resolve));
    expect(stream.errored?.message).toMatch(/file closed|EBADF/);
  });

  test("gets no more bytes after a failure, and its error names the directory and the reason", async () => {
    // What is written there is refused as on a disk that is full.
    const writing = await localSide.write(join(work, ".fxpd-1.part"), 0, signal);
    const full = Object.assign(new Error("ENOSPC: no space left on device, write"), {
      code: "ENOSPC",
      errno: -28,
    });
    const prototype = await handles();
    using _ = vi.spyOn(prototype, "write").mockRejectedValue(full);
    await expect(pipeline(Readable.from([LONG]), writing.stream)).rejects.toThrow(
      `local: ${work}: no space left on the disk (ENOSPC)`,
    );
    await writing[Symbol.asyncDispose]();
  });

  test("has its bytes on the disk before anybody is told that it is written", async () => {
    const prototype = await handles();
    using sync = vi.spyOn(prototype, "sync");
    await using writing = await localSide.write(join(work, "file"), 0, signal);
    await pipeline(Readable.from([LONG]), writing.stream);
    await writing.finish(signal);
    expect(sync).toHaveBeenCalledOnce();
    await expect(sync.mock.results[0]?.value).resolves.toBeUndefined();
    expect((await readFile(join(work, "file"))).equals(LONG)).toBe(true);
  });

  test("is written behind what it has, in its place", async () => {
    await writeFile(join(work, "file"), LONG.subarray(0, 1_000_000));
    await using writing = await localSide.write(join(work, "file"), 1_000_000, signal);
    await pipeline(
      Readable.from([LONG.subarray(1_000_000, 2_000_000), LONG.subarray(2_000_000)]),
      writing.stream,
    );
    expect((await readFile(join(work, "file"))).equals(LONG)).toBe(true);
  });

  test("is never written through a symbolic link or into what is no file", async () => {
    const [outside, trap, fifo] = [join(work, "outside"), join(work, "trap"), join(work, "fifo")];
    await writeFile(outside, "theirs");
    await symlink(outside, trap);
    execFileSync("mkfifo", [fifo]);
    await expect(localSide.write(trap, 3, signal)).rejects.toThrow(
      /local: .*trap: is a symbolic link .*\(ELOOP\)/,
    );
    await expect(localSide.write(fifo, 3, signal)).rejects.toThrow(/local: .*fifo: is not a regular file/);
    await using writing = await localSide.write(trap, 0, signal);
    await pipeline(Readable.from([Buffer.from("ours")]), writing.stream);
    expect(await readFile(outside, "utf8")).toBe("theirs");
    expect(await readFile(trap, "utf8")).toBe("ours");
  });
});
