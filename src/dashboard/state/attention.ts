/** What is used of the document, to know whether somebody looks at its tab. */
export interface Tab {
  readonly hidden: boolean;
  addEventListener(type: "visibilitychange", listener: () => void): void;
  removeEventListener(type: "visibilitychange", listener: () => void): void;
}

/** Waits until somebody looks at the tab. */
export async function untilSeen(tab: Tab): Promise<void> {
  while (tab.hidden)
    await new Promise<void>((resolve) => {
      const looked = () => {
        tab.removeEventListener("visibilitychange", looked);
        resolve();
      };
      tab.addEventListener("visibilitychange", looked);
    });
}

/**
 * Acts once nobody has looked at the tab for a while.
 * @param ms milliseconds of that while
 * @returns what ends the waiting
 */
export function whenUnseen(tab: Tab, ms: number, act: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const looked = () => {
    clearTimeout(timer);
    if (tab.hidden) timer = setTimeout(act, ms);
  };
  looked();
  tab.addEventListener("visibilitychange", looked);
  return () => {
    clearTimeout(timer);
    tab.removeEventListener("visibilitychange", looked);
  };
}
