import { expect, test } from "vitest";
import { type Kept, KeptConnections } from "../../../../src/orchestrator/slots/kept-connections.ts";
import type { Lease } from "../../../../src/orchestrator/slots/slots.ts";
import type { Side } from "../../../../src/transfer/sides/side.ts";

const NOBODY = { onWanted: () => {}, isWanted: () => false, onPaused: () => {} };
const purpose = { party: "job", purpose: "copy", resources: ["host"] };

test("connections whose lease is lost are ended, and given to nobody: others may have what it was for", async () => {
  const connections = new KeptConnections(NOBODY, () => 0);
  for (const [lost, isEnded] of [
    [AbortSignal.abort(), true],
    [new AbortController().signal, false],
  ] as const) {
    let isClosed = false;
    const side = { kind: "local", close: async () => void (isClosed = true) } as unknown as Side;
    const lease = { lost, exchange: async () => true, [Symbol.dispose]: () => {} } as unknown as Lease;
    const times = { sinceMs: 0, idleMs: 0, onLost: () => {}, timer: undefined };
    const kept: Kept = { ...purpose, key: "alpha", hosts: ["alpha"], sides: [side], lease, ...times };
    await connections.offer(kept);
    expect(isClosed).toBe(isEnded);
    expect(connections.take("alpha", purpose)).toBe(isEnded ? undefined : kept);
  }
  await connections[Symbol.asyncDispose]();
});
