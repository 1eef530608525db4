import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { chownSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Place } from "../../src/batch/pool.ts";
import { copy } from "../../src/copy/copy.ts";
import { parsePattern } from "../../src/copy/glob.ts";
import { codecOf, UTF8_NAMES } from "../../src/ftp/charset/name-codec.ts";
import { mirror } from "../../src/mirror/mirror.ts";
import { systemClock } from "../../src/shared/clock.ts";
import { FtpSide } from "../../src/transfer/sides/ftp-side.ts";
import { LocalSide } from "../../src/transfer/sides/local-side.ts";
import { type RunningServer, startServers } from "../servers/index.ts";
import { copyDeps } from "../support/edges.ts";
import { type Asked, mirrorRequest, quickClock } from "../support/mirror-scene.ts";
import { POLICY } from "../support/pair.ts";
import { settingsFor } from "../support/settings.ts";

// vsftpd and ProFTPD keep the bytes of names as they are sent.

const MODIFIED = new Date(Date.UTC(2020, 1, 2, 2, 2, 2));
const NAMES: Readonly<Record<string, readonly string[]>> = {
  "windows-1251": ["отчёт", "я и ты", "каталог/файл.txt"],
  shift_jis: ["表計算", "ソ", "能/予定.txt"],
  "iso-8859-1": ["Müller", "né à", "ÿ", "Straße/Größe"],
  gbk: ["报告", "繁體字", "目录/文件"],
};

let started: Awaited<ReturnType<typeof startServers>>;
let local: string;
beforeAll(async () => {
  local = await mkdtemp(join(tmpdir(), "fxpd-charset-"));
  started = await startServers([{ family: "vsftpd" }, { family: "proftpd" }]);
});
afterAll(async () => {
  await started[Symbol.asyncDispose]();
  await rm(local, { recursive: true });
});

const server = (index: number): RunningServer => {
  const one = started.servers[index];
  if (one === undefined) throw new Error("no server");
  return one;
};

function at(index: number, charset?: string): Place {
  const name = ["source", "target"][index] ?? "";
  const settings = settingsFor(name, server(index), charset === undefined ? {} : { charset });
  const connect = () => new FtpSide(settings, { clock: systemClock });
  return { key: name, name, at: (path) => `${name}:${path}`, connect, limit: 4 };
}

const here: Place = {
  ...{ key: "local", name: "local", at: (path: string) => path, limit: 4 },
  connect: () => new LocalSide(),
};

const bytesAt = (root: string, path: Buffer) => Buffer.concat([Buffer.from(`${root}/`), path]);

/** Files whose names are these bytes, each with its own name as its text. */
async function put(index: number, directory: string, names: readonly Buffer[]): Promise<void> {
  const { root } = server(index);
  const { uid, gid } = await stat(root);
  await mkdir(join(root, directory), { recursive: true });
  chownSync(join(root, directory), uid, gid);
  for (const name of names) {
    const path = bytesAt(join(root, directory), name);
    const above = path.subarray(0, path.lastIndexOf("/"));
    await mkdir(above, { recursive: true });
    chownSync(above, uid, gid);
    await writeFile(path, name);
    await utimes(path, MODIFIED, MODIFIED);
    chownSync(path, uid, gid);
  }
}

/** Paths of all files below, as bytes in hexadecimal, with what is in them. */
async function filesBelow(
  root: string,
  below: Buffer = Buffer.alloc(0),
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  const entries = await readdir(bytesAt(root, below), { encoding: "buffer", withFileTypes: true });
  for (const entry of entries) {
    const name = entry.name as unknown as Buffer;
    const path = below.length === 0 ? name : Buffer.concat([below, Buffer.from("/"), name]);
    if (entry.isDirectory()) for (const one of await filesBelow(root, path)) found.set(...one);
    else found.set(path.toString("hex"), (await readFile(bytesAt(root, path))).toString("hex"));
  }
  return found;
}

async function mirrored(source: Place, from: string, target: Place, to: string, asked: Partial<Asked> = {}) {
  const { deps, events } = copyDeps({ clock: quickClock });
  const request = {
    ...mirrorRequest(source, target, { parallel: 2, ...asked }),
    source: { place: source, path: from, shown: "source" },
    target: { place: target, path: to, shown: "target" },
  };
  const written = { recall: async () => new Map(), note: () => {} };
  const summary = await mirror(request, { ...deps, written }, AbortSignal.timeout(20_000));
  return { summary, faults: events.filter(({ event }) => event === "fault") };
}

describe.each(Object.entries(NAMES))("names in %s", (charset, names) => {
  const codec = codecOf(charset);
  const encoded = names.map((name) => codec.encode(name));
  const keyed = (write: (name: string) => Buffer) =>
    new Map(names.map((name, index) => [write(name).toString("hex"), encoded[index]?.toString("hex")]));

  test("are text for people, and are converted to this machine, to a server in UTF-8 and back", async () => {
    await put(0, `from-${charset}`, encoded);
    const listing = at(0, charset).connect();
    const listed: string[] = [];
    for await (const { name } of listing.list(`from-${charset}`, AbortSignal.timeout(5_000)))
      listed.push(name);
    await listing.close();
    expect(listed.sort()).toEqual(names.map((name) => name.split("/")[0]).sort());

    const directory = join(local, charset);
    const toHere = await mirrored(at(0, charset), `from-${charset}`, here, directory);
    expect(toHere.summary.files).toMatchObject({ copied: names.length, failed: 0 });
    expect(await filesBelow(directory)).toEqual(keyed(UTF8_NAMES.encode));

    const across = await mirrored(at(0, charset), `from-${charset}`, at(1), `utf8-${charset}`);
    expect(across.summary.files).toMatchObject({ copied: names.length, failed: 0 });
    expect(await filesBelow(join(server(1).root, `utf8-${charset}`))).toEqual(keyed(UTF8_NAMES.encode));
    const again = await mirrored(at(0, charset), `from-${charset}`, at(1), `utf8-${charset}`, {
      deletes: true,
    });
    expect(again.summary.files).toMatchObject({ copied: 0, kept: names.length, deleted: 0 });

    const back = await mirrored(here, directory, at(1, charset), `back-${charset}`);
    expect(back.summary.files).toMatchObject({ copied: names.length, failed: 0 });
    expect(await filesBelow(join(server(1).root, `back-${charset}`))).toEqual(keyed(codec.encode));
  });
});

test("without a charset, and between hosts of the same, bytes are kept whatever they say", async () => {
  const names = [Buffer.from("\u0098\u00ff", "latin1"), codecOf("windows-1251").encode("мир")];
  await put(0, "bytes", names);
  const expected = new Map(names.map((name) => [name.toString("hex"), name.toString("hex")]));
  await mirrored(at(0), "bytes", at(1), "bytes-kept");
  expect(await filesBelow(join(server(1).root, "bytes-kept"))).toEqual(expected);
  await mirrored(at(0, "windows-1251"), "bytes", at(1, "windows-1251"), "bytes-same");
  expect(await filesBelow(join(server(1).root, "bytes-same"))).toEqual(expected);
});

test("patterns match text, and a character that the target lacks fails that file alone", async () => {
  await put(0, "mixed", [codecOf("gbk").encode("报告.txt"), Buffer.from("plain.txt"), Buffer.from("other")]);
  const { deps, events } = copyDeps();
  const order = {
    sources: [{ place: at(0, "gbk"), pattern: parsePattern("mixed/{报,p}*.txt"), shown: "source" }],
    target: { place: at(1, "windows-1251"), path: "mixed/", shown: "target" },
    isWanted: () => true,
    ...{ onExists: "fail" as const, transfer: POLICY, parallel: 2, retries: 0, dryRun: false },
  };
  const { files } = await copy(order, deps, AbortSignal.timeout(20_000));
  expect(files).toMatchObject({ copied: 1, failed: 1 });
  expect([...(await filesBelow(join(server(1).root, "mixed"))).keys()]).toEqual([
    Buffer.from("plain.txt").toString("hex"),
  ]);
  expect(events).toContainEqual(
    expect.objectContaining({
      event: "transfer",
      outcome: "failed",
      because: expect.stringContaining('the name contains "报", which windows-1251, the charset of target'),
    }),
  );
});

test("bytes that are not valid in the charset are refused by name, and nothing is deleted on their ground", async () => {
  const invalid = Buffer.from("x\u0098", "latin1");
  await put(0, "invalid", [codecOf("windows-1251").encode("есть"), invalid]);
  await put(1, "invalid", [Buffer.from("extra"), Buffer.from("日本")]);
  const { summary, faults } = await mirrored(at(0, "windows-1251"), "invalid", at(1), "invalid", {
    deletes: true,
  });
  expect(summary.outcome).toBe("partial");
  expect(summary.files).toMatchObject({ copied: 1, deleted: 0 });
  expect(faults).toContainEqual(
    expect.objectContaining({
      path: "source:invalid/x\udc98",
      because: expect.stringContaining("not valid windows-1251"),
    }),
  );
  const kept = [...(await filesBelow(join(server(1).root, "invalid"))).keys()];
  expect(kept.sort()).toEqual(
    ["есть", "extra", "日本"].map((name) => Buffer.from(name).toString("hex")).sort(),
  );
});

test("what the source's charset cannot name stays at the target, other extras are deleted", async () => {
  await put(0, "extras", [Buffer.from("same")]);
  await put(1, "extras", [Buffer.from("same"), Buffer.from("extra"), Buffer.from("日本")]);
  const { summary } = await mirrored(at(0, "windows-1251"), "extras", at(1), "extras", {
    deletes: true,
  });
  expect(summary.files).toMatchObject({ deleted: 1 });
  const kept = [...(await filesBelow(join(server(1).root, "extras"))).keys()];
  expect(kept.sort()).toEqual(["same", "日本"].map((name) => Buffer.from(name).toString("hex")).sort());
});
