import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ListeningTabs, type TabChannel } from "../../../../src/dashboard/state/listening-tabs.ts";

/** What tabs of one browser say to each other. */
class Browser {
  readonly #channels = new Set<TabChannel>();

  channel(): TabChannel {
    const others = this.#channels;
    const one: TabChannel = {
      onmessage: null,
      postMessage: (data) => {
        for (const other of others)
          if (other !== one) other.onmessage?.(new MessageEvent("message", { data }));
      },
      close: () => void others.delete(one),
    };
    others.add(one);
    return one;
  }
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Tabs that were opened one after the other. */
function opened(count: number): readonly ListeningTabs[] {
  const browser = new Browser();
  return Array.from({ length: count }, () => {
    const tab = new ListeningTabs(browser.channel());
    tab.join();
    vi.advanceTimersByTime(10);
    return tab;
  });
}

const holders = (tabs: readonly ListeningTabs[]) =>
  tabs.flatMap(({ mayHold }, index) => (mayHold ? [index] : []));

test("of many tabs, the first four hold a connection, however long they are open", () => {
  const tabs = opened(8);
  expect(holders(tabs)).toEqual([0, 1, 2, 3]);
  vi.advanceTimersByTime(60_000);
  expect(holders(tabs)).toEqual([0, 1, 2, 3]);
});

test("tabs that are opened at the same moment agree, too", () => {
  const browser = new Browser();
  const tabs = Array.from({ length: 6 }, () => new ListeningTabs(browser.channel()));
  for (const tab of tabs) tab.join();
  expect(holders(tabs)).toHaveLength(4);
});

test("a tab that is closed or hidden makes room at once, and one that comes back is the last", () => {
  const tabs = opened(6);
  tabs[1]?.close();
  expect(holders(tabs.toSpliced(1, 1))).toEqual([0, 1, 2, 3]);
  tabs[0]?.leave();
  expect(holders(tabs.slice(2))).toEqual([0, 1, 2, 3]);
  tabs[0]?.join();
  expect(tabs[0]?.mayHold).toBe(false);
});

test("a tab that says nothing any more makes room within seconds", () => {
  const browser = new Browser();
  const lost = Array.from({ length: 4 }, (_, index) => ({ id: `lost ${index}`, sinceMs: 0, says: "here" }));
  const tab = new ListeningTabs(browser.channel());
  tab.join();
  const other = browser.channel();
  for (const word of lost) other.postMessage(word);
  expect(tab.mayHold).toBe(false);
  vi.advanceTimersByTime(7_000);
  expect(tab.mayHold).toBe(true);
});

test("without a way to hear of others, each tab holds a connection", () => {
  const tab = new ListeningTabs(undefined);
  tab.join();
  expect(tab.mayHold).toBe(true);
  tab.close();
});
