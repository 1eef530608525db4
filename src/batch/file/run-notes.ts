import type { Moved, VerifyPolicy } from "../../transfer/policy.ts";
import { isServer, type Side } from "../../transfer/sides/side.ts";
import type { Pair } from "../pool.ts";

/** What people should know of how a file went, and once is enough for a run: each sentence is about both hosts. */
export function notesOn(moved: Moved, pair: Pair, verify: VerifyPolicy): readonly string[] {
  return [...clearTextNotes(moved, pair), ...digestNotes(moved, pair, verify), ...loginNotes(pair)];
}

/** What the host file asks for, and the server does not do. */
function loginNotes({ source, target }: Pair): readonly string[] {
  return [source, target].flatMap((side) => {
    const refused = isServer(side) ? (side.connected?.session.refusedCommands ?? []) : [];
    return refused.map((because) => `${because} (loginCommands of this host); the run continues without it`);
  });
}

/** Who encrypts the control connection will believe that the data is encrypted, too. */
function clearTextNotes(moved: Moved, { source, target }: Pair): readonly string[] {
  if (moved.protected !== false || moved.bytes === 0) return [];
  const encrypting = [source, target].filter(isLoginEncrypted);
  if (moved.by === "third-party") {
    if (encrypting.length < 2) return [];
    return [
      `${source.name} → ${target.name}: file contents go unencrypted from server to server, although both ` +
        "logins use TLS: no encrypted method works between these two; " +
        "to have them encrypted, set tls: required (they then go through this machine)",
    ];
  }
  return encrypting
    .filter((side) => isServer(side) && !side.isProtected)
    .map(
      ({ name }) =>
        `${name}: file contents go unencrypted, although the login uses TLS: ` +
        "the server refuses encrypted data connections (PROT P); set tls: required to refuse that",
    );
}

function isLoginEncrypted(side: Side): boolean {
  return isServer(side) && side.connected?.tlsVersion !== undefined;
}

function digestNotes({ digest }: Moved, { source, target }: Pair, verify: VerifyPolicy): readonly string[] {
  if (verify !== "digest" || digest !== null) return [];
  return [
    `${source.name} → ${target.name}: --verify digest compared only sizes, ` +
      "because the two sides have no digest in common; use require-digest to refuse such files",
  ];
}
