import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import type { Caller } from "../../../src/api/access/auth.ts";
import type { ApiDeps } from "../../../src/api/deps.ts";
import { submittedBy } from "../../../src/api/submission.ts";
import type { Definition } from "../../../src/orchestrator/definitions.ts";

const nightly = { name: "nightly", document: { mirror: { from: "a:x", to: "b:x" } }, rules: [] };
const definitions = {
  all: async () => ({ definitions: [nightly as unknown as Definition], faults: [] }),
  fresh: async () => nightly as unknown as Definition,
} as Partial<ApiDeps["definitions"]> as ApiDeps["definitions"];
const directories = { config: fileURLToPath(new URL("../../fixtures/config-ab", import.meta.url)), jobs: "" };
const ANYBODY: Caller = { name: "ops", role: "operate" };
const submitted = (body: object, key?: string, caller = ANYBODY, allowUrls: boolean | string[] = false) =>
  submittedBy(body as never, key, { definitions, directories, allowUrls } as never, caller);

const COPY = { copy: { from: "a:x/*.iso", to: "b:x/" } };

test("a job is run as its file says it", async () => {
  expect(await submitted({ job: "nightly", dryRun: true }, "k")).toEqual({
    job: "nightly",
    document: nightly.document,
    rules: [],
    dryRun: true,
    key: "k",
  });
});

test("a job that is in the request is kept as it was written, without its name", async () => {
  const body = { ...COPY, name: "isos", exclude: ["*.tmp"], verify: "digest" };
  expect(await submitted(body)).toEqual({
    job: "isos",
    document: { ...COPY, exclude: ["*.tmp"], verify: "digest" },
    rules: [{ exclude: "*.tmp", from: "rule 1 of the request" }],
    dryRun: false,
    isForeign: true,
  });
});

test("what has no name gets one: the same for the same key, else one of its own", async () => {
  const names = [await submitted(COPY, "k"), await submitted(COPY, "k"), await submitted(COPY, "l")];
  const [one, same, other] = names.map(({ job }) => job);
  expect(one).toMatch(/^adhoc-[0-9a-f]{8}$/);
  expect([same === one, other === one]).toEqual([true, false]);
  expect((await submitted(COPY)).job).not.toBe((await submitted(COPY)).job);
});

test("the name of a job of this installation is taken", async () => {
  await expect(submitted({ ...COPY, name: "nightly" })).rejects.toMatchObject({
    status: 422,
    message: "body: name: nightly is already a job of this installation; choose another name",
  });
});

test.each([
  { copy: { from: ["a:x", "/etc/passwd"], to: "b:x/" } },
  { copy: { from: "a:x", to: "./here" } },
  { mirror: { from: "file:///srv", to: "b:x" } },
  { mirror: { from: "a:x", to: "/srv" } },
])("files of a worker's machine are none of a request's business: %j", async (body) => {
  await expect(submitted(body)).rejects.toMatchObject({
    status: 422,
    message: expect.stringContaining(
      "is a local path on the worker's machine; only job files may use local paths",
    ),
  });
});

test.each<[boolean | string[], string, boolean]>([
  [false, "ftp://127.0.0.1:6379/x", false],
  [false, "ftpes://ftp.example.org/x", false],
  [true, "ftp://127.0.0.1:6379/x", true],
  [["*.example.org"], "ftp://FTP.example.org/x", true],
  [["*.example.org"], "ftp://169.254.169.254/x", false],
  [["*.example.org"], "ftp://ftp.example.org.evil.net/x", false],
  [[], "ftp://ftp.example.org/x", false],
])("with api.allowUrls: %j a request may name %j: %j", async (allowUrls, url, isSo) => {
  const asking = submitted({ copy: { from: url, to: "b:x/" } }, undefined, ANYBODY, allowUrls);
  if (isSo) await expect(asking).resolves.toMatchObject({ isForeign: true });
  else
    await expect(asking).rejects.toMatchObject({
      status: 422,
      message: expect.stringContaining("unless api.allowUrls in daemon.yaml allows the address"),
    });
});

test("an unknown host is refused at once", async () => {
  await expect(submitted({ copy: { from: "c:x", to: "b:x/" } })).rejects.toMatchObject({
    status: 422,
    message: expect.stringContaining("no such host: c"),
  });
});

test("a limited token submits what is within its limits and nothing else", async () => {
  const caller: Caller = { ...ANYBODY, limits: { jobs: ["isos-*"], hosts: ["a", "b"], paths: ["/pub"] } };
  const copy = { copy: { from: "a:/pub/*.iso", to: "b:/pub/" } };
  await expect(submitted({ ...copy, name: "isos-1" }, undefined, caller)).resolves.toMatchObject({
    job: "isos-1",
  });
  for (const body of [
    copy,
    { ...copy, name: "other" },
    { copy: { ...copy.copy, to: "b:/etc/" }, name: "isos-1" },
    { copy: { ...copy.copy, from: "a:/*" }, name: "isos-1" },
  ])
    await expect(submitted(body, undefined, caller)).rejects.toMatchObject({ status: 403 });
  await expect(submitted({ job: "nightly" }, undefined, caller)).rejects.toMatchObject({ status: 404 });
});
