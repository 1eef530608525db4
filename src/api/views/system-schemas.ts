import { z } from "zod";
import { at, count, named } from "./schemas.ts";

export const Me = named(
  "Me",
  z.object({
    name: z.string().describe("Of the token; without tokens: this machine"),
    role: z.enum(["read", "operate"]),
    limited: z.boolean().describe("Whether only some jobs are to be seen"),
    tokens: z.boolean().describe("Whether the API asks for tokens"),
  }),
);

const Worker = z.object({
  id: z.string().describe("As in-flight files name it"),
  host: z.string().optional().describe("Name of its machine"),
  pid: z.int().optional(),
  version: z.string().optional(),
  since: at("When it started").optional(),
  lanes: count().optional().describe("Files that it copies at once, at most"),
  works: z
    .array(
      z.object({
        run: z.string(),
        job: z.string().optional(),
        plans: z.boolean().describe("Whether it plans this run"),
        lanes: count().describe("Its lanes that copy files of this run"),
        waiting: z
          .array(
            z.object({
              for: z.string().describe("What they wait for"),
              host: z.string().optional().describe("The host whose connections or logins are all in use"),
              lanes: count(),
            }),
          )
          .describe("Its lanes that hold files of this run and wait"),
      }),
    )
    .describe("What it works on, as of a few seconds ago"),
});
export type WorkerView = z.infer<typeof Worker>;

export const System = named(
  "System",
  z.object({
    version: z.string(),
    node: z.string(),
    startedAt: at("When this API began to answer"),
    parts: z
      .record(z.string(), z.boolean())
      .describe("Parts of the daemon in this process, and whether they run"),
    workers: count().describe("That are alive, on all machines"),
    workerList: z.array(Worker).describe("Each of the workers that are alive"),
    schedulers: count().describe("That are alive, on all machines"),
    lastReload: z
      .object({
        at: at("When a scheduler last read config/ and jobs/ again"),
        from: z.string().describe("What it was asked for by"),
        outcome: z.enum(["done", "refused"]),
        because: z.string().optional().describe("Why the files read before stay in use"),
      })
      .optional(),
    ready: z.object({ ok: z.boolean(), reasons: z.array(z.string()) }),
    redis: z.object({
      version: z.string().optional(),
      usedBytes: count().optional(),
      maximumBytes: count().optional().describe("0 where there is no limit"),
      clients: count().optional(),
      upSeconds: count().optional(),
    }),
    queues: z.record(z.string(), z.record(z.string(), count())).describe("Queue, state, items"),
    jobs: count(),
    faults: z.array(z.string()).describe("What is wrong with the files of config/ and jobs/"),
  }),
);

const Row = z.object({
  at: at("When"),
  who: z.string().optional(),
  from: z.string().describe("command line, or the address of a client"),
  what: z.string(),
  on: z.string().optional(),
  outcome: z.string(),
  because: z.string().optional(),
});

export const AuditList = named("AuditList", z.object({ rows: z.array(Row) }));

export type MeView = z.infer<typeof Me>;
export type SystemView = z.infer<typeof System>;
export type AuditView = z.infer<typeof AuditList>;
