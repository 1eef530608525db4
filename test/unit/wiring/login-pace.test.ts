import { expect, test } from "vitest";
import { LoginPace } from "../../../src/wiring/login-pace.ts";
import { settingsFor } from "../../support/settings.ts";

test("no more logins than a host allows in a minute, however they come", async () => {
  let nowMs = 1_000_000;
  const logins: number[] = [];
  const clock = { now: () => nowMs, sleep: async (ms: number) => void (nowMs += ms) };
  const pace = new LoginPace(clock);
  const limits = { connections: 8, loginsPerMinute: 3 };
  const host = settingsFor("h", { address: "127.0.0.1", port: 21 }, { limits });
  for (let login = 0; login < 10; login += 1) {
    await pace.wait(host, new AbortController().signal);
    logins.push(nowMs);
    nowMs += 7_000;
  }
  for (const since of logins) {
    expect(logins.filter((atMs) => atMs >= since && atMs < since + 60_000).length).toBeLessThanOrEqual(3);
  }
  // And no longer than that asks for.
  expect((logins.at(-1) ?? 0) - (logins[0] ?? 0)).toBe(3 * 60_000);
});
