import {
  lchown,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readlink,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Place } from "../../src/batch/pool.ts";
import { mirror } from "../../src/mirror/mirror.ts";
import { systemClock } from "../../src/shared/clock.ts";
import { FtpSide } from "../../src/transfer/sides/ftp-side.ts";
import { LocalSide } from "../../src/transfer/sides/local-side.ts";
import { type RunningServer, type ServerOptions, startServers } from "../servers/index.ts";
import { copyDeps } from "../support/edges.ts";
import { type Asked, mirrorRequest, quickClock } from "../support/mirror-scene.ts";
import { settingsFor } from "../support/settings.ts";

/** By name: what is written in each link. */
const LINKS: Readonly<Record<string, string>> = {
  "to-file": "file",
  "to-directory": "sub",
  "to-above": "sub/../file",
  dangling: "nowhere",
  absolute: "/etc/hostname",
  "sub/up": "../file",
  "sub/beside": "./below",
  "two words": "file with blanks",
};
const FILES = ["file", "sub/below", "file with blanks"];

const SERVERS: readonly ServerOptions[] = [
  { family: "pure-ftpd", tls: "required" },
  { family: "pure-ftpd" },
  { family: "proftpd", tls: "required" },
  { family: "proftpd" },
  { family: "vsftpd" },
  { family: "pyftpdlib", tls: "required" },
];

let started: Awaited<ReturnType<typeof startServers>>;
let local: string;
beforeAll(async () => {
  started = await startServers(SERVERS);
  local = await mkdtemp(join(tmpdir(), "fxpd-links-copied-"));
});
afterAll(async () => {
  await started[Symbol.asyncDispose]();
  await rm(local, { recursive: true });
});

const place = (name: string, connect: Place["connect"]): Place => ({
  ...{ key: name, name, at: (path: string) => `${name}:${path}`, connect, limit: 2 },
});
const here = place("local", () => new LocalSide());

function placeOf(server: RunningServer, tls: ServerOptions["tls"]): Place {
  const policy = { tls: { policy: "required", start: "explicit", verify: false } } as const;
  const settings = settingsFor("edge", server, tls === "required" ? policy : {});
  return place("edge", () => new FtpSide(settings, { clock: systemClock }));
}

async function plant(root: string): Promise<void> {
  const { uid, gid } = await stat(join(root, ".."));
  await mkdir(join(root, "sub"), { recursive: true });
  for (const name of FILES) await writeFile(join(root, name), name);
  for (const [name, to] of Object.entries(LINKS)) await symlink(to, join(root, name));
  for (const name of ["", "sub", ...FILES, ...Object.keys(LINKS)]) await lchown(join(root, name), uid, gid);
}

async function linksBelow(root: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const below of ["", "sub/"])
    for (const name of (await readdir(join(root, below))).map((one) => below + one))
      if ((await lstat(join(root, name))).isSymbolicLink()) found[name] = await readlink(join(root, name));
  return found;
}

async function mirrored(
  source: { readonly place: Place; readonly path: string },
  target: { readonly place: Place; readonly path: string },
  asked: Partial<Asked> = {},
) {
  const { deps, events } = copyDeps({ clock: quickClock });
  const request = {
    ...mirrorRequest(source.place, target.place, { parallel: 2, scan: { links: "copy" }, ...asked }),
    source: { ...source, shown: "source" },
    target: { ...target, shown: "target" },
  };
  const written = { recall: async () => new Map(), note: () => {} };
  const summary = await mirror(request, { ...deps, written }, AbortSignal.timeout(30_000));
  return { summary, events };
}

describe.each(SERVERS.map((options, at) => ({ ...options, at })))(
  "symbolic links of $family (TLS: $tls)",
  ({ at, tls }) => {
    const scene = () => {
      const server = started.servers[at];
      if (server === undefined) throw new Error("no server");
      const pathOf = (name: string) => `${server.home === "/" ? "" : server.home}/${name}`;
      return { server, edge: placeOf(server, tls), pathOf };
    };

    test("are copied as they are, whatever they lead to, and are the same the next time", async () => {
      const { server, edge, pathOf } = scene();
      await plant(join(server.root, "tree"));
      const target = { place: here, path: join(local, `down${at}`) };
      const first = await mirrored({ place: edge, path: pathOf("tree") }, target);
      expect(first.events.filter(({ event }) => event === "fault")).toEqual([]);
      expect(await linksBelow(target.path)).toEqual(LINKS);
      expect(first.summary.outcome).toBe("succeeded");
      const again = await mirrored({ place: edge, path: pathOf("tree") }, target);
      expect(again.summary.files).toMatchObject({ copied: 0, deleted: 0, failed: 0 });
    });
  },
);

describe.each([
  { family: "proftpd", at: 3, made: { absolute: "/etc/hostname" } },
  { family: "pure-ftpd", at: 1, made: {} },
])("symbolic links of this machine on $family", ({ at, made }) => {
  test("are made as they are written, or refused by name, and no link leads elsewhere", async () => {
    const server = started.servers[at];
    if (server === undefined) throw new Error("no server");
    const source = join(local, `up${at}`);
    await plant(source);
    const root = join(server.root, "links");
    await mkdir(root);
    const { uid, gid } = await stat(server.root);
    await lchown(root, uid, gid);
    const path = `${server.home === "/" ? "" : server.home}/links`;
    const edge = placeOf(server, "none");
    const { summary, events } = await mirrored({ place: here, path: source }, { place: edge, path });
    expect(summary.outcome).toBe("partial");
    expect(await linksBelow(root)).toEqual(made);
    const faults = events.flatMap((one) => (one.event === "fault" ? [one.path] : []));
    const missing = Object.keys(LINKS).filter((name) => !(name in made));
    expect(faults.sort()).toEqual(missing.map((name) => `edge:${path}/${name}`).sort());
  });
});
