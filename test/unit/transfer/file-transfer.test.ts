import { describe, expect, test } from "vitest";
import { systemClock } from "../../../src/shared/clock.ts";
import { BusyError } from "../../../src/transfer/errors.ts";
import { transferFile } from "../../../src/transfer/file-transfer.ts";
import { type Ledger, memoryLedger } from "../../../src/transfer/ledger.ts";
import { Lane } from "../../../src/transfer/lane.ts";
import type { TransferContext } from "../../../src/transfer/phases.ts";
import { transferKey } from "../../../src/transfer/publish/temporary-name.ts";
import type { FileFacts } from "../../../src/transfer/sides/side.ts";
import { type Fault, MemoryHost, type Operation } from "../../support/memory-side.ts";
import { type DirectoryNode, EMPTY, type MemoryTree } from "../../support/memory-tree.ts";
import { newRoute, POLICY } from "../../support/pair.ts";
import { planBroken } from "../../support/partial.ts";

const MODIFIED_MS = Date.UTC(2024, 1, 2, 3, 4, 5);
const OCTETS = "0123456789".repeat(20_000);
const HAD = 100_000;

function treeOf(octets: string): DirectoryNode {
  return { kind: "directory", entries: new Map([["a", fileOf(octets)]]) };
}

function fileOf(octets: string) {
  return { kind: "file", octets, modifiedMs: MODIFIED_MS } as const;
}

interface Scene {
  readonly octets?: string;
  /** What stands at the target. */
  readonly stands?: string;
  /** What a try before has left of the file, and a record of it. */
  readonly left?: string;
  readonly digests?: boolean;
  readonly fault?: (operation: Operation, world: World) => Fault | undefined | void;
  readonly context?: Partial<TransferContext>;
  readonly ledger?: Ledger;
}

/** What may change while the file is on its way. */
interface World {
  readonly controller: AbortController;
  readonly source: MemoryTree;
}

/** One file from a host in memory to another, and what was asked of both. */
async function transferred(scene: Scene) {
  const controller = new AbortController();
  const { octets = OCTETS, stands, left, digests = false, ledger = memoryLedger("t") } = scene;
  const fault = (operation: Operation) =>
    scene.fault?.(operation, { controller, source: source.tree }) ?? undefined;
  let isOver = false;
  const asked: string[] = [];
  const noticed = (host: string) => (operation: Operation) =>
    void (isOver || asked.push(`${host} ${operation.verb} ${operation.path}`));
  const source: MemoryHost = new MemoryHost("source", treeOf(octets), { digests, fault }, noticed("source"));
  const target = new MemoryHost(
    "target",
    stands === undefined ? EMPTY : treeOf(stands),
    { digests, fault },
    noticed("target"),
  );
  const ends = {
    source: { side: source.place.connect(), path: "a" },
    target: { side: target.place.connect(), path: "a" },
  };
  if (left !== undefined) {
    const partial = await planBroken(ledger, ends.source, ends.target);
    target.tree.put(partial, fileOf(left));
    asked.length = 0;
  }
  const progress: number[] = [];
  const context: TransferContext = {
    policy: POLICY,
    route: await newRoute(),
    ledger,
    clock: systemClock,
    progress: (bytes) => progress.push(bytes),
    ...scene.context,
  };
  const moved = await transferFile(ends, context, controller.signal).catch((error: unknown) => error);
  isOver = true;
  const read = (path: string) => {
    const node = target.tree.find(path);
    return node?.kind === "file" ? node.octets : undefined;
  };
  const names = [...target.tree.list("")].map(([name]) => name);
  return {
    moved,
    asked: asked.map((one) => one.replace(/\.fxpd-\w+-t/, "temporary")),
    names,
    read,
    progress,
  };
}

const isTemporary = expect.stringMatching(/^\.fxpd-/) as string;
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
