import { expect, test } from "vitest";
import { systemClock } from "../../../src/shared/clock.ts";
import { transferFile } from "../../../src/transfer/file-transfer.ts";
import { Lane } from "../../../src/transfer/lane.ts";
import { memoryLedger } from "../../../src/transfer/ledger.ts";
import type { TransferContext } from "../../../src/transfer/phases.ts";
import { WORTH_RESUMING } from "../../../src/transfer/prove/resume.ts";
import type { Published, Side } from "../../../src/transfer/sides/side.ts";
import { MemoryHost } from "../../support/memory-side.ts";
import { newRoute, POLICY } from "../../support/pair.ts";

const MODIFIED_MS = Date.UTC(2024, 1, 2, 3, 4, 5);

function fileOf(octets: string) {
  return { kind: "file", octets, modifiedMs: MODIFIED_MS } as const;
}

/** Something that is still to be said of a file that has its name, and what a server does to make it so. */
const LAST_WORDS: readonly (readonly [string, Partial<Published>])[] = [
  ["what time it has, since none could be set", { timeFault: "502 invalid command" }],
  ["its time in another way", { timeFault: "501 no", mayHaveOther: true }],
  ["its name once more", { isNamed: false }],
];

test.each(LAST_WORDS)(
  "a long file that waits for the one before it lets that one ask for %s",
  async (_name, published) => {
    const source = new MemoryHost("source", {
      kind: "directory",
      entries: new Map([
        ["short", fileOf("short")],
        ["long", fileOf("x".repeat(WORTH_RESUMING))],
      ]),
    });
    const target = new MemoryHost("target");
    const there = target.place.connect();
    const side: Side = {
      ...there,
      // As a server's SIZE: no time where it would be set anyway.
      glance: async (path, isTimed, written, signal) => {
        const facts = await there.glance(path, isTimed, written, signal);
        if (isTimed || facts === undefined) return facts;
        const { modified: _, ...rest } = facts;
        return rest;
      },
      publish: async (file, written, signal) => {
        if (published.isNamed === false) return { isNamed: false };
        return { ...(await there.publish(file, written, signal)), ...published };
      },
    };
    const lane = new Lane();
    const route = await newRoute();
    const copy = (path: string, onLaneFree = () => {}) => {
      const context: TransferContext = {
        ...{
          policy: { ...POLICY, preserveTimes: true },
          route,
          ledger: memoryLedger("t"),
          clock: systemClock,
        },
        ...{ lane, onLaneFree, progress: () => {} },
      };
      const ends = { source: { side: source.place.connect(), path }, target: { side, path } };
      return transferFile(ends, context, AbortSignal.timeout(20_000));
    };
    let long: Promise<unknown> | undefined;
    await copy("short", () => void (long = copy("long")));
    await long;
    expect([...target.tree.list("")].map(([name]) => name).sort()).toEqual(["long", "short"]);
  },
);
