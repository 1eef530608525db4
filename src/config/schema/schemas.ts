import { z } from "zod";
import { DaemonFile } from "./daemon.ts";
import { HostFile } from "./hosts.ts";
import { JobFile } from "./jobs.ts";

/** JSON Schemas of our files, so that editors complete and explain them; published as `config/schema/*.json`. */
export const schemas = {
  daemon: z.toJSONSchema(DaemonFile, { io: "input" }),
  host: z.toJSONSchema(HostFile, { io: "input" }),
  job: z.toJSONSchema(JobFile, { io: "input" }),
};
