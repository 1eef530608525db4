import { other, type Role } from "../../role.ts";

/** One way to do a third-party transfer (RFC 959 §5.2; RFC 2428; SSCN and CPSV are in no RFC). */
export interface Method {
  /** Stands in records and in memory of what worked: `target-pasv`, `source-epsv+target-sscn`, `target-cpsv`. */
  readonly name: string;
  /** Who listens; the other one connects. */
  readonly passive: Role;
  /** PASV, CPSV and PORT carry IPv4 addresses only; EPSV and EPRT carry both families. */
  readonly form: "PASV" | "EPSV" | "CPSV";
  /** Who begins the TLS handshake on the data connection, against its habit; absent: bytes pass in clear. */
  readonly tlsClient?: Role;
}

/** What the choice depends on, for one of the two servers. */
export interface PeerCapabilities {
  readonly name: string;
  /** As we reach it. */
  readonly address: string;
  /** Whether private data connections are demanded, can be had, or cannot. */
  readonly protection: "required" | "possible" | "none";
  /** Takes the TLS client's part on data connections by these commands. */
  readonly sscn: boolean;
  readonly cpsv: boolean;
  /** As source and TLS client it may end a TLS 1.3 connection before the last byte has arrived. */
  readonly cutsAsTlsClient: boolean;
  /** Some servers accept data connections only from their control peer, whatever their settings. */
  readonly canBePassive: boolean;
  /** Some servers are unreliable as the side that connects. */
  readonly isBetterPassive: boolean;
}

/**
 * The likeliest first. A source that listens can be asked to listen for the next file while it sends this one,
 * which no target takes; the target rather than the source is made TLS client, since a source may close
 * too soon.
 */
const ROWS: readonly Method[] = [
  ...privateRows("target"),
  ...privateRows("source"),
  { name: "source-pasv", passive: "source", form: "PASV" },
  { name: "target-pasv", passive: "target", form: "PASV" },
  { name: "source-epsv", passive: "source", form: "EPSV" },
  { name: "target-epsv", passive: "target", form: "EPSV" },
];

function privateRows(tlsClient: Role): readonly Method[] {
  const rows = (["PASV", "EPSV"] as const).flatMap((form) =>
    (["source", "target"] as const).map((passive) => {
      const name = `${passive}-${form.toLowerCase()}+${tlsClient}-sscn`;
      return { name, passive, form, tlsClient };
    }),
  );
  return [...rows, { name: `${tlsClient}-cpsv`, passive: tlsClient, form: "CPSV", tlsClient }];
}

/** The methods that can work between two servers, the likeliest first. */
export function methodsFor(source: PeerCapabilities, target: PeerCapabilities): readonly Method[] {
  const sides = { source, target };
  const possible = ROWS.filter((method) => canMeet(method, sides) && canProtect(method, sides));
  const isSafe = ({ passive }: Method) => !sides[other(passive)].isBetterPassive;
  const isPrivate = ({ tlsClient }: Method) => tlsClient !== undefined;
  const rank = (method: Method) => (isPrivate(method) ? 0 : 2) + (isSafe(method) ? 0 : 1);
  return possible.toSorted((a, b) => rank(a) - rank(b));
}

/** Why no method at all can work; undefined where one may. */
export function obstacleBetween(source: PeerCapabilities, target: PeerCapabilities): string | undefined {
  if (methodsFor(source, target).length > 0) return undefined;
  if (isIpv6(source) !== isIpv6(target)) return "one server is reached over IPv4, the other over IPv6";
  const strict = [source, target].find(({ protection }) => protection === "required");
  if (strict === undefined) return "neither server accepts a data connection from the other";
  const plain = [source, target].find(({ protection }) => protection === "none");
  if (plain !== undefined) return `TLS is required for ${strict.name}, but ${plain.name} does not use TLS`;
  if ([source, target].every(({ sscn, cpsv }) => !sscn && !cpsv)) {
    return `TLS is required for ${strict.name}, but neither server can act as TLS client (SSCN or CPSV)`;
  }
  return source.cutsAsTlsClient
    ? `TLS is required for ${strict.name}, but ${source.name} truncates files when it acts as TLS client`
    : `TLS is required for ${strict.name}, but the servers have no TLS method in common`;
}

function canMeet({ passive, form }: Method, sides: Readonly<Record<Role, PeerCapabilities>>): boolean {
  const { source, target } = sides;
  if (isIpv6(source) !== isIpv6(target)) return false;
  return sides[passive].canBePassive && (form === "EPSV" || !isIpv6(source));
}

function canProtect({ tlsClient, form }: Method, sides: Readonly<Record<Role, PeerCapabilities>>): boolean {
  const levels = [sides.source.protection, sides.target.protection];
  if (tlsClient === undefined) return !levels.includes("required");
  if (levels.includes("none")) return false;
  const client = sides[tlsClient];
  if (tlsClient === "source" && client.cutsAsTlsClient) return false;
  return form === "CPSV" ? client.cpsv : client.sscn;
}

/** What a refusal speaks against: this form of the command, these roles, this protection, or roles under it. */
export type RefusalScope = "form" | "roles" | "protection" | "protected-roles";

/** The methods that need not be tried after one of them was refused. */
export function alike(method: Method, refused: RefusalScope, methods: readonly Method[]): readonly Method[] {
  return methods.filter((one) => {
    switch (refused) {
      case "form":
        return one.name === method.name;
      case "roles":
        return one.passive === method.passive;
      case "protection":
        return one.tlsClient === method.tlsClient;
      case "protected-roles":
        return one.passive === method.passive && one.tlsClient === method.tlsClient;
    }
  });
}

export function isIpv6({ address }: PeerCapabilities): boolean {
  return address.includes(":");
}
