/** The right to delete what a transfer has left: nobody begins it again until it is given back. */
export interface LeftoverClaim {
  /** `isGone`: what was recorded of it is dropped. */
  release(isGone: boolean): Promise<void>;
}

/** What those who share a ledger are writing, as far as somebody can know who writes nothing himself. */
export interface LedgerUse {
  /** As of `Ledger.owner`. */
  readonly owner: string;
  /**
   * The right to delete a partial file.
   * @param key the first digits of its target's key
   * @param located the partial file, as `Side.locate` says
   * @returns who is using it, in a sentence, where somebody may be
   */
  claim(key: string, located: string): Promise<LeftoverClaim | string>;
}
