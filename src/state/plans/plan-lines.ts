import { z } from "zod";
import { refusalOfName } from "../../ftp/pathname.ts";
import type { PlannedAction } from "../../mirror/decide/planned.ts";
import { ConfigError } from "../../shared/errors.ts";

// A plan is a file of JSON objects, one a line: what it is for, its actions, and last what shows that it is whole.

/** Of the form. */
export const VERSION = 1;
const Options = z.strictObject({
  delete: z.boolean(),
  maxDelete: z.union([z.strictObject({ files: z.number() }), z.strictObject({ percent: z.number() })]),
  preserveTimes: z.boolean(),
  permissions: z.boolean(),
  trash: z.string().optional(),
  stamp: z.string().optional(),
  canary: z.string().optional(),
});

/** One of the two trees: as a person wrote it, and as nobody else's is written. */
const Root = z.strictObject({ shown: z.string(), identity: z.string() });

const Head = z.strictObject({
  plan: z.literal(VERSION),
  at: z.string(),
  source: Root,
  target: Root,
  options: Options,
});
/** What a plan is for. */
export type PlanHead = z.infer<typeof Head>;

const RecordedFacts = z.strictObject({
  kind: z.enum(["file", "directory", "link", "other", "unknown"]),
  size: z.number().optional(),
  modified: z.string().optional(),
  to: z.string().optional(),
});
/** A path below the root, and nowhere else. */
const Path = z.string().refine((path) => path.split("/").every((name) => refusalOfName(name) === undefined));
const common = { path: Path, because: z.string(), isLate: z.literal(true).optional() };
const Action = z.discriminatedUnion("action", [
  z.strictObject({ ...common, action: z.literal("make-directory") }),
  z.strictObject({
    ...common,
    action: z.literal("copy"),
    source: RecordedFacts,
    target: RecordedFacts.nullable(),
    isIndex: z.literal(true).optional(),
  }),
  z.strictObject({ ...common, action: z.literal("link"), to: z.string(), target: RecordedFacts.nullable() }),
  z.strictObject({
    ...common,
    action: z.literal("rename"),
    from: Path,
    source: RecordedFacts,
    target: RecordedFacts,
  }),
  z.strictObject({ ...common, action: z.enum(["delete", "trash"]), target: RecordedFacts }),
  z.strictObject({
    ...common,
    action: z.literal("set-permissions"),
    bits: z.int().min(0).max(0o7777),
    isNew: z.boolean(),
  }),
]);

const count = z.int().min(0);
const End = z.strictObject({
  end: z.strictObject({
    actions: count,
    sourceFiles: count,
    targetFiles: count,
    faults: count,
    lateFaults: count,
    /** Of all lines before. */
    sha256: z.string(),
  }),
});

export type PlanEnd = z.infer<typeof End>["end"];

/** @throws ConfigError */
export function parseHead(line: string, file: string): PlanHead {
  const value = parsed(line);
  const isOther = z.object({ plan: z.number() }).safeParse(value).data;
  if (isOther !== undefined && isOther.plan !== VERSION)
    throw new ConfigError(
      `is a plan of version ${isOther.plan}; this fxpd supports version ${VERSION}`,
      file,
    );
  const read = Head.safeParse(value);
  if (read.success) return read.data;
  throw new ConfigError("is not a plan written by fxpd mirror --plan", file);
}

/** @param where file and line @throws ConfigError */
export function parseAction(line: string, where: string): PlannedAction {
  const read = Action.safeParse(parsed(line));
  if (read.success) return read.data as PlannedAction;
  throw new ConfigError("is not a valid action of a plan", where);
}

/** Undefined for a line that is none of these. */
export function parseEnd(line: string): PlanEnd | undefined {
  return line.startsWith('{"end":') ? End.safeParse(parsed(line)).data?.end : undefined;
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
