import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { BusyError } from "../../src/transfer/errors.ts";
import { type Ledger, memoryLedger } from "../../src/transfer/ledger.ts";
import { type RunningServer, startServers } from "../servers/index.ts";
import { moveOne } from "../support/pair.ts";

let started: Awaited<ReturnType<typeof startServers>>;
let source: RunningServer;
let target: RunningServer;

beforeAll(async () => {
  started = await startServers([{ family: "vsftpd" }, { family: "proftpd" }]);
  [source, target] = started.servers as [RunningServer, RunningServer];
});
afterAll(async () => {
  await started[Symbol.asyncDispose]();
});

/** A ledger whose claims are lost while the file is on its way. */
function losing(): Ledger & { readonly released: boolean[] } {
  const ledger = memoryLedger("t");
  const released: boolean[] = [];
  return {
    owner: ledger.owner,
    released,
    async claim(key, fresh) {
      const claim = await ledger.claim(key, fresh);
      const requireHeld = () => {
        throw new BusyError("another may be writing this target");
      };
      const release = (isKept: boolean) => {
        released.push(isKept);
        return claim.release(isKept);
      };
      return { ...claim, requireHeld, release };
    },
  };
}

test("who may have lost its claim gives the file no name, and deletes nothing that may be another's", async () => {
  await writeFile(join(source.root, "a"), "new");
  await writeFile(join(target.root, "a"), "old");
  const ledger = losing();
  const moving = { source, target, from: "a", to: "a" };
  await expect(moveOne({ ...moving, ledger })).rejects.toThrow(BusyError);
  expect(await readFile(join(target.root, "a"), "utf8")).toBe("old");
  const names = await readdir(target.root);
  expect(names).toHaveLength(2);
  expect(ledger.released).toEqual([true]);
  // Whoever has the claim afterwards finds it, and leaves nothing.
  await moveOne({ ...moving, ledger: memoryLedger("t") });
  expect(await readFile(join(target.root, "a"), "utf8")).toBe("new");
  expect(await readdir(target.root)).toEqual(["a"]);
});
