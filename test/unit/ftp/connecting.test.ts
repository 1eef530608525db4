import { expect, test } from "vitest";
import { ConnectionError } from "../../../src/ftp/errors.ts";
import { systemClock } from "../../../src/shared/clock.ts";
import { FtpSide } from "../../../src/transfer/sides/ftp-side.ts";
import { type Script, scriptedServer } from "../../support/scripted-server.ts";
import { settingsFor } from "../../support/settings.ts";

const signal = new AbortController().signal;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A server that lets nobody in before it is told to. */
function slow() {
  let letIn = () => {};
  const told = new Promise<void>((resolve) => (letIn = resolve));
  const script: Script = {
    PASS: async (session) => {
      await told;
      session.reply("230 in");
    },
  };
  return { script, letIn };
}

async function sideOf(script: Script) {
  let wasAsked = () => {};
  /** Fulfilled when somebody waits to be let in. */
  const asked = new Promise<void>((resolve) => (wasAsked = resolve));
  const server = await scriptedServer({
    ...script,
    USER: (session) => {
      wasAsked();
      session.reply("331 password");
    },
  });
  const side = new FtpSide(settingsFor("alpha", server), { clock: systemClock });
  const dispose = async () => {
    await side.close();
    await server[Symbol.asyncDispose]();
  };
  const logins = () => server.commands.filter((line) => line.startsWith("USER")).length;
  return { side, asked, logins, [Symbol.asyncDispose]: dispose };
}

test("who waits for a connection gets it, though the one who began it no longer wants it", async () => {
  const { script, letIn } = slow();
  await using one = await sideOf(script);
  const first = new AbortController();
  const both = [one.side.client(first.signal), one.side.client(signal)] as const;
  await one.asked;
  first.abort();
  await expect(both[0]).rejects.toBe(first.signal.reason);
  letIn();
  expect((await both[1]).isUsable).toBe(true);
  expect(one.logins()).toBe(1);
});

test("a connection that nobody waits for any more is given up, and the next one who asks gets another", async () => {
  const { script, letIn } = slow();
  await using one = await sideOf(script);
  const [first, second] = [new AbortController(), new AbortController()];
  const both = [one.side.client(first.signal), one.side.client(second.signal)] as const;
  await one.asked;
  first.abort();
  second.abort();
  await expect(both[0]).rejects.toBe(first.signal.reason);
  await expect(both[1]).rejects.toBe(second.signal.reason);
  letIn();
  const [next, another] = [one.side.client(signal), one.side.client(signal)];
  expect(await next).toBe(await another);
  expect(one.logins()).toBe(2);
});

test("closing ends what is being made, and who waits for it is told so", async () => {
  await using one = await sideOf({ PASS: () => {} });
  const waiting = one.side.client(signal);
  const told = expect(waiting).rejects.toBeInstanceOf(ConnectionError);
  await one.asked;
  await one.side.close();
  await told;
  await expect(waiting).rejects.toThrow(/alpha: connection closed while connecting/);
});

test("nobody who has gone already begins a connection", async () => {
  await using one = await sideOf({});
  await expect(one.side.client(AbortSignal.abort())).rejects.toMatchObject({ name: "AbortError" });
  await pause(50);
  expect(one.logins()).toBe(0);
});

test("a transfer that begins after it had ended ends the connection, and the next one is a new one", async () => {
  await using one = await sideOf({ NOOP: (session) => session.reply("150 here it comes", "200 yes") });
  const client = await one.side.client(signal);
  await one.side.resync(signal);
  expect(client.isUsable).toBe(false);
  expect(await one.side.client(signal)).not.toBe(client);
  expect(one.logins()).toBe(2);
});
