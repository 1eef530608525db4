import { expect, test } from "vitest";
import type { Place } from "../../src/batch/pool.ts";
import { mirror } from "../../src/mirror/mirror.ts";
import { systemClock } from "../../src/shared/clock.ts";
import { FtpSide } from "../../src/transfer/sides/ftp-side.ts";
import { copyDeps } from "../support/edges.ts";
import { type Asked, mirrorRequest, POLICY } from "../support/mirror-scene.ts";
import { settingsFor } from "../support/settings.ts";
import { type TreeServer, treeServer } from "../support/tree-server.ts";

const HOUR_MS = 3_600_000;
const FILES = 8;
// Within the last half year, so that LIST shows minutes.
const MODIFIED_MS = Math.floor((Date.now() - 40 * 24 * HOUR_MS) / 60_000) * 60_000;

const names = Array.from({ length: FILES }, (_, index) => `file${index}`);
const tree = (directory: string) =>
  directory === "/"
    ? names.map((name) => ({ name, kind: "file" as const, sizeBytes: 5, modifiedMs: MODIFIED_MS }))
    : undefined;

function placeOf(name: string, server: TreeServer, timeZone?: string): Place {
  const settings = settingsFor(name, server, timeZone === undefined ? {} : { timeZone });
  const connect = () => new FtpSide(settings, { clock: systemClock });
  return { key: name, name, at: (path) => `${name}:${path}`, connect, limit: 2 };
}

async function mirrored(source: Place, target: Place) {
  const { deps } = copyDeps();
  const asked: Partial<Asked> = { parallel: 1, deletes: false, scan: { ...POLICY, looksAtExtras: false } };
  const request = {
    ...mirrorRequest(source, target, asked),
    source: { place: source, path: "/", shown: "source" },
    target: { place: target, path: "/", shown: "target" },
  };
  const written = { recall: async () => new Map(), note: () => {} };
  return mirror(request, { ...deps, written }, AbortSignal.timeout(20_000));
}

test("times listed in the zone of the host's file are the times, and no file is asked for", async () => {
  await using source = await treeServer({ tree, form: "lines", zoneMs: 9 * HOUR_MS });
  await using target = await treeServer({ tree });
  const { files } = await mirrored(placeOf("source", source, "Asia/Tokyo"), placeOf("target", target));
  expect(files).toMatchObject({ copied: 0, kept: FILES });
  expect(source.count("MDTM", "SIZE", "MLST")).toBe(0);
});

test("without it, one file is asked for, and the others follow from it", async () => {
  await using source = await treeServer({ tree, form: "lines", zoneMs: 9 * HOUR_MS });
  await using target = await treeServer({ tree });
  const { files } = await mirrored(placeOf("source", source), placeOf("target", target));
  expect(files).toMatchObject({ copied: 0, kept: FILES });
  expect(source.count("MDTM")).toBe(1);
});

test("a zone that a file refutes is not believed: the others follow from what was measured", async () => {
  await using source = await treeServer({ tree, form: "lines" });
  await using target = await treeServer({ tree });
  const { files } = await mirrored(placeOf("source", source, "Asia/Tokyo"), placeOf("target", target));
  expect(files).toMatchObject({ copied: 0, kept: FILES });
  expect(source.count("MDTM")).toBe(1);
});
