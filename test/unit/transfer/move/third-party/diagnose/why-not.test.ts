import { describe, expect, test } from "vitest";
import {
  type PeerCapabilities,
  methodsFor,
} from "../../../../../../src/transfer/move/third-party/methods.ts";
import { whyNot } from "../../../../../../src/transfer/move/third-party/diagnose/why-not.ts";
import { ALL_METHODS, WILLING } from "../../../../../support/methods.ts";

const BOOLEANS = [true, false];
const MEETINGS: readonly PeerCapabilities[] = ["192.0.2.1", "2001:db8::1"].flatMap((address) =>
  (["required", "possible", "none"] as const).flatMap((protection) =>
    BOOLEANS.flatMap((sscn) =>
      BOOLEANS.flatMap((cpsv) =>
        BOOLEANS.flatMap((canBePassive) =>
          BOOLEANS.map((cutsAsTlsClient) => {
            const name = [protection, sscn, cpsv, canBePassive, cutsAsTlsClient].join(" ");
            return { ...WILLING, name, address, protection, sscn, cpsv, canBePassive, cutsAsTlsClient };
          }),
        ),
      ),
    ),
  ),
);

describe("why a method is not tried", () => {
  test("is known for exactly those that are not: whatever two servers are", () => {
    for (const source of MEETINGS) {
      for (const target of MEETINGS) {
        const possible = methodsFor(source, target).map(({ name }) => name);
        const without = ALL_METHODS.filter((method) => whyNot(method, { source, target }) === undefined);
        expect(without.map(({ name }) => name).toSorted()).toEqual(possible.toSorted());
      }
    }
  });

  const reasons = (source: Partial<PeerCapabilities>, target: Partial<PeerCapabilities>) => {
    const sides = {
      source: { ...WILLING, name: "alpha", ...source },
      target: { ...WILLING, name: "beta", ...target },
    };
    return new Set(ALL_METHODS.map((method) => whyNot(method, sides)?.because));
  };

  test("is a sentence with the names of the servers", () => {
    const strict = { protection: "required", sscn: false, cpsv: false } as const;
    expect(reasons(strict, strict)).toEqual(
      new Set([
        "TLS is required for alpha and beta",
        "alpha has no SSCN",
        "alpha has no CPSV",
        "beta has no SSCN",
        "beta has no CPSV",
      ]),
    );
    expect(reasons({ address: "2001:db8::1" }, {})).toEqual(
      new Set(["beta is reached over IPv4, alpha over IPv6"]),
    );
    expect(reasons({ protection: "none" }, {})).toContain("alpha does not use TLS");
    expect(reasons({ cutsAsTlsClient: true }, {})).toContain(
      "alpha truncates files when it acts as TLS 1.3 client and sends to beta",
    );
    expect(reasons({}, { canBePassive: false })).toContain(
      "beta accepts passive data connections only from its own client",
    );
  });
});
