import { chmod, cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { AuditTrail } from "../../../src/state/audit/audit-trail.ts";
import { fileIndex } from "../../../src/state/index-store.ts";
import { fileJournal } from "../../../src/state/journal.ts";
import { fileLedger } from "../../../src/state/ledger.ts";
import { fileMemory } from "../../../src/state/memory.ts";
import { fileWritten } from "../../../src/state/written.ts";

/** What 0.1.0 has written; it is never written anew, for people have such directories. */
const EARLIER = fileURLToPath(new URL("../../fixtures/state-0.1.0", import.meta.url));

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "fxpd-earlier-"));
  await cp(EARLIER, directory, { recursive: true });
  await chmod(directory, 0o700);
});
afterEach(() => rm(directory, { recursive: true, force: true }));

describe("a state directory of 0.1.0 is read", () => {
  test("a transfer that was left unfinished goes on with what was recorded, under the same temporary names", async () => {
    const begun = { source: "archive:/pub/a.iso", sizeBytes: 5, modifiedMs: 7 };
    const ledger = await fileLedger(directory);
    expect(ledger.owner).toBe("c42fdcd3");
    const claim = await ledger.claim("aa11", begun);
    expect(claim.begun).toEqual(begun);
    expect(claim.mayHaveLeft).toBe(true);
    expect(claim.arrivedBy).toEqual({ by: "relay", method: null, protected: false });
    await claim.release(false);
  });

  test("files that an interrupted copy had finished are known", async () => {
    const journal = await fileJournal(directory, "copy archive edge");
    expect(journal.finished("edge:/pub/b.iso")).toEqual({
      target: "edge:/pub/b.iso",
      source: { sizeBytes: 3, modifiedMs: 9 },
      stored: { sizeBytes: 3 },
    });
  });

  test("what was remembered of servers and written by mirrors is known", async () => {
    expect(await fileMemory(directory).recall("archive>edge")).toEqual({ method: "PASV" });
    expect(String(await fileIndex(directory, "nightly").read())).toBe("index of 0.1.0");
    const written = await (await fileWritten(directory, "nightly")).recall("/pub");
    expect(written.get("c.iso")).toEqual({
      source: { sizeBytes: 1 },
      stored: { sizeBytes: 1, modifiedMs: 2 },
    });
  });

  test("the audit trail is sound, and its chain goes on", async () => {
    const trail = new AuditTrail(directory, { now: () => 1_800_000_000_000 });
    expect(trail.verify()).toEqual({ sound: 1, altered: undefined });
    await trail.append({ who: "ops", from: "127.0.0.1", what: "cancel", outcome: "done" });
    expect(trail.verify()).toEqual({ sound: 2, altered: undefined });
    expect([...trail.rows()].map(({ what }) => what)).toEqual(["submit", "cancel"]);
  });
});
