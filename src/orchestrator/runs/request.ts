import type { Definition } from "../definitions.ts";
import type { RunOrder } from "./run.ts";

/** A run that is asked for: whoever does, and whatever else is done in the same step. */
export interface RunRequest {
  readonly id: string;
  readonly order: RunOrder;
}

/** Why a run is wanted, and what is special about it. */
type Reason = Pick<RunOrder, "requestedBy" | "because"> &
  Partial<
    Pick<
      RunOrder,
      "dryRun" | "dueMs" | "startMs" | "retryOf" | "completes" | "isForeign" | "keepsTranscripts"
    >
  >;

/** The order for a run of a job. */
export function orderFor(
  {
    name,
    document,
    rules,
  }: Pick<Definition, "name" | "document"> & { readonly rules: Readonly<RunOrder["rules"]> },
  { dryRun = false, isForeign, keepsTranscripts, ...reason }: Reason,
): RunOrder {
  const foreign = isForeign === true ? { isForeign } : {};
  const kept = keepsTranscripts === true ? { keepsTranscripts } : {};
  return { job: name, document, rules: [...rules], dryRun, ...reason, ...foreign, ...kept };
}

/**
 * Lua: `createRuns(prefix, now, first)` makes the runs that the arguments from the given one on ask for (id, job, order
 * of each), and enters them in all indexes; returns the ids of those that were not there before. Every script by which
 * runs come to be has this in its step.
 */
export const CREATE_RUNS = `
local function createRuns(prefix, now, first)
  local made = {}
  for at = first, #ARGV, 3 do
    local id, job, order = ARGV[at], ARGV[at + 1], ARGV[at + 2]
    local run = prefix .. ':run:' .. id
    if redis.call('EXISTS', run) == 0 then
      redis.call('HSET', run, 'order', order, 'job', job, 'created', now, 'state', 'queued', 'wish', 'run', 'generation', 0)
      redis.call('ZADD', prefix .. ':runs', now, id)
      redis.call('ZADD', prefix .. ':open', now, id)
      redis.call('ZADD', prefix .. ':job:' .. job .. ':runs', now, id)
      redis.call('ZADD', prefix .. ':job:' .. job .. ':open', now, id)
      made[#made + 1] = id
    end
  end
  return made
end
`;
