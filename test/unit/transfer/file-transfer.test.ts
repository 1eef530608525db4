import { describe, expect, test } from "vitest";
import { type Ledger, memoryLedger } from "../../../src/transfer/ledger.ts";
import type { FileFacts } from "../../../src/transfer/sides/side.ts";
import { POLICY } from "../../support/pair.ts";
import { MODIFIED_MS, OCTETS, HAD, transferred } from "../../support/file-transfer-scene.ts";

const listed: FileFacts = {
  kind: "file",
  sizeBytes: OCTETS.length,
  modified: { atMs: MODIFIED_MS, precision: "second", zone: "utc" },
};

describe("a file is claimed, moved, verified and published, in this order", () => {
  test("promise 1: the target is written under a temporary name, and renamed when both sizes are equal", async () => {
    const { moved, asked, names, read } = await transferred({ stands: "before" });
    expect(asked).toEqual([
      "source facts a",
      "source read a",
      "target write temporary.part",
      "source facts a",
      "target facts temporary.part",
      "target replace temporary.part",
    ]);
    expect(moved).toMatchObject({ by: "relay", bytes: OCTETS.length, resumedFrom: 0, digest: null });
    expect([names, read("a")]).toEqual([["a"], OCTETS]);
  });

  test("a source that its listing describes exactly is not asked before it is read", async () => {
    const { asked } = await transferred({ context: { listed } });
    expect(asked[0]).toBe("source read a");
  });

  test("a large source whose listed time is rough is asked before it is read", async () => {
    const rough = { ...listed, modified: { atMs: MODIFIED_MS, precision: "minute", zone: "utc" } } as const;
    expect((await transferred({ context: { listed: rough } })).asked[0]).toBe("source facts a");
    const small = await transferred({ octets: "small", context: { listed: { ...rough, sizeBytes: 5 } } });
    expect(small.asked[0]).toBe("source read a");
  });

  test("the lane is free for the next file when all bytes have moved, and before the sizes are compared", async () => {
    const order: string[] = [];
    await transferred({
      context: { onLaneFree: () => order.push("free") },
      fault: ({ verb }) => void order.push(verb),
    });
    expect(order.slice(order.indexOf("write"))).toEqual(["write", "free", "facts", "facts", "replace"]);
  });

  test("the time is set before the file has its name, and the old file moved aside where that is wanted", async () => {
    const { asked, names } = await transferred({
      stands: "before",
      context: { policy: { ...POLICY, preserveTimes: true }, aside: "old" },
    });
    expect(asked.slice(-3)).toEqual([
      "target setModified temporary.part",
      "target move a",
      "target replace temporary.part",
    ]);
    expect(names.sort()).toEqual(["a", "old"]);
  });

  test("with verification off neither side is asked after the last byte", async () => {
    const { asked } = await transferred({
      context: { listed, policy: { ...POLICY, verify: "off" } },
    });
    expect(asked).toEqual(["source read a", "target write temporary.part", "target replace temporary.part"]);
  });

  test("the digest of the bytes that passed is compared with the target's", async () => {
    const { moved, asked } = await transferred({
      digests: true,
      context: { policy: { ...POLICY, verify: "digest" } },
    });
    expect(asked.filter((one) => one.includes("digest"))).toEqual(["target digest temporary.part"]);
    expect(moved).toMatchObject({ digest: { algorithm: "SHA-256" } });
  });

  test("a required digest that the target does not offer is refused before anything is claimed or written", async () => {
    const { moved, asked } = await transferred({
      context: { policy: { ...POLICY, verify: "require-digest" } },
      ledger: { owner: "t", claim: () => Promise.reject(new Error("claimed")) },
    });
    expect(moved).toMatchObject({ code: "refused", retry: "never" });
    expect(asked).toEqual([]);
  });
});

describe("where a file starts", () => {
  test("promise 3: behind the bytes that an earlier try left, where they are proven", async () => {
    const { moved, progress, read } = await transferred({ left: OCTETS.slice(0, HAD) });
    expect(moved).toMatchObject({ resumedFrom: HAD, bytes: OCTETS.length - HAD });
    expect((moved as { because: string }).because).toContain(`resumed at ${HAD}: the source's size and time`);
    expect(progress[0]).toBeGreaterThan(HAD);
    expect(read("a")).toBe(OCTETS);
  });

  test("at the end, where all bytes had arrived: nothing is read or written again", async () => {
    const { moved, asked, names } = await transferred({ left: OCTETS });
    expect(asked.filter((one) => /read|write/.test(one))).toEqual([]);
    expect(moved).toMatchObject({
      by: "relay",
      bytes: 0,
      resumedFrom: OCTETS.length,
      because: expect.stringContaining("all bytes were already at the target"),
    });
    expect(names).toEqual(["a"]);
  });

  test("at 0, with what was left deleted, where resuming is turned off", async () => {
    const { moved, asked } = await transferred({
      left: OCTETS.slice(0, HAD),
      context: { policy: { ...POLICY, resume: "off" } },
    });
    expect(asked.indexOf("target remove temporary.part")).toBeLessThan(asked.indexOf("source read a"));
    expect(moved).toMatchObject({
      resumedFrom: 0,
      because: expect.stringContaining("from the start: resuming is turned off"),
    });
  });

  test("at 0, with the temporary file deleted, where a record stood that cannot be read", async () => {
    const ledger = memoryLedger("t");
    const unreadable: Ledger = {
      owner: "t",
      claim: async (key, fresh) => ({ ...(await ledger.claim(key, fresh)), mayHaveLeft: true }),
    };
    const { moved, asked } = await transferred({ ledger: unreadable });
    expect(asked[1]).toBe("target remove temporary.part");
    expect(moved).toMatchObject({ resumedFrom: 0 });
  });
});
