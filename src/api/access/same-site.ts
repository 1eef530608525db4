import { isLoopback } from "./auth.ts";
import { Refusal } from "../problem.ts";

/** What a browser says of the page that asks. */
interface Asking {
  readonly host: string | undefined;
  readonly origin: string | undefined;
  /** `Sec-Fetch-Site`, which no page can set. */
  readonly site: string | undefined;
}

/**
 * Pages of other sites get nothing, whatever the method: a browser would ask in the name of whoever looks at them. A
 * page may also ask under its own site's name, where it has that lead here (DNS rebinding); so where only this machine
 * is listened to, it has to be asked by a name of this machine.
 * @param bound the address that is listened on
 * @throws Refusal (403)
 */
export function requireSameSite(bound: string, { host, origin, site }: Asking): void {
  if (isLoopback(bound) && !isLoopback(nameIn(host)))
    throw new Refusal(403, "wrong Host header: use localhost, 127.0.0.1 or [::1]");
  const isOtherSite = site !== undefined && site !== "same-origin" && site !== "none";
  // Behind a proxy that has another name, the browser knows better than we do what the same origin is.
  const isOtherOrigin =
    origin !== undefined &&
    origin.replace(/^https?:\/\//, "") !== host &&
    (isLoopback(bound) || site !== "same-origin");
  if (isOtherSite || isOtherOrigin) throw new Refusal(403, "cross-origin requests are not allowed");
}

/** Without the port. */
function nameIn(host: string | undefined): string {
  const [, bracketed, name] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d+)?$/.exec(host ?? "") ?? [];
  return bracketed || name || "";
}
