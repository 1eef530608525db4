import type { Store } from "./state/store.ts";

/** What every page gets. */
export interface PageProps {
  readonly store: Store;
  /** Whether it may change anything. */
  readonly mayOperate: boolean;
}
