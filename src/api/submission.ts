import { createHash, randomBytes } from "node:crypto";
import { jobSchemaFor } from "../config/jobs.ts";
import { parseLocation } from "../config/location.ts";
import { gatherRules } from "../config/rules.ts";
import type { Submission as Submitted } from "../orchestrator/runs/control.ts";
import type { Edges } from "./edges.ts";
import { Refusal } from "./problem.ts";

/** What is to be run, as it came: what the schema has made of it would not be what was written. */
export type Document = Readonly<Record<string, unknown>>;

/**
 * What a request asks to be run: a job of this installation, or one that stands in the request.
 * @throws Refusal for a job that is not there, a name that a job has, and for files of the API's own machine
 */
export async function submittedBy(
  body: Document,
  key: string | undefined,
  definitions: Edges["definitions"],
): Promise<Submitted> {
  const { job, name, dryRun = false, ...document } = body;
  const common = { dryRun: dryRun === true, ...(key === undefined ? {} : { key }) };
  if (typeof job === "string") {
    const { document: stored, rules } = await definitions.fresh(job);
    return { ...common, job, document: stored, rules };
  }
  requireRemote(document);
  const called = typeof name === "string" ? name : nameFor(key);
  const { definitions: all } = await definitions.all();
  if (all.some((one) => one.name === called))
    throw new Refusal(422, `body: name: ${called} is a job of this installation; choose another name`);
  const rules = await gatherRules({}, { file: "the request", ...jobSchemaFor(document).parse(document) });
  return { ...common, job: called, document, rules };
}

/** The same for the same key, so that what is asked for twice is one. */
function nameFor(key: string | undefined): string {
  const digits =
    key === undefined ? randomBytes(4).toString("hex") : createHash("sha256").update(key).digest("hex");
  return `adhoc-${digits.slice(0, 8)}`;
}

/** Who may operate the API is no user of the machines that its workers run on. */
function requireRemote(document: Document): void {
  const { from, to } = (document["mirror"] ?? document["copy"]) as {
    readonly from: string | readonly string[];
    readonly to: string;
  };
  const local = [from, to].flat().find((text) => parseLocation(text).kind === "local");
  if (local === undefined) return;
  throw new Refusal(
    422,
    `body: ${local} is a path of the worker's machine; only a file of jobs/ may name one`,
  );
}
