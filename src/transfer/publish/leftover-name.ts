import { TEMPORARY_PREFIX } from "./temporary-name.ts";

/** Why a file with a name of ours is left alone, for people. */
export const TEMPORARY_FILE = "temporary file of a transfer";

/** What a name of ours that is not final says of itself. */
export type LeftoverName =
  /** Bytes of a transfer that has not come to its end, or what was at the target while the new file took its name. */
  | {
      readonly kind: "partial" | "set-aside";
      /** The first 16 digits of the target's `transferKey`. */
      readonly key: string;
      /** Whose transfer it was; see `Ledger.owner`. */
      readonly owner: string;
    }
  /** A link that is still to be renamed, or what it replaces; these carry no owner. */
  | { readonly kind: "link" | "set-aside-by-link" }
  /** A file that tried out what a server can do; it is nobody's data. */
  | { readonly kind: "test-file" }
  /** An empty file that tried out which names a server keeps. */
  | { readonly kind: "name-test" };

const TRANSFER = /^([0-9a-f]{16})-([0-9a-z]{4,16})\.(part|seg|old)$/;
const LINK = /^[0-9a-f]{12}\.(part|old)$/;
const TEST_FILE = /^[0-9a-f]{12}(?:-\d{1,4})?\.probe$|^[0-9a-f]{12}\.(?:partial|appended|replaced|\u00e4)$/;
const NAME_TEST = /^[0-9a-f]{12}(?:-.+)?[ .]?$/su;

/** @returns undefined for a name that is not exactly of a form that fxpd gives */
export function leftoverName(name: string): LeftoverName | undefined {
  const bare = name.startsWith(` ${TEMPORARY_PREFIX}`) ? name.slice(1) : name;
  if (!bare.startsWith(TEMPORARY_PREFIX)) return undefined;
  const rest = bare.slice(TEMPORARY_PREFIX.length);
  const [, key, owner, ending] = TRANSFER.exec(rest) ?? [];
  if (key !== undefined && owner !== undefined && bare === name)
    return { kind: ending === "old" ? "set-aside" : "partial", key, owner };
  if (LINK.test(rest)) return { kind: rest.endsWith(".part") ? "link" : "set-aside-by-link" };
  if (TEST_FILE.test(rest)) return { kind: "test-file" };
  return NAME_TEST.test(rest) ? { kind: "name-test" } : undefined;
}

/** Whether a file with this name is surely none of the user's. */
export function isLeftover(name: string, sizeBytes: number | undefined): boolean {
  const kind = leftoverName(name)?.kind;
  return kind !== undefined && (kind !== "name-test" || sizeBytes === 0);
}

/** Whether it is the name of a directory that tried out how a server deletes links. */
export function isTestDirectory(name: string): boolean {
  return /^\.fxpd-[0-9a-f]{12}$/.test(name);
}
