import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import type { z } from "zod";
import { checkConfiguration } from "../../../../src/config/load/check.ts";
import { readDocument } from "../../../../src/config/load/document.ts";
import { DaemonFile } from "../../../../src/config/schema/daemon.ts";
import { HostFile } from "../../../../src/config/schema/hosts.ts";
import { JobFile } from "../../../../src/config/schema/jobs.ts";
import { schemas } from "../../../../src/config/schema/schemas.ts";

test.each(["daemon", "host", "job"] as const)(
  "config/schema/%s.json is what print-schema.ts prints",
  async (name) => {
    expect(JSON.parse(await readFile(`config/schema/${name}.json`, "utf8"))).toEqual(schemas[name]);
  },
);

interface Schema {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
}

test.each(["daemon", "host", "job"] as const)("every key of a %s file is explained", (name) => {
  const explain = (schema: Schema, path: string): string[] => {
    const { properties = {}, anyOf = [], items } = schema;
    return [
      ...Object.entries(properties).flatMap(([key, one]) => [
        ...(one.description === undefined ? [`${path}.${key}`] : []),
        ...explain(one, `${path}.${key}`),
      ]),
      ...[...anyOf, ...(items === undefined ? [] : [items])].flatMap((one) => explain(one, path)),
    ];
  };
  expect(explain(schemas[name] as Schema, name)).toEqual([]);
});

test("the examples are valid", async () => {
  const { hosts, jobs, faults } = await checkConfiguration({ config: "config", jobs: "jobs" });
  expect({ hosts, jobs, faults }).toEqual({ hosts: 2, jobs: 1, faults: [] });
});

/** Which of our files a block is, by a key that it has to have. */
const KINDS: readonly (readonly [RegExp, z.ZodType])[] = [
  [/^address:/m, HostFile],
  [/^redis:/m, DaemonFile],
  [/^(copy|mirror):/m, JobFile],
];

test.each(["config/README.md", "jobs/README.md"])("the whole files in %s are valid", async (readme) => {
  const blocks = (await readFile(readme, "utf8")).matchAll(/^```yaml\n([^]*?)^```/gm);
  const files = [...blocks].flatMap(([, text = ""]) => {
    const schema = KINDS.find(([key]) => key.test(text))?.[1];
    return schema === undefined ? [] : [{ text, schema }];
  });
  expect(files.length).toBeGreaterThan(1);
  for (const { text, schema } of files)
    expect(readDocument(readme, text, schema)).toMatchObject({ kind: "valid" });
});
