import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { untilSeen, whenUnseen } from "../../../../src/dashboard/state/attention.ts";

/** A tab that is looked at, or not. */
class Shown extends EventTarget {
  hidden = false;

  turn(hidden: boolean): void {
    this.hidden = hidden;
    this.dispatchEvent(new Event("visibilitychange"));
  }
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("a tab that nobody has looked at for a while gives up what others may need; one that is looked at in between does not", () => {
  const tab = new Shown();
  const acted = vi.fn();
  const end = whenUnseen(tab, 20_000, acted);
  vi.advanceTimersByTime(60_000);
  tab.turn(true);
  vi.advanceTimersByTime(19_000);
  tab.turn(false);
  vi.advanceTimersByTime(60_000);
  expect(acted).not.toHaveBeenCalled();
  tab.turn(true);
  vi.advanceTimersByTime(20_000);
  expect(acted).toHaveBeenCalledOnce();
  end();
  tab.turn(false);
  tab.turn(true);
  vi.advanceTimersByTime(60_000);
  expect(acted).toHaveBeenCalledOnce();
});

test("a tab that is opened behind others begins when it is looked at", async () => {
  const tab = new Shown();
  tab.hidden = true;
  let isSeen = false;
  const seen = untilSeen(tab).then(() => (isSeen = true));
  tab.turn(true);
  await Promise.resolve();
  expect(isSeen).toBe(false);
  tab.turn(false);
  await seen;
  expect(isSeen).toBe(true);
});
