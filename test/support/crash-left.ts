import { type Begun, type Ledger, memoryLedger } from "../../src/transfer/ledger.ts";
import { missingIn } from "../../src/transfer/move/segments/ranges.ts";

/** What a file may have where nothing was written for good. */
export const LOST = 0xaa;

/** What a crash leaves: a record, and a partial file. */
export interface Left {
  readonly record: Begun | undefined;
  readonly partial: Buffer | undefined;
}

/** A ledger that shows what is recorded, and begins with what a crash has left. */
export async function ledgerOf(
  key: string,
  record: Begun | undefined,
  told: (now: Begun) => void = () => {},
): Promise<Ledger> {
  const ledger = memoryLedger("t");
  if (record !== undefined) await (await ledger.claim(key, record)).release(true);
  return {
    owner: ledger.owner,
    claim: async (...given) => {
      const claim = await ledger.claim(...given);
      if (!claim.mayHaveLeft) told(given[1]);
      const begin = async (now: Begun) => {
        await claim.begin(now);
        told(now);
      };
      return { ...claim, begin };
    },
  };
}

/** Of bytes that are not recorded as written a loss of power may leave anything, whatever the length of the file is. */
export function afterPowerCut({ record, partial }: Left): Left {
  if (partial === undefined) return { record, partial };
  const octets = Buffer.from(partial);
  for (const { from, to } of missingIn(record?.written ?? [], octets.length)) octets.fill(LOST, from, to);
  return { record, partial: octets };
}
