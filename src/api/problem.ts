import { type Fault, formatFault, readDocument } from "../config/load/document.ts";
import { ControlError } from "../orchestrator/runs/control.ts";
import { RedisError } from "../orchestrator/errors.ts";
import { isRedisOutage, redisWords } from "../orchestrator/kv/faults.ts";
import { parseBoundedJson } from "../shared/json/bounded-json.ts";
import { AppError, ConfigError, messageOf } from "../shared/errors.ts";
import type { z } from "zod";
import type { Problem } from "./views/schemas.ts";

const TITLES = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  409: "Conflict",
  413: "Content Too Large",
  422: "Unprocessable Content",
  429: "Too Many Requests",
  500: "Internal Server Error",
  503: "Service Unavailable",
} as const;
type ProblemStatus = keyof typeof TITLES;

/** A request that is not granted, with the sentence that says why. */
export class Refusal extends AppError {
  readonly code = "refusal";
  readonly retry = "never";
  readonly status: ProblemStatus;
  readonly faults: readonly Pick<Fault, "key" | "message">[];

  constructor(status: ProblemStatus, message: string, faults: Refusal["faults"] = []) {
    super(message);
    this.status = status;
    this.faults = faults;
  }
}

/** The answer to anything thrown (RFC 9457); to an unexpected error, only that it is in the log. */
export function problemOf(error: unknown, isRedisAway: boolean): Problem {
  if (error instanceof Refusal) {
    const faults = error.faults.map(({ key = "", message }) => ({ key, message }));
    return problem(error.status, error.message, faults);
  }
  if (error instanceof ControlError)
    return problem(error.code === "unknown" ? 404 : 409, sentence(error.message));
  if (error instanceof ConfigError) return problem(422, sentence(error.message));
  if (isRedisAway || error instanceof RedisError)
    return problem(503, "Redis does not respond; try again later");
  if (isRedisOutage(error)) return problem(503, redisWords(error) ?? messageOf(error));
  return problem(500, "internal error; see the daemon's log");
}

function problem(status: ProblemStatus, detail: string, faults: NonNullable<Problem["faults"]> = []) {
  const more = faults.length === 0 ? {} : { faults };
  return { type: "about:blank", title: TITLES[status], status, detail, ...more } as const;
}

/** The first line says enough; whole reports are for `fxpd check`. */
function sentence(message: string): string {
  return message.split("\n", 1)[0] ?? message;
}

/**
 * What somebody sent, as a schema reads it.
 * @throws Refusal (422) that names the first fault and lists all, by key and without any value
 */
export function readAs<T extends z.ZodType>(
  what: string,
  value: unknown,
  schema: T | ((document: unknown) => T),
): z.output<T> {
  const read = readDocument(what, JSON.stringify(value ?? {}), schema);
  if (read.kind === "valid") return read.value;
  const faults = read.faults.map((fault) => ({ ...fault, message: aboutRequests(fault.message) }));
  const [first] = faults;
  const reason = first === undefined ? "" : formatFault(first).replace(/^.*?:\d+:\d+: /, "");
  throw new Refusal(422, `${what}: ${reason}`, faults);
}

/** The sentences are those of files. */
function aboutRequests(message: string): string {
  return message.replace("in this file", "in a request");
}

/** JSON text. @throws Refusal (400) that quotes nothing of it */
export function parseJson(text: string): unknown {
  try {
    return parseBoundedJson(text);
  } catch (error) {
    const why = messageOf(error);
    throw new Refusal(
      400,
      why === "not valid JSON" ? "the request body is not valid JSON" : `the request body is ${why}`,
    );
  }
}
