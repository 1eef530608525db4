import type { Reply } from "../reply.ts";

/**
 * What one connection finds out about its server, beyond what FEAT says of it. A command stands for what it is used
 * for, which is not always the same: MDTM asks for a time, and sets one where `MDTM to set` is known.
 */
export type Capability =
  // How a data connection is opened, and whether the server listens before its turn (RFC 959 §3.2; RFC 2428).
  | "PASV"
  | "EPSV"
  | "PORT"
  | "EPRT"
  | `${"PASV" | "EPSV" | "CPSV"} ahead`
  | `data by ${"PASV" | "EPSV"}`
  | `listing by ${"PASV" | "EPSV"}`
  // How a directory is entered, and listed.
  | "CWD"
  | "MLSD"
  | "LIST -a"
  | "LIST"
  | "LIST in TYPE A"
  | "STAT -la ."
  | "STAT ."
  // Questions about one name (RFC 3659 §3, §4, §7).
  | "MLST"
  | "SIZE"
  | "MDTM"
  // How a time is set.
  | "MFMT"
  | "MFF"
  | "MDTM to set"
  | "SITE UTIME (long)"
  | "SITE UTIME (short)";

/** Whether a server can do something, and what shows it. */
type Knowledge =
  | { readonly is: "unknown" }
  /** It was seen to work. */
  | { readonly is: "yes"; readonly because: string }
  /** It was answered well, and came to nothing. */
  | { readonly is: "no"; readonly because: string }
  | { readonly is: "refused"; readonly reply: Reply };

const UNKNOWN: Knowledge = { is: "unknown" };

/** What is known of one server's capabilities, by what was seen last. */
export class Capabilities {
  readonly #known = new Map<Capability, Knowledge>();

  of(capability: Capability): Knowledge {
    return this.#known.get(capability) ?? UNKNOWN;
  }

  /** Whether it was seen to work. */
  has(capability: Capability): boolean {
    return this.of(capability).is === "yes";
  }

  /** Whether it was refused, or came to nothing, so that it is not tried again. */
  lacks(capability: Capability): boolean {
    const { is } = this.of(capability);
    return is === "no" || is === "refused";
  }

  /** @param because what was seen */
  works(capability: Capability, because: string): void {
    this.#known.set(capability, { is: "yes", because });
  }

  /** @param because what was seen instead, the server's secrets masked */
  fails(capability: Capability, because: string): void {
    this.#known.set(capability, { is: "no", because });
  }

  /** What was seen counts no more: it is found out again. */
  forget(capability: Capability): void {
    this.#known.delete(capability);
  }

  /** @param reply which refuses the command as such, and not what it was asked for this time */
  refused(capability: Capability, reply: Reply): void {
    this.#known.set(capability, { is: "refused", reply });
  }
}
