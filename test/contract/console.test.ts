import { chmod, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { FAMILIES, type RunningServer, startServers } from "../servers/index.ts";
import { ConsoleDesk } from "../support/console.ts";

let started: Awaited<ReturnType<typeof startServers>>;
const servers = new Map<string, RunningServer>();

beforeAll(async () => {
  started = await startServers(FAMILIES.map((family) => ({ family })));
  for (const server of started.servers) servers.set(server.family, server);
});
afterAll(() => started[Symbol.asyncDispose]());

/** Takes TYPE A for uploads, and stores what comes as it is (`ascii_upload_enable` is off there). */
const STORES_CRLF: ReadonlySet<string> = new Set(["vsftpd"]);

let number = 0;
beforeEach(() => void (number += 1));

describe.each(FAMILIES)("a script on %s", (family) => {
  const server = () => servers.get(family)!;
  const login = () => `open ${server().address} ${server().port}\nuser ${server().user} ${server().password}`;

  /** A directory of this test alone, on the server's disk. */
  async function room(files: Readonly<Record<string, string>> = {}): Promise<{ name: string; path: string }> {
    const name = `room-${number}`;
    const path = join(server().root, name);
    await mkdir(path, { recursive: true, mode: 0o777 });
    await chmod(path, 0o777);
    for (const [file, text] of Object.entries(files)) await writeFile(join(path, file), text);
    return { name, path };
  }

  test("moves files over active data connections as well, with -A", async () => {
    await using desk = await ConsoleDesk.open();
    const { name, path } = await room({ "a.txt": "a\n" });
    await writeFile(join(desk.path, "b.txt"), "b\n");
    const script = `${login()}\ncd ${name}\nget a.txt\nput b.txt\nls . names\nbye`;
    expect((await desk.run(["-nA"], script)).status).toBe(0);
    expect(await readFile(join(desk.path, "a.txt"), "utf8")).toBe("a\n");
    expect(await readFile(join(path, "b.txt"), "utf8")).toBe("b\n");
  });

  test("puts, gets, renames, deletes, and leaves with status 0", async () => {
    await using desk = await ConsoleDesk.open();
    const { name, path } = await room({ "hello.txt": "hello\n" });
    await writeFile(join(desk.path, "up.txt"), "up and away\n");
    const script = [
      login(),
      `cd ${name}`,
      "bin",
      "get hello.txt",
      "put up.txt",
      "rename up.txt renamed.txt",
      "mkdir sub",
      "delete hello.txt",
      "bye",
    ].join("\n");
    const { status, err } = await desk.run(["-n"], script);
    expect(err).toBe("");
    expect(status).toBe(0);
    expect(await readFile(join(desk.path, "hello.txt"), "utf8")).toBe("hello\n");
    expect((await readdir(path)).sort()).toEqual(["renamed.txt", "sub"]);
    expect(await readFile(join(path, "renamed.txt"), "utf8")).toBe("up and away\n");
  });

  test("with -v shows one final reply for each transfer", async () => {
    await using desk = await ConsoleDesk.open();
    const { name } = await room({ "a.txt": "a\n" });
    await writeFile(join(desk.path, "b.txt"), "b\n");
    const { out } = await desk.run(["-nv"], `${login()}\ncd ${name}\nget a.txt\nput b.txt\nls\nbye\n`);
    expect(out.match(/^226 /gm)).toHaveLength(3);
    expect(out).toMatch(/^230 /m);
    expect(out).toMatch(/^221 /m);
    expect(out).toContain("local: a.txt remote: a.txt");
    expect(out).toMatch(/^2 bytes received in /m);
  });

  test("says what failed in the server's words, goes on, and ends with status 1", async () => {
    await using desk = await ConsoleDesk.open();
    const { name } = await room({ "there.txt": "there\n" });
    const { status, out, err } = await desk.run(
      ["-n"],
      `${login()}\ncd ${name}\nget missing.txt\nnonsense\nget there.txt\nbye`,
    );
    expect(status).toBe(1);
    expect(out).toBe("");
    expect(err.split("\n")[0]).toMatch(/\w/);
    expect(err).not.toMatch(/^5\d\d/m);
    expect(err).toContain("?Invalid command: nonsense");
    expect(await readdir(desk.path)).toEqual(["there.txt"]);
  });

  test("moves several files, and leaves directories out in the words of old clients", async () => {
    await using desk = await ConsoleDesk.open();
    const { name, path } = await room({ "1.txt": "1\n", "2.txt": "2\n", "3.bin": "3\n" });
    await mkdir(join(path, "d.txt"));
    await writeFile(join(desk.path, "x.up"), "x\n");
    await mkdir(join(desk.path, "sub.up"));
    const { status, err } = await desk.run(
      ["-in"],
      `${login()}\ncd ${name}\nmget *.txt\nmput *.up\nmdelete ?.bin\nbye`,
    );
    expect(err.split("\n").sort()).toEqual(["", "d.txt: not a plain file.", "sub.up: not a plain file."]);
    expect(status).toBe(0);
    expect((await readdir(desk.path)).sort()).toEqual(["1.txt", "2.txt", "sub.up", "x.up"]);
    expect((await readdir(path)).sort()).toEqual(["1.txt", "2.txt", "d.txt", "x.up"]);
  });

  test("lists to the console and into a file", async () => {
    await using desk = await ConsoleDesk.open();
    const { name } = await room({ "one.txt": "1\n" });
    const { out, err } = await desk.run(
      ["-in"],
      `${login()}\nls ${name}\nls ${name} list.txt\nnlist ${name} |cat>names.txt\nbye`,
    );
    expect(err).toBe("");
    expect(out).toMatch(/^-r\S+.* one\.txt$/m);
    expect(await readFile(join(desk.path, "list.txt"), "utf8")).toBe(out);
    expect(await readFile(join(desk.path, "names.txt"), "utf8")).toContain("one.txt");
  });

  test("converts line ends in ASCII, both ways, and says once that nothing is verified", async () => {
    await using desk = await ConsoleDesk.open();
    const { name, path } = await room({ "lines.txt": "a\nb\n", "open.txt": "no end" });
    await writeFile(join(desk.path, "up.txt"), "x\ny");
    const { status, err } = await desk.run(
      ["-n"],
      `${login()}\ncd ${name}\nascii\nget lines.txt\nget open.txt\nput up.txt\nbinary\nget lines.txt again.txt\nbye`,
    );
    expect(status).toBe(0);
    expect(err.match(/not verified/g)).toHaveLength(1);
    expect(await readFile(join(desk.path, "lines.txt"), "utf8")).toBe("a\nb\n");
    expect(await readFile(join(desk.path, "open.txt"), "utf8")).toBe("no end");
    expect(await readFile(join(path, "up.txt"), "utf8")).toBe(STORES_CRLF.has(family) ? "x\r\ny" : "x\ny");
    expect(await readFile(join(desk.path, "again.txt"), "utf8")).toBe("a\nb\n");
  });

  test("logs in by quote USER and quote PASS, and appends", async () => {
    await using desk = await ConsoleDesk.open();
    const { name, path } = await room();
    await writeFile(join(desk.path, "more.txt"), "more\n");
    const { address, port, user, password } = server();
    const { status } = await desk.run(
      ["-n", address, String(port)],
      `quote USER ${user}\nquote PASS ${password}\ncd ${name}\nappend more.txt log.txt\nappend more.txt log.txt\nquit`,
    );
    expect(status).toBe(0);
    expect(await readFile(join(path, "log.txt"), "utf8")).toBe("more\nmore\n");
  });
});
