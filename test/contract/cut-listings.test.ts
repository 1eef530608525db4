import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import tls from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Place } from "../../src/batch/pool.ts";
import { mirror } from "../../src/mirror/mirror.ts";
import { systemClock } from "../../src/shared/clock.ts";
import { messageOf } from "../../src/shared/errors.ts";
import { FtpSide } from "../../src/transfer/sides/ftp-side.ts";
import { LocalSide } from "../../src/transfer/sides/local-side.ts";
import { FAMILIES, type RunningServer, startServers } from "../servers/index.ts";
import { copyDeps } from "../support/edges.ts";
import { Forwarder } from "../support/forwarder.ts";
import { mirrorRequest, quickClock, writtenHere } from "../support/mirror-scene.ts";
import { settingsFor } from "../support/settings.ts";

const FILES = ["d/inner", ...Array.from({ length: 100 }, (_, index) => `file-${index}`)];
/** What only the target has: all that may ever be deleted. */
const EXTRAS = ["d/extra", "extra"];
const MODIFIED = new Date(Date.UTC(2025, 1, 2, 3, 4, 5));

const OPTIONS = [
  ...FAMILIES.map((family) => ({ family, tls: "required" as const })),
  ...FAMILIES.map((family) => ({ family })),
];
let started: Awaited<ReturnType<typeof startServers>>;
let target: string;
beforeAll(async () => {
  started = await startServers(OPTIONS);
  target = await mkdtemp(join(tmpdir(), "fxpd-cut-"));
  for (const root of [target, ...started.servers.map((server) => server.root)]) {
    await mkdir(join(root, "d"));
    for (const file of FILES) await put(root, file);
  }
}, 60_000);
afterAll(async () => {
  await rm(target, { recursive: true });
  await started[Symbol.asyncDispose]();
});

async function put(root: string, file: string): Promise<void> {
  await writeFile(join(root, file), "x");
  await utimes(join(root, file), MODIFIED, MODIFIED);
}

const found = async () =>
  (await readdir(target, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(target.length + 1))
    .sort();

/** @returns how it ended; the reasons where it ended in an error */
async function run(server: RunningServer, forwarder: Forwarder, retries: number) {
  for (const extra of EXTRAS) await put(target, extra);
  const authorities = server.caFile === undefined ? undefined : await readFile(server.caFile, "utf8");
  const settings = settingsFor("source", forwarder, {
    dataOpening: "passive",
    ...(authorities === undefined
      ? {}
      : {
          tls: {
            ...{ policy: "required", start: "explicit", verify: true, authorities },
            serverName: server.address,
          },
        }),
  });
  const place = (name: string, connect: Place["connect"]): Place => ({
    ...{ key: name, name, at: (path: string) => `${name}:${path}`, connect, limit: 4 },
  });
  const source = place("source", () => new FtpSide(settings, { clock: systemClock }));
  const { deps, events } = copyDeps({ clock: quickClock });
  const request = {
    ...mirrorRequest(
      source,
      place("local", () => new LocalSide()),
      { deletes: true, retries, parallel: 2 },
    ),
    source: { place: source, path: server.home, shown: "source" },
    target: { place: place("local", () => new LocalSide()), path: target, shown: "local" },
  };
  try {
    const summary = await mirror(request, { ...deps, written: writtenHere() }, new AbortController().signal);
    const reasons = events.flatMap((event) => (event.event === "fault" ? [event.because] : []));
    return { outcome: summary.outcome, deleted: summary.files.deleted, reasons };
  } catch (error) {
    return { outcome: "impossible", deleted: 0, reasons: [messageOf(error)] };
  }
}

function serverOf(index: number): RunningServer {
  const server = started.servers[index];
  if (server === undefined) throw new Error("no server");
  return server;
}

const versions = ["TLSv1.2", "TLSv1.3"] as const;
const protectedOnes = FAMILIES.flatMap((family, index) =>
  versions.map((version) => ({ family, index, version })),
);

describe("promise 4, somebody on the way who cuts listings", () => {
  test.each(protectedOnes)(
    "of $family behind any record of $version has nothing deleted that the source has, and is noticed",
    async ({ index, version }) => {
      const before = tls.DEFAULT_MAX_VERSION;
      tls.DEFAULT_MAX_VERSION = version;
      const server = serverOf(index);
      await using forwarder = await Forwarder.before(server);
      try {
        // Untouched: this is how it looks.
        expect(await run(server, forwarder, 0)).toEqual({ outcome: "succeeded", deleted: 2, reasons: [] });
        const records = Math.max(...forwarder.pieces);
        for (let after = 0; after < records; after += 1) {
          forwarder.cut({ after, times: 1_000 });
          const always = await run(server, forwarder, 1);
          expect(await found(), `behind record ${after}`).toEqual(expect.arrayContaining(FILES));
          expect(forwarder.cuts, `behind record ${after}`).toBeGreaterThan(0);
          expect(always.outcome, `behind record ${after}: ${always.reasons}`).not.toBe("succeeded");
          expect(always.deleted).toBe(0);
        }
        // Once, and then no more: it is listed again.
        forwarder.cut({ after: records - 1, times: 1 });
        expect(await run(server, forwarder, 1)).toEqual({ outcome: "succeeded", deleted: 2, reasons: [] });
        expect(forwarder.cuts).toBe(1);
        expect(await found()).toEqual([...FILES].sort());
      } finally {
        tls.DEFAULT_MAX_VERSION = before;
      }
    },
    60_000,
  );

  test.each(FAMILIES.map((family, index) => ({ family, index: index + FAMILIES.length })))(
    "of $family in clear has nothing deleted that the source has either, for the source is asked",
    async ({ index }) => {
      const server = serverOf(index);
      await using forwarder = await Forwarder.before(server);
      await run(server, forwarder, 0);
      const lines = Math.max(...forwarder.pieces);
      // Little is missing, and more, and nearly all.
      for (const share of [0.97, 0.9, 0.5, 0.1]) {
        forwarder.cut({ after: Math.floor(lines * share), times: 1_000 });
        const { outcome, reasons } = await run(server, forwarder, 1);
        expect(await found(), `at ${share}`).toEqual(expect.arrayContaining(FILES));
        expect(forwarder.cuts).toBeGreaterThan(0);
        expect(outcome, `at ${share}: ${reasons}`).not.toBe("succeeded");
      }
    },
    60_000,
  );
});
