import { jsonText } from "../shared/printable.ts";
import type { z } from "zod";
import { type Caller, identify, requireRole, type AccessRole } from "./access/auth.ts";
import type { ApiDeps } from "./deps.ts";
import type { Http } from "./http.ts";
import { isLimited } from "./access/limits.ts";
import { parseJson, readAs, Refusal } from "./problem.ts";

/** A question, as its schemas have read it. */
export interface ParsedRequest<Query> {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Query;
  /** As it came; the schema has found it to be right. */
  readonly body: unknown;
  readonly caller: Caller;
  readonly http: Http;
}

/** What the OpenAPI document says about a route. */
export interface Described {
  readonly method: "get" | "post";
  /** With parameters in braces. */
  readonly path: string;
  /** `anybody`: without a token, too. */
  readonly role: AccessRole | "anybody";
  /** Stable; what clients that are made from the document call it. */
  readonly id: string;
  readonly summary: string;
  /** Whether it is about the whole installation, so that tokens for a part of it may not. */
  readonly isOfAll?: boolean;
  readonly query?: z.ZodObject;
  readonly headers?: z.ZodObject;
  readonly body?: z.ZodType;
  readonly answer?: z.ZodType;
  /** Of an answer that is no JSON. */
  readonly mediaType?: string;
  /** Of a good answer; default 200. */
  readonly status?: 200 | 202;
  /** Statuses of problems, beside those of any route. */
  readonly problems?: readonly number[];
}

export interface ApiRoute extends Described {
  answerTo(http: Http, deps: ApiDeps): Promise<Response>;
}

interface Handled<Q extends z.ZodObject, A extends z.ZodType> extends Described {
  readonly query?: Q;
  /** Which of several bodies one means to be; default `body`. */
  readonly bodyFor?: (value: unknown) => z.ZodType;
  readonly answer?: A;
  handle(deps: ApiDeps, asked: ParsedRequest<z.output<Q>>): Promise<z.input<A> | Response>;
}

/** A route: what it takes is checked, who asks is known, what it gives is JSON. */
export function route<Q extends z.ZodObject, A extends z.ZodType>(handled: Handled<Q, A>): ApiRoute {
  const { handle, bodyFor, ...described } = handled;
  return {
    ...described,
    async answerTo(http, deps) {
      const caller = await admit(http, deps, described);
      const { query, body } = described;
      const params = paramsOf(http);
      const asked = query && readAs("query", http.req.query(), query);
      const sent = body && parseJson(await http.req.text());
      if (body !== undefined) readAs("body", sent, bodyFor ?? body);
      const answer = await handle(deps, { params, query: asked as z.output<Q>, body: sent, caller, http });
      if (answer instanceof Response) return answer;
      // Names and replies in it are other people's, and may be read on a terminal.
      const type = { "Content-Type": "application/json" };
      return http.body(jsonText(answer), described.status ?? 200, type);
    },
  };
}

/** Whoever it is, is in the audit trail, also where it may not. @throws Refusal (401, 403, 429) */
export async function admit(
  http: Http,
  { tokens, wrongTokens }: ApiDeps,
  { role, isOfAll = false }: Pick<Described, "role" | "isOfAll">,
): Promise<Caller> {
  if (role === "anybody") return { name: "anybody", role: "read" };
  const remote = http.env.incoming.socket.remoteAddress;
  const authorization = http.req.header("authorization");
  if (authorization !== undefined) wrongTokens.requirePatience(remote ?? "");
  let caller: Caller;
  try {
    caller = identify(tokens, { authorization, remote });
  } catch (error) {
    if (authorization !== undefined && tokens.length > 0) await wrongTokens.wait(remote ?? "");
    throw error;
  }
  http.set("caller", caller);
  requireRole(caller, role);
  if (isOfAll && isLimited(caller.limits))
    throw new Refusal(
      403,
      `the token of ${caller.name} is limited to some jobs; this request concerns all jobs`,
    );
  return caller;
}

/** Ids and names are parts of Redis keys and of file names. @throws Refusal (404) for what can be none */
function paramsOf(http: Http): Readonly<Record<string, string>> {
  const params: Readonly<Record<string, string>> = http.req.param();
  for (const [name, value] of Object.entries(params))
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,499}$/.test(value))
      throw new Refusal(404, `unknown parameter value: ${name}`);
  return params;
}
