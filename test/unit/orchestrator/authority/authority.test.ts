import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parse } from "yaml";
import { Authority } from "../../../../src/orchestrator/authority/authority.ts";

const JOB = "copy: {from: ./a, to: ./b/}\n";

let path: string;
let authority: Authority;
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), "fxpd-authority-"));
  await mkdir(join(path, "jobs"));
  await mkdir(join(path, "config"));
  await writeFile(join(path, "jobs/nightly.yaml"), JOB);
  authority = new Authority(undefined, { config: join(path, "config"), jobs: join(path, "jobs") });
});
afterEach(() => rm(path, { recursive: true }));

const refusal = (text = JOB) => {
  const document = parse(text) as object;
  const order = {
    job: "nightly",
    document,
    rules: [],
    dryRun: false,
    because: "",
    requestedBy: "person" as const,
  };
  return authority.refusalOfOrder({ id: "nightly_1", order });
};
const away = async () => rename(join(path, "jobs"), join(path, "jobs.away"));

test("a job of jobs/ is carried out, and another document of that name is not", async () => {
  expect(await refusal()).toBeUndefined();
  expect(await refusal("copy: {from: ./secret, to: ./b/}")).toContain("differs from");
});

test("while jobs/ is replaced, what was read last counts", async () => {
  expect(await refusal()).toBeUndefined();
  await away();
  expect(await refusal()).toBeUndefined();
  await writeFile(join(path, "jobs"), "");
  expect(await refusal()).toBeUndefined();
  expect(await refusal("copy: {from: ./secret, to: ./b/}")).toContain("differs from");
});

test("while its file is broken, what was read last counts; once it is deleted, it is no job", async () => {
  expect(await refusal()).toBeUndefined();
  await writeFile(join(path, "jobs/nightly.yaml"), "copy: {from: ./a");
  expect(await refusal()).toBeUndefined();
  await rm(join(path, "jobs/nightly.yaml"));
  expect(await refusal()).toContain("is not a job in this worker's jobs/");
});

test("a job of which nothing was read yet is waited for while jobs/ is replaced", async () => {
  await away();
  const asked = refusal();
  await rename(join(path, "jobs.away"), join(path, "jobs"));
  expect(await asked).toBeUndefined();
});

test("a worker that never had a jobs/ refuses at once what is not signed", async () => {
  await rm(join(path, "jobs"), { recursive: true });
  const directories = { config: join(path, "config"), jobs: join(path, "jobs") };
  const waits = () => Promise.reject(new Error("waited"));
  authority = new Authority(undefined, directories, waits);
  expect(await refusal()).toContain("is not a job in this worker's jobs/");
});
