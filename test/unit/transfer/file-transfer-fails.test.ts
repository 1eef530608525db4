import { describe, expect, test } from "vitest";
import { BusyError } from "../../../src/transfer/errors.ts";
import { type Ledger, memoryLedger } from "../../../src/transfer/ledger.ts";
import { Lane } from "../../../src/transfer/lane.ts";
import { transferKey } from "../../../src/transfer/publish/temporary-name.ts";
import { type Operation } from "../../support/memory-side.ts";
import { POLICY } from "../../support/pair.ts";
import { MODIFIED_MS, OCTETS, HAD, fileOf, transferred } from "../../support/file-transfer-scene.ts";

const isTemporary = expect.stringMatching(/^\.fxpd-/) as string;

describe("a file that fails", () => {
  const cutAt = (keep: number) => (operation: Operation) =>
    operation.verb === "write" ? ({ kind: "broken", keep } as const) : undefined;

  test("keeps a partial file that a later try can resume, and its record", async () => {
    const ledger = memoryLedger("t");
    const { moved, names } = await transferred({ stands: "before", ledger, fault: cutAt(HAD) });
    expect(moved).toMatchObject({ code: "connection" });
    expect(names.sort()).toEqual([isTemporary, "a"]);
    const key = transferKey("memory://target/a");
    expect((await ledger.claim(key, { source: "other" })).begun).toMatchObject({
      source: "memory://source/a",
    });
  });

  test("leaves nothing where too little has arrived to be resumed", async () => {
    const { names, read } = await transferred({ stands: "before", fault: cutAt(1_000) });
    expect([names, read("a")]).toEqual([["a"], "before"]);
  });

  test("leaves nothing where resuming is turned off", async () => {
    const context = { policy: { ...POLICY, resume: "off" } as const };
    expect((await transferred({ fault: cutAt(HAD), context })).names).toEqual([]);
  });

  test.each(["size", "digest", "require-digest"] as const)(
    "promise 1: leaves nothing, and the old file as it was, where the source has grown meanwhile (verify: %s)",
    async (verify) => {
      const { moved, names, read } = await transferred({
        stands: "before",
        digests: true,
        context: { policy: { ...POLICY, verify } },
        fault: ({ verb }, { source }) => {
          if (verb === "write") source.put("a", fileOf(`${OCTETS}more`));
        },
      });
      expect(moved).toMatchObject({
        code: "verification",
        message: expect.stringContaining("bytes arrived"),
      });
      expect([names, read("a")]).toEqual([["a"], "before"]);
    },
  );

  test("promise 1: leaves nothing where the source has got another time meanwhile", async () => {
    const { moved, names } = await transferred({
      fault: ({ verb }, { source }) => {
        if (verb === "write") source.put("a", { ...fileOf(OCTETS), modifiedMs: MODIFIED_MS + 1_000 });
      },
    });
    expect(moved).toMatchObject({ message: "source: a: changed while it was being copied" });
    expect(names).toEqual([]);
  });

  test("a cancelled one keeps its partial file, and nobody asks how long it is", async () => {
    const { moved, asked, names } = await transferred({
      fault: ({ verb }, { controller }) => {
        if (verb === "write") controller.abort();
      },
    });
    expect(moved).toMatchObject({ name: "AbortError" });
    expect(names).toEqual([isTemporary]);
    expect(asked.at(-1)).toBe("target write temporary.part");
  });

  test("touches nothing more, and says who has it, when its claim is lost before it has its name", async () => {
    const ledger = memoryLedger("t");
    const lost = new BusyError("somebody else has it");
    const releases: boolean[] = [];
    const losing: Ledger = {
      owner: "t",
      claim: async (key, fresh) => ({
        ...(await ledger.claim(key, fresh)),
        requireHeld: () => {
          throw lost;
        },
        release: async (isKept) => void releases.push(isKept),
      }),
    };
    const { moved, names, read, asked } = await transferred({ stands: "before", ledger: losing });
    expect(moved).toBe(lost);
    expect([names.sort(), read("a"), releases]).toEqual([[isTemporary, "a"], "before", [true]]);
    expect(asked.filter((one) => /remove|replace/.test(one))).toEqual([]);
  });

  test("gives its lane back, whatever it failed of", async () => {
    const lane = new Lane();
    await transferred({ context: { lane }, ledger: { owner: "t", claim: () => Promise.reject(lostDisk()) } });
    await transferred({ context: { lane }, fault: cutAt(HAD) });
    expect(await lane.alone(async () => "free")).toBe("free");
  });

  test("says that it is our own disk that is full where the record cannot be written", async () => {
    const full: Ledger = { owner: "t", claim: () => Promise.reject(lostDisk()) };
    const { moved, asked } = await transferred({ ledger: full });
    expect(moved).toMatchObject({
      message: "the transfer's state cannot be saved: ENOSPC: no space left on device",
      retry: "later",
    });
    expect(asked).toEqual(["source facts a"]);
  });
});

function lostDisk(): Error {
  return Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
}
