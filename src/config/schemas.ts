import { z } from "zod";
import { HostFile } from "./hosts.ts";
import { JobFile } from "./jobs.ts";

/** JSON Schemas of our files, for editors; published under `config/schema/`. */
export const schemas: Readonly<Record<"host" | "job", object>> = {
  host: describe(HostFile, "A server that fxpd may talk to"),
  job: describe(JobFile, "A job of fxpd"),
};

function describe(schema: z.ZodType, title: string): object {
  return { title, ...z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) };
}
