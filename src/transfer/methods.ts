/** Which of the two servers does something. */
export type Role = "source" | "target";

export const other = (role: Role): Role => (role === "source" ? "target" : "source");

/** One way to do a third-party transfer (RFC 959 §5.2; RFC 2428). */
export interface Method {
  /** Stands in records and in memory of what worked: `target-pasv`. */
  readonly name: string;
  /** Who listens; the other one connects. */
  readonly passive: Role;
  /** PASV and PORT carry IPv4 addresses only; EPSV and EPRT carry both families. */
  readonly form: "PASV" | "EPSV";
}

/** What the choice depends on, for one of the two servers. */
export interface Meeting {
  readonly name: string;
  /** As we reach it. */
  readonly address: string;
  /** Whether its policy lets octets pass in clear. */
  readonly allowsClear: boolean;
  /** Some servers accept data connections only from their control peer, whatever their settings. */
  readonly canBePassive: boolean;
  /** Some servers are unreliable as the side that connects. */
  readonly isBetterPassive: boolean;
}

const ROWS: readonly Method[] = [
  { name: "target-pasv", passive: "target", form: "PASV" },
  { name: "source-pasv", passive: "source", form: "PASV" },
  { name: "target-epsv", passive: "target", form: "EPSV" },
  { name: "source-epsv", passive: "source", form: "EPSV" },
];

/** The methods that can work between two servers, the likeliest first. */
export function methodsFor(source: Meeting, target: Meeting): readonly Method[] {
  if (obstacleBetween(source, target) !== undefined) return [];
  const sides = { source, target };
  const possible = ROWS.filter(
    ({ passive, form }) => sides[passive].canBePassive && (form === "EPSV" || !isIpv6(source)),
  );
  const isSafe = ({ passive }: Method) => !sides[other(passive)].isBetterPassive;
  return [...possible.filter(isSafe), ...possible.filter((method) => !isSafe(method))];
}

/** Why no method at all can work; undefined where one may. */
export function obstacleBetween(source: Meeting, target: Meeting): string | undefined {
  const strict = [source, target].find(({ allowsClear }) => !allowsClear);
  if (strict !== undefined)
    return `${strict.name} requires TLS, which two servers cannot speak to each other unaided`;
  if (isIpv6(source) !== isIpv6(target)) return "one is reached by IPv4, the other by IPv6";
  return undefined;
}

function isIpv6({ address }: Meeting): boolean {
  return address.includes(":");
}
