import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { definitionOf } from "../../src/orchestrator/definitions.ts";
import { bucketFor, fileKey } from "../../src/orchestrator/kv/stores/files/stored-files.ts";
import { decodeText } from "../../src/shared/octets.ts";
import { installationForEach } from "../support/installation.ts";
import { until } from "../support/until.ts";

// Names that differ only in bytes that are no UTF-8, as names in Latin-1 do: in Redis they are different names, too.

const own = installationForEach("stray");
const at = (path: string) => join(own().path, path);
const NAMES = ["b\xe4r", "b\xf6r", "b\xfcr", "bar"].map((name) => Buffer.from(name, "latin1"));
const [BAER = "", BOER = ""] = NAMES.map(decodeText);

beforeEach(async () => {
  await mkdir(at("a"));
  for (const name of NAMES) await writeFile(Buffer.concat([Buffer.from(at("a/")), name]), name);
});

test.each(["mirror", "copy"])(
  "a %s copies and counts each file, and starts its hook for it",
  async (kind) => {
    const slash = kind === "copy" ? "/" : "";
    const lines = [
      `${kind}: {from: ${at("a")}${slash}, to: ${at("b")}${slash}}`,
      `hooks: {afterFile: [/bin/sh, -c, "echo $FXPD_BYTES >> ../told"]}`,
      "",
    ];
    await writeFile(at("jobs/nightly.yaml"), lines.join("\n"));
    const { control } = own().installation;
    const { document, rules } = await definitionOf("nightly", own().directories);
    const { id } = await control.submit({ job: "nightly", document, rules });
    await own().worker();
    await until(async () => (await control.run(id)).state === "ended", "the run has ended");
    const { outcome, counters } = await control.run(id);
    expect({ outcome, counters }).toMatchObject({
      outcome: "succeeded",
      counters: { files: NAMES.length, copied: NAMES.length },
    });
    const stored = await readdir(at("b"), { encoding: "buffer" });
    expect(stored.map((name) => name.toString("latin1")).sort()).toEqual(
      NAMES.map((name) => name.toString("latin1")).sort(),
    );
    expect((await readFile(at("told"), "utf8")).split("\n").filter(Boolean)).toHaveLength(NAMES.length);
  },
);

test("who goes on with a slice does not take one of them for done since another is stored", async () => {
  const { kv, store } = own().installation;
  const order = { job: "job", document: {}, rules: [], dryRun: false, because: "test" };
  await store.create("r", { ...order, requestedBy: "person" }, 1);
  const placed = (target: string) => ({ key: fileKey(0, target), bucket: bucketFor(0, target) });
  const stored = kv.storedFiles("r");
  await stored.note({ ...placed(BAER), by: "relay", bytes: 3, resumedFrom: 0 });
  expect([...(await stored.done([BAER, BOER].map(placed))).keys()]).toEqual([0]);
});

test("what a copy has finished, and what a job has written, is known of each of them", async () => {
  const { kv } = own().installation;
  const [one, two] = [{ sizeBytes: 1 }, { sizeBytes: 2 }];
  const journal = await kv.journal("r", []);
  journal.note({ target: BAER, source: one, stored: one });
  await journal.close(false);
  const again = await kv.journal("r", [BAER, BOER]);
  expect([BAER, BOER].map((target) => again.finished(target)?.source)).toEqual([one, undefined]);
  await again.close(false);

  const written = kv.written("job");
  for (const [name, is] of [
    [BAER, one],
    [BOER, two],
  ] as const)
    written.note(`/d${BAER}/${name}`, { source: is, stored: is });
  await written.settled();
  const found = await written.recall(`/d${BAER}`);
  expect([BAER, BOER].map((name) => found.get(name)?.source)).toEqual([one, two]);
  expect((await written.recall(`/d${BOER}`)).size).toBe(0);
});
