import type { Begun, Ledger } from "../../src/transfer/ledger.ts";
import type { Side } from "../../src/transfer/sides/side.ts";
import { temporaryPath, transferKey } from "../../src/transfer/publish/temporary-name.ts";

/**
 * Makes a ledger believe that a copy to this target was begun and broken off.
 * @returns where the partial file would be
 */
export async function planBroken(
  ledger: Ledger,
  source: { readonly side: Side; readonly path: string },
  target: { readonly side: Side; readonly path: string },
  more: Partial<Begun> = {},
): Promise<string> {
  const signal = new AbortController().signal;
  // Where a file is, a side knows when it has logged in.
  await Promise.all([source.side.ready(signal), target.side.ready(signal)]);
  const facts = await source.side.facts(source.path, signal);
  const key = transferKey(target.side.locate(target.path));
  const claim = await ledger.claim(key, {
    source: source.side.locate(source.path),
    ...(facts?.sizeBytes === undefined ? {} : { sizeBytes: facts.sizeBytes }),
    ...(facts?.modified === undefined ? {} : { modifiedMs: facts.modified.atMs }),
    ...more,
  });
  await claim.release(true);
  return temporaryPath(target.path, key, ledger.owner);
}
