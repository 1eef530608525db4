import { expect, test } from "vitest";
import type { Edges } from "../../../src/api/edges.ts";
import { submittedBy } from "../../../src/api/submission.ts";
import type { Definition } from "../../../src/orchestrator/definitions.ts";

const nightly = { name: "nightly", document: { mirror: { from: "a:x", to: "b:x" } }, rules: [] };
const definitions = {
  all: async () => ({ definitions: [nightly as unknown as Definition], faults: [] }),
  fresh: async () => nightly as unknown as Definition,
} as Partial<Edges["definitions"]> as Edges["definitions"];
const submitted = (body: object, key?: string) => submittedBy(body as never, key, definitions);

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

test("a job that stands in the request is kept as it was written, without its name", async () => {
  const body = { ...COPY, name: "isos", exclude: ["*.tmp"], verify: "digest" };
  expect(await submitted(body)).toEqual({
    job: "isos",
    document: { ...COPY, exclude: ["*.tmp"], verify: "digest" },
    rules: [{ exclude: "*.tmp", from: "rule 1 of the request" }],
    dryRun: false,
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
    message: "body: name: nightly is a job of this installation; choose another name",
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
    message: expect.stringContaining("is a path of the worker's machine; only a file of jobs/ may name one"),
  });
});
