import type { ListingEntry } from "../../ftp/listing/entry.ts";
import { joinPath } from "../../ftp/pathname.ts";
import type { ScanResult, StatusListing } from "../contract.ts";
import type { PlanStep } from "../decide/plan.ts";
import type { Spelled } from "../decide/spelling.ts";
import type { DirectoryListing } from "../decide/tree.ts";

/** A fault for each side that has lines which could not be read. */
export function unreadOf(path: string, listings: readonly DirectoryListing[]): readonly ScanResult[] {
  return listings.flatMap((listing) =>
    listing.kind === "listed" && listing.unread !== undefined
      ? [{ step: "fault" as const, path, because: listing.unread }]
      : [],
  );
}

export function faultsOf(path: string, { refused }: Spelled): readonly ScanResult[] {
  return refused.map(({ name, like }) => {
    const because = `the target treats this name as identical to ${JSON.stringify(like)}, which the source also has`;
    return { step: "fault", path: joinPath(path, name), because };
  });
}

export function entryCount(listing: DirectoryListing): number {
  return listing.kind === "listed" ? listing.entries.length : 0;
}

export function isFileAtTarget(step: PlanStep): boolean {
  if (step.step === "compare") return true;
  return step.step === "extra" && step.entry.kind !== "directory";
}

/** What STAT has listed, where nothing says more. */
export function statusEntries(listing: StatusListing | undefined): readonly ListingEntry[] | undefined {
  return listing?.isScreen === false ? listing.entries : undefined;
}
