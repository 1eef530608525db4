import { expect, test } from "vitest";
import { WrongTokens } from "../../../../src/api/access/wrong-tokens.ts";

/** A clock whose sleepers wake when the test says so. */
function clockOf() {
  const slept: number[] = [];
  const wake: (() => void)[] = [];
  let nowMs = 0;
  return {
    slept,
    wakeAll: () => wake.splice(0).forEach((one) => one()),
    pass: (ms: number) => (nowMs += ms),
    now: () => nowMs,
    sleep: (ms: number) => {
      slept.push(ms);
      return new Promise<void>((resolve) => wake.push(resolve));
    },
  };
}

test("each wrong token of an address is answered later than the one before, up to five seconds", async () => {
  const clock = clockOf();
  const wrong = new WrongTokens(clock);
  for (let count = 0; count < 9; count += 1) {
    const waiting = wrong.wait("192.0.2.1");
    clock.wakeAll();
    await waiting;
  }
  expect(clock.slept).toEqual([100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000]);
});

test("other addresses wait for nobody; one IPv6 network is one address", () => {
  const clock = clockOf();
  const wrong = new WrongTokens(clock);
  for (let count = 0; count < 5; count += 1) void wrong.wait("192.0.2.1");
  void wrong.wait("192.0.2.2");
  void wrong.wait("2001:db8::1");
  void wrong.wait("2001:db8:0:0:ffff::2");
  void wrong.wait("2001:db8:0:1::2");
  expect(clock.slept.slice(5)).toEqual([100, 100, 200, 100]);
});

test("an address with many answers to come is not heard, until some have come; others are", async () => {
  const clock = clockOf();
  const wrong = new WrongTokens(clock);
  const waiting = Array.from({ length: 32 }, () => wrong.wait("192.0.2.1"));
  expect(() => wrong.requirePatience("192.0.2.1")).toThrow(expect.objectContaining({ status: 429 }));
  expect(() => wrong.requirePatience("192.0.2.2")).not.toThrow();
  clock.wakeAll();
  await Promise.all(waiting);
  expect(() => wrong.requirePatience("192.0.2.1")).not.toThrow();
});

test("after ten quiet minutes an address begins anew, and addresses without number are not kept", () => {
  const clock = clockOf();
  const wrong = new WrongTokens(clock);
  const waits = (address: string) => {
    void wrong.wait(address);
    clock.wakeAll();
    return clock.slept.at(-1);
  };
  waits("192.0.2.1");
  expect(waits("192.0.2.1")).toBe(200);
  for (let count = 0; count < 10_000; count += 1) waits(`10.${count >> 8}.${count & 255}.1`);
  expect(waits("192.0.2.1")).toBe(100);
});
