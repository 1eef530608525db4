import { expect, test } from "vitest";
import { connectedOne } from "../../../src/batch/connected.ts";
import { OwnPool, type Place } from "../../../src/batch/pool.ts";
import { WarmUp } from "../../../src/batch/warm-up.ts";
import { LoginError } from "../../../src/ftp/errors.ts";
import { MemoryHost } from "../../support/memory-side.ts";
import { EMPTY } from "../../support/memory-tree.ts";
import { quickClock } from "../../support/mirror-scene.ts";

const signal = new AbortController().signal;

/** A place that counts its connections, and lets only so many in. */
function counted(limit: number, most = Number.POSITIVE_INFINITY) {
  const host = new MemoryHost("host", EMPTY, { limit });
  const made = { connections: 0, logins: 0 };
  const connect = () => {
    const side = host.place.connect();
    const number = (made.connections += 1);
    const ready = async () => {
      made.logins += 1;
      if (number > most) throw new LoginError("host", "tester", { code: 421, lines: ["Too many users"] });
    };
    return Object.assign(Object.create(side) as typeof side, { ready });
  };
  return { place: { ...host.place, connect } satisfies Place, made };
}

test("connections that were warmed up are those that are borrowed later", async () => {
  const { place, made } = counted(8);
  const pool = new OwnPool();
  {
    await using warm = new WarmUp(pool, quickClock);
    await warm.open(place, 3, signal);
    expect(made).toEqual({ connections: 3, logins: 3 });
  }
  await Promise.all([1, 2, 3].map(() => connectedOne(pool, place, signal)));
  expect(made.connections).toBe(3);
});

test("no more are opened than there may be, and none is waited for", async () => {
  const { place, made } = counted(2);
  await using warm = new WarmUp(new OwnPool(), quickClock);
  await warm.open(place, 7, signal);
  expect(made.connections).toBe(2);
});

test("a host that lets nobody more in is asked once, and what it said is its limit", async () => {
  const { place, made } = counted(8, 2);
  const pool = new OwnPool();
  {
    await using warm = new WarmUp(pool, quickClock);
    await warm.open(place, 7, signal);
  }
  expect(made.connections).toBe(3);
  const lent = await Promise.all([1, 2].map(() => connectedOne(pool, place, signal)));
  expect(pool.spare(place)).toBeUndefined();
  for (const one of lent) await one[Symbol.asyncDispose]();
});

test("where logins are counted, none is spent", async () => {
  const { place, made } = counted(8);
  await using warm = new WarmUp(new OwnPool(), quickClock);
  await warm.open({ ...place, loginsPerMinute: 10 }, 3, signal);
  expect(made.connections).toBe(0);
});

test("nothing is opened once it is known what is to be done", async () => {
  const { place, made } = counted(8);
  const warm = new WarmUp(new OwnPool(), quickClock);
  await warm[Symbol.asyncDispose]();
  await warm.open(place, 3, signal);
  expect(made.connections).toBe(0);
});
