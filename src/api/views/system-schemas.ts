import { z } from "zod";
import { at, named, natural } from "./schemas.ts";

export const Me = named(
  "Me",
  z.object({
    name: z.string().describe("Name of the token; without tokens: this machine"),
    role: z.enum(["read", "operate"]),
    limited: z.boolean().describe("Whether the token is limited to some jobs"),
    tokens: z.boolean().describe("Whether the API requires tokens"),
  }),
);

const Worker = z.object({
  id: z.string().describe("As in `worker` of files in flight"),
  host: z.string().optional().describe("Name of its machine"),
  pid: z.int().optional(),
  version: z.string().optional(),
  since: at("When it started").optional(),
  lanes: natural().optional().describe("Maximum number of files that it copies in parallel"),
  works: z
    .array(
      z.object({
        run: z.string(),
        job: z.string().optional(),
        plans: z.boolean().describe("Whether it plans this run"),
        lanes: natural().describe("Its lanes that copy files of this run"),
        waiting: z
          .array(
            z.object({
              for: z.string().describe("What these lanes wait for"),
              host: z.string().optional().describe("The host whose connections or logins are all in use"),
              lanes: natural(),
            }),
          )
          .describe("Its lanes that wait with files of this run"),
      }),
    )
    .describe("Runs that it worked on a few seconds ago"),
});
export type WorkerView = z.infer<typeof Worker>;

export const System = named(
  "System",
  z.object({
    version: z.string(),
    node: z.string(),
    startedAt: at("When this API started"),
    parts: z
      .record(z.string(), z.boolean())
      .describe("Parts of the daemon in this process, and whether they run"),
    workers: natural().describe("Workers that are alive, on all machines"),
    workerList: z.array(Worker).describe("The workers that are alive"),
    schedulers: natural().describe("Schedulers that are alive, on all machines"),
    lastReload: z
      .object({
        at: at("When a scheduler last reloaded config/ and jobs/"),
        from: z.string().describe("What requested the reload"),
        outcome: z.enum(["done", "refused"]),
        because: z.string().optional().describe("Why the previous files stay in use"),
      })
      .optional(),
    ready: z.object({ ok: z.boolean(), reasons: z.array(z.string()) }),
    redis: z.object({
      version: z.string().optional(),
      usedBytes: natural().optional(),
      maximumBytes: natural().optional().describe("Limit of memory; 0: no limit"),
      clients: natural().optional(),
      upSeconds: natural().optional(),
    }),
    queues: z
      .record(z.string(), z.record(z.string(), natural()))
      .describe("Number of items by queue and state"),
    jobs: natural(),
    faults: z.array(z.string()).describe("Errors in the files of config/ and jobs/"),
  }),
);

const Row = z.object({
  at: at("Time of the request"),
  who: z.string().optional(),
  from: z.string().describe("`command line`, or the address of the API client"),
  what: z.string(),
  on: z.string().optional(),
  outcome: z.string(),
  because: z.string().optional(),
});

export const AuditList = named("AuditList", z.object({ rows: z.array(Row) }));

export type MeView = z.infer<typeof Me>;
export type SystemView = z.infer<typeof System>;
export type AuditView = z.infer<typeof AuditList>;
