import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sourceOf } from "../../../src/wiring/places.ts";
import { OwnPool, type Place } from "../../../src/batch/pool.ts";
import { systemClock } from "../../../src/shared/clock.ts";

const signal = new AbortController().signal;

/** One account, as host files may describe it: each differs from all others in what a connection to it is. */
const HOSTS: Readonly<Record<string, object>> = {
  required: { tls: "required" },
  prefer: { tls: "prefer" },
  off: { tls: "off" },
  implicit: { tls: { policy: "required", start: "implicit" }, port: 21 },
  unverified: { tls: { policy: "required", verify: false } },
  pinned: { tls: { policy: "required", fingerprint: "ab".repeat(32) } },
  "pinned-otherwise": { tls: { policy: "required", fingerprint: "cd".repeat(32) } },
  "one-authority": { tls: { policy: "required", caFile: "one.pem" } },
  "other-authority": { tls: { policy: "required", caFile: "other.pem" } },
  "other-name": { tls: { policy: "required", serverName: "ftp.example.net" } },
  "other-secret": { tls: "required", passwordFrom: { env: "OTHER" } },
  account: { tls: "required", accountFrom: { env: "ACCOUNT" } },
  nat: { tls: "required", dataAddresses: ["192.0.2.7"] },
  virtual: { tls: "required", virtualHost: "a.example.net" },
  "other-user": { tls: "required", user: "other" },
  patient: { tls: "required", timeouts: { reply: "5m" } },
};

let config: string;

beforeAll(async () => {
  config = await mkdtemp(join(tmpdir(), "fxpd-sharing-"));
  await mkdir(join(config, "hosts"));
  for (const name of ["one", "other"]) await writeFile(join(config, `hosts/${name}.pem`), name);
  for (const [name, host] of Object.entries(HOSTS)) {
    const file = { address: "127.9.9.9", user: "user", passwordFrom: { env: "PASSWORD" }, ...host };
    await writeFile(join(config, `hosts/${name}.yaml`), JSON.stringify(file));
  }
});
afterAll(() => rm(config, { recursive: true, force: true }));

async function placeOf(location: string): Promise<Place> {
  const context = {
    directories: { config, jobs: config },
    overrides: {},
    deps: { clock: systemClock },
  };
  return (await sourceOf(location, context)).place;
}

/** Whether a connection that one place has given back is lent to the other. */
async function isShared(one: Place, other: Place): Promise<boolean> {
  const pool = new OwnPool();
  const first = await pool.borrowOne(one, signal);
  await first[Symbol.asyncDispose]();
  return (await pool.borrowOne(other, signal)).side === first.side;
}

describe("a connection", () => {
  test.each(Object.keys(HOSTS))(
    "of the host file %s is shared with that file's and no other's",
    async (name) => {
      const one = await placeOf(`${name}:/a`);
      const shared = [];
      for (const other of Object.keys(HOSTS))
        if (await isShared(one, await placeOf(`${other}:/b`))) shared.push(other);
      expect(shared).toEqual([name]);
    },
  );

  test("is asked for with another password: it is another one", async () => {
    const [one, same, other] = await Promise.all(
      ["ftp://u:one@127.9.9.9/a", "ftp://u:one@127.9.9.9/b", "ftp://u:other@127.9.9.9/b"].map(placeOf),
    );
    if (one === undefined || same === undefined || other === undefined) throw new Error("three places");
    expect(await isShared(one, same)).toBe(true);
    expect(await isShared(one, other)).toBe(false);
    expect(JSON.stringify([one, other])).not.toContain("one@");
  });

  test("counts for its account, whichever file it is of, and makes room for another file's", async () => {
    const [plain, secure] = await Promise.all(["off:/a", "required:/a"].map(placeOf));
    if (plain === undefined || secure === undefined) throw new Error("two places");
    expect(plain.key).toBe(secure.key);
    const pool = new OwnPool();
    const limited = (place: Place) => ({ ...place, limit: 2 });
    const both = await pool.borrow(limited(plain), limited(secure), signal);
    let isLent = false;
    const third = pool.borrowOne(limited(secure), signal).then((lent) => {
      isLent = true;
      return lent;
    });
    await Promise.resolve();
    expect(isLent).toBe(false);
    await both[Symbol.asyncDispose]();
    expect((await third).side).toBe(both.target);
    const fourth = await pool.borrowOne(limited(secure), signal);
    expect(fourth.side).not.toBe(both.source);
    expect(pool.spare(limited(plain))).toBeUndefined();
  });
});
