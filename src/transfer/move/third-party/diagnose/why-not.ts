import { isIpv6, type Method, type PeerCapabilities } from "../methods.ts";
import { other, type Role } from "../../../role.ts";
import type { When } from "../../../../ftp/advice/directives.ts";

/** Why a method cannot even be tried, and what that depends on. */
export interface WhyNot {
  readonly because: string;
  /** Settings of the servers; or our own policy for one: nothing in clear. */
  readonly hinges: readonly { readonly role: Role; readonly on: When | "policy" }[];
}

/** Why a method is not among those that two servers can try; undefined where it is. */
export function whyNot(method: Method, sides: Readonly<Record<Role, PeerCapabilities>>): WhyNot | undefined {
  return (
    whyNotMet(method, sides) ??
    (method.tlsClient === undefined ? whyNotClear(sides) : whyNotPrivate(method.tlsClient, method, sides))
  );
}

const ROLES = ["source", "target"] as const;

function whyNotMet(
  { passive, form }: Method,
  sides: Readonly<Record<Role, PeerCapabilities>>,
): WhyNot | undefined {
  const [inIpv6, inIpv4] = [
    ROLES.find((role) => isIpv6(sides[role])),
    ROLES.find((role) => !isIpv6(sides[role])),
  ];
  if (inIpv6 !== undefined && inIpv4 !== undefined)
    return {
      because: `${sides[inIpv4].name} is reached over IPv4, ${sides[inIpv6].name} over IPv6`,
      hinges: [],
    };
  if (inIpv6 !== undefined && form !== "EPSV")
    return { because: `${form} supports IPv4 addresses only`, hinges: [] };
  if (sides[passive].canBePassive) return undefined;
  return {
    because: `${sides[passive].name} accepts passive data connections only from its own client`,
    hinges: [{ role: passive, on: "passive" }],
  };
}

function whyNotClear(sides: Readonly<Record<Role, PeerCapabilities>>): WhyNot | undefined {
  const strict = ROLES.filter((role) => sides[role].protection === "required");
  if (strict.length === 0) return undefined;
  const names = strict.map((role) => sides[role].name).join(" and ");
  return {
    because: `TLS is required for ${names}`,
    hinges: strict.map((role) => ({ role, on: "policy" })),
  };
}

function whyNotPrivate(
  tlsClient: Role,
  { form }: Method,
  sides: Readonly<Record<Role, PeerCapabilities>>,
): WhyNot | undefined {
  const plain = ROLES.find((one) => sides[one].protection === "none");
  if (plain !== undefined) return { because: `${sides[plain].name} does not use TLS`, hinges: [] };
  const { name, sscn, cpsv, cutsAsTlsClient } = sides[tlsClient];
  const verb = form === "CPSV" ? "CPSV" : "SSCN";
  const hinges = [{ role: tlsClient, on: "tls-client" }] as const;
  if (!(verb === "CPSV" ? cpsv : sscn)) return { because: `${name} has no ${verb}`, hinges };
  if (tlsClient !== "source" || !cutsAsTlsClient) return undefined;
  return {
    because: `${name} truncates files when it acts as TLS 1.3 client and sends to ${sides[other(tlsClient)].name}`,
    hinges: [{ role: tlsClient, on: "tls-cut" }],
  };
}
