import { z } from "zod";
import { HostFile } from "./hosts.ts";
import { JobFile } from "./jobs.ts";

/** JSON Schemas of our files, so that editors complete and explain them; published as `config/schema/*.json`. */
export const schemas = {
  host: z.toJSONSchema(HostFile, { io: "input" }),
  job: z.toJSONSchema(JobFile, { io: "input" }),
};
