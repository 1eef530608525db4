import type { Context } from "hono";
import type { Caller } from "./access/auth.ts";

/** What Hono keeps of a request for those who come after. */
export interface Variables {
  readonly Variables: { caller: Caller; affected: object; refusal: string };
  readonly Bindings: { readonly incoming: { readonly socket: { readonly remoteAddress?: string } } };
}
export type Http = Context<Variables>;
