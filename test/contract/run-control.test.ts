import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { TestInstallation } from "../support/installation.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";

let redis: TestRedis;
let one: TestInstallation;
let turn = 0;

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(async () => {
  await redis[Symbol.asyncDispose]();
});
beforeEach(async () => {
  turn += 1;
  one = await TestInstallation.open(redis.port, `control${turn}`);
  return () => one[Symbol.asyncDispose]();
});

const document = { mirror: { from: "a:/in", to: "b:/out" } };
const asked = { job: "pub", document, rules: [], key: "k1" };

test("what is submitted twice with one key is one run", async () => {
  const { control } = one.installation;
  const first = await control.submit(asked);
  expect(await control.submit({ ...asked, by: "another" })).toMatchObject({ id: first.id });
  expect(await control.runs(10)).toHaveLength(1);
});

test.each([
  ["another document", { document: { mirror: { from: "a:/in", to: "b:/elsewhere" } } }],
  ["another job", { job: "other" }],
  ["other rules", { rules: [{ exclude: "*.tmp" }] }],
  ["a dry run", { dryRun: true }],
])("a key that is used again for %s is refused, and says for what it was used", async (_what, other) => {
  const { control } = one.installation;
  const { id } = await control.submit(asked);
  await expect(control.submit({ ...asked, ...other })).rejects.toMatchObject({
    code: "conflict",
    message: `this key has already been used for ${id}, a different request; choose another key`,
  });
  expect(await control.runs(10)).toHaveLength(1);
});
