import { execFileSync } from "node:child_process";
import { chmod, mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Client } from "../../src/ftp/session/client.ts";
import type { EntryKind } from "../../src/ftp/listing/entry.ts";
import { presenceOf } from "../../src/ftp/session/names/presence.ts";
import * as verbs from "../../src/ftp/session/verbs.ts";
import { FAMILIES, startServers } from "../servers/index.ts";
import { scriptedServer, type Script } from "../support/scripted-server.ts";
import { settingsFor } from "../support/settings.ts";

const signal = new AbortController().signal;

let started: Awaited<ReturnType<typeof startServers>>;
beforeAll(async () => {
  started = await startServers(FAMILIES.map((family) => ({ family })));
  for (const { root } of started.servers) {
    await writeFile(join(root, "file"), "x");
    await writeFile(join(root, "Permission denied"), "x");
    await mkdir(join(root, "dir/sub"), { recursive: true });
    await symlink("file", join(root, "link"));
    execFileSync("mkfifo", [join(root, "fifo")]);
    await mkdir(join(root, "shut"));
    await chmod(join(root, "shut"), 0);
  }
});
afterAll(async () => {
  await started[Symbol.asyncDispose]();
});

async function asked(server: Parameters<typeof settingsFor>[1], path: string, kind: EntryKind = "file") {
  await using client = await Client.connect(settingsFor("server", server), undefined, signal);
  const [found] = await presenceOf(client, [{ path, kind }], signal);
  if (found === undefined) throw new Error("no answer");
  return found;
}

describe.each(FAMILIES.map((family, index) => ({ family, index })))("$family", ({ family, index }) => {
  const at = (path: string, kind?: EntryKind) => {
    const server = started.servers[index];
    if (server === undefined) throw new Error("no server");
    return asked(server, path, kind);
  };

  test.each(["missing", "missing/below", "file/below", "not allowed", "dir/missing"])(
    "says that %s is absent, be it file or directory",
    async (path) => {
      expect(await at(path)).toMatchObject({ kind: "absent" });
      expect(await at(path, "directory")).toMatchObject({ kind: "absent" });
    },
  );

  test.each(["file", "Permission denied", "link", "dir", "dir/sub"])(
    "says that %s is there",
    async (path) => {
      expect(await at(path)).toMatchObject({ kind: "present" });
    },
  );

  // vsftpd has the same words for what is not there and for what it does not open.
  test.skipIf(family === "vsftpd").each(["fifo", "shut"])("says that %s is there", async (path) => {
    expect(await at(path)).not.toMatchObject({ kind: "absent" });
    expect(await at(path, "directory")).not.toMatchObject({ kind: "absent" });
  });

  test("takes many questions at once, and stands where it stood", async () => {
    const server = started.servers[index];
    if (server === undefined) throw new Error("no server");
    await using client = await Client.connect(settingsFor(family, server), undefined, signal);
    await client.enter("dir", signal);
    const paths = Array.from({ length: 60 }, (_, n) =>
      n % 3 === 0 ? "file" : n % 3 === 1 ? "dir" : `no ${n}`,
    );
    const found = await presenceOf(
      client,
      paths.map((path) => ({ path, kind: "file" as const })),
      signal,
    );
    expect(found.map(({ kind }) => kind)).toEqual(
      paths.map((path) => (path.startsWith("no") ? "absent" : "present")),
    );
    await client.enter("dir", signal);
    expect(await client.ask(verbs.workingDirectory(), signal)).toMatch(/\/dir$/);
  });
});

describe("a server of no family that we know", () => {
  const PLAIN: Script = { FEAT: "502 no", SIZE: "550 no", MDTM: "550 no", CWD: "550 no" };
  test.each<[string, Script, object]>([
    ["absent: MLST 550", { MLST: "550 no such file" }, { kind: "absent" }],
    [
      "absent: RFC 959's own words",
      { MLST: "550 File unavailable (e.g., file not found, no access)." },
      { kind: "absent" },
    ],
    ["not known: MLST 450", { MLST: "450 busy" }, { kind: "unknown", isUnanswerable: false }],
    ["not known: MLST 530", { MLST: "530 log in" }, { kind: "unknown", isUnanswerable: false }],
    ["not known: MLST 553", { MLST: "553 name not allowed" }, { kind: "unknown", isUnanswerable: false }],
    [
      "not known: MLST 550 denied",
      { MLST: "550 Access is denied." },
      { kind: "unknown", isUnanswerable: false },
    ],
    [
      "not known: 550 sharing",
      { MLST: "550 used by another process" },
      { kind: "unknown", isUnanswerable: false },
    ],
    ["there: 550 not a plain file", { MLST: "550 /name: not a plain file." }, { kind: "present" }],
    [
      "absent: MLST unknown, SIZE and CWD 550",
      { ...PLAIN, FEAT: ["211-F", " MLST", "211 E"], MLST: "502 no" },
      { kind: "absent" },
    ],
    ["absent: no MLST, SIZE and CWD 550", PLAIN, { kind: "absent" }],
    ["absent: no SIZE, but MDTM and CWD 550", { ...PLAIN, SIZE: "502 no" }, { kind: "absent" }],
    ["there: SIZE 213", { ...PLAIN, SIZE: "213 5" }, { kind: "present", as: "file" }],
    [
      "there, a directory: SIZE 213 and CWD 250",
      { ...PLAIN, SIZE: "213 5", CWD: "250 in" },
      { kind: "present", as: "directory" },
    ],
    ["there: CWD 250", { ...PLAIN, CWD: "250 in" }, { kind: "present", as: "directory" }],
    ["not known: SIZE 450", { ...PLAIN, SIZE: "450 busy" }, { kind: "unknown", isUnanswerable: false }],
    ["not known: CWD 530", { ...PLAIN, CWD: "530 no" }, { kind: "unknown", isUnanswerable: false }],
    [
      "not to be known: neither SIZE nor MDTM",
      { ...PLAIN, SIZE: "500 what", MDTM: "502 no" },
      { kind: "unknown", isUnanswerable: true },
    ],
    [
      "not to be known: no login directory",
      { ...PLAIN, PWD: "502 no" },
      { kind: "unknown", isUnanswerable: true },
    ],
  ])("%s", async (_, script, expected) => {
    await using server = await scriptedServer(script);
    expect(await asked(server, "name")).toMatchObject(expected);
  });

  test("a directory is absent where CWD says so, whatever else the server knows", async () => {
    await using server = await scriptedServer({ ...PLAIN, SIZE: "500 what", MDTM: "502 no" });
    expect(await asked(server, "name", "directory")).toMatchObject({ kind: "absent" });
  });
});
