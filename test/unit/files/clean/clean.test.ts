import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { TreeMeter } from "../../../../src/copy/limits.ts";
import { type Cleaned, clean } from "../../../../src/files/clean/clean.ts";
import { systemClock } from "../../../../src/shared/clock.ts";
import { fileLedger } from "../../../../src/state/ledger.ts";
import { asideName, temporaryPath, transferKey } from "../../../../src/transfer/publish/temporary-name.ts";
import { Retrier } from "../../../../src/transfer/retrier.ts";
import { LocalSide } from "../../../../src/transfer/sides/local-side.ts";

const DAY_MS = 86_400_000;
const NOW_MS = Date.UTC(2026, 5, 15);

let base: string;
let root: string;
let state: string;
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), "fxpd-clean-"));
  [root, state] = [join(base, "tree"), join(base, "state")];
  await mkdir(root);
});
afterEach(() => rm(base, { recursive: true, force: true }));

async function plant(path: string, text = "bytes", ageMs = 3 * DAY_MS): Promise<string> {
  const at = join(root, path);
  await mkdir(dirname(at), { recursive: true });
  await writeFile(at, text);
  const seconds = (NOW_MS - ageMs) / 1_000;
  await utimes(at, seconds, seconds);
  return at;
}

const keyOf = (path: string) => transferKey(new LocalSide().locate(join(root, path)));
const partOf = (path: string, owner: string) => temporaryPath(path, keyOf(path), owner);

interface Wishes {
  readonly all?: boolean;
  readonly isDryRun?: boolean;
  readonly olderThanMs?: number;
}

async function cleaned(
  { all = false, isDryRun = false, olderThanMs = DAY_MS }: Wishes = {},
  at = root,
): Promise<readonly Cleaned[]> {
  const looking = {
    side: new LocalSide({ roots: [at], follows: "none" }),
    retrier: new Retrier({ retries: 0 }, { clock: systemClock, chance: () => 0 }),
    meter: new TreeMeter(),
    signal: new AbortController().signal,
  };
  const policy = { all, beforeMs: NOW_MS - olderThanMs, olderThan: "1d", nowMs: NOW_MS };
  const options = { policy, users: [await fileLedger(state)], isDryRun };
  const found: Cleaned[] = [];
  try {
    for await (const one of clean(looking, at, at, options)) found.push(one);
  } finally {
    await looking.side.close();
  }
  return found;
}

/** What became of it, and why. */
function endOf(found: readonly Cleaned[], path: string): string {
  const one = found.find((each) => each.path === path);
  return one === undefined ? "not found" : `${one.kind}: ${"because" in one ? one.because : ""}`;
}

test("an old partial file of our own goes, with what is recorded of it; what is not exactly ours is not looked at", async () => {
  const ledger = await fileLedger(state);
  const elsewhere = { tree: "ftp://me@edge:21//", upcoming: () => [] };
  const claim = await ledger.claim(keyOf("d/a.iso"), { source: "x" }, elsewhere);
  await claim.release(true);
  const part = await plant(partOf("d/a.iso", ledger.owner));
  const others = [await plant("d/.fxpd-notes"), await plant("d/x.part"), await plant("a.iso")];
  expect(endOf(await cleaned({ isDryRun: true }), part)).toContain("deleted: partial file of a transfer");
  expect(existsSync(part)).toBe(true);
  const found = await cleaned();
  expect(found.map(({ kind, path }) => [kind, path])).toEqual([["deleted", part]]);
  expect([part, ...others].map(existsSync)).toEqual([false, true, true, true]);
  expect((await ledger.claim(keyOf("d/a.iso"), { source: "y" }, elsewhere)).mayHaveLeft).toBe(false);
});

test("what somebody is writing stays, by its record or by the tree of a run", async () => {
  const ledger = await fileLedger(state);
  const part = await plant(partOf("a.iso", ledger.owner));
  const held = await ledger.claim(keyOf("a.iso"), { source: "x" });
  expect(endOf(await cleaned({ olderThanMs: 0 }), part)).toContain("kept: in use: ");
  await held.release(true);

  const scope = { tree: new LocalSide().locate(root), upcoming: () => [] };
  const other = await ledger.claim(keyOf("b.iso"), { source: "x" }, scope);
  expect(endOf(await cleaned({ olderThanMs: 0 }), part)).toContain("kept: in use: ");
  await other.release(false);
  expect(existsSync(part)).toBe(true);
});

test("what is young, or another owner's, stays; --older-than and --all say otherwise", async () => {
  const { owner } = await fileLedger(state);
  const young = await plant(partOf("a", owner), "bytes", DAY_MS / 2);
  const foreign = await plant(partOf("b", "someone"));
  const first = await cleaned();
  expect(endOf(first, young)).toBe(
    "kept: partial file of a transfer that is not running, but not surely older than 1d (--older-than)",
  );
  expect(endOf(first, foreign)).toContain(
    "belongs to another user or installation of fxpd (owner key someone)",
  );
  expect(endOf(await cleaned({ olderThanMs: 1_000 }), young)).toContain("deleted");
  expect(endOf(await cleaned({ all: true }), foreign)).toContain("deleted");
});

test("a file that was set aside goes only where another has its place", async () => {
  const { owner } = await fileLedger(state);
  const [only, spare] = [
    await plant(asideName(partOf("gone", owner))),
    await plant(asideName(partOf("here", owner))),
  ];
  const byLink = await plant(".fxpd-0123456789ab.old");
  await plant("here");
  const found = await cleaned({ all: true, olderThanMs: 0 });
  expect(endOf(found, only)).toContain("kept: may be the only copy");
  expect(endOf(found, byLink)).toContain("kept: may be the only copy");
  expect(endOf(found, spare)).toBe(
    "deleted: a file that was replaced, left by a transfer that is not running (of here)",
  );
});

test("links are not followed, and a link or a directory with such a name is left alone", async () => {
  const { owner } = await fileLedger(state);
  const outside = join(base, "outside");
  await mkdir(outside);
  await writeFile(join(outside, partOf("x", owner)), "theirs");
  await symlink(outside, join(root, "out"));
  const link = join(root, partOf("l", owner));
  await symlink(join(outside, "none"), link);
  await mkdir(join(root, partOf("dir", owner)));
  const found = await cleaned({ all: true, olderThanMs: 0 });
  expect(found.map(({ path }) => path)).toEqual([link]);
  expect(endOf(found, link)).toBe("kept: not known to be a regular file (link)");
  expect(existsSync(join(outside, partOf("x", owner)))).toBe(true);
  await expect(cleaned({}, join(root, "out"))).rejects.toThrow("is a symbolic link");
});

test("test files go, name tests only where they are empty, and the directory of a test only where nothing else is in it", async () => {
  const probe = await plant(".fxpd-0123456789ab.probe");
  const [empty, full] = [
    await plant(".fxpd-0123456789ab-\u00e9-x", ""),
    await plant(".fxpd-0123456789ac-\u00e9-x"),
  ];
  const [trial, used] = [join(root, ".fxpd-0123456789ad"), join(root, ".fxpd-0123456789ae")];
  await mkdir(join(trial, "d"), { recursive: true });
  await mkdir(used);
  await writeFile(join(used, "mine"), "mine");
  const found = await cleaned({ olderThanMs: 0 });
  const kinds = [probe, empty, full, trial].map((path) => endOf(found, path).split(":")[0]);
  expect(kinds).toEqual(["deleted", "deleted", "kept", "deleted"]);
  expect([probe, empty, full, trial, used].map(existsSync)).toEqual([false, false, true, false, true]);
});
