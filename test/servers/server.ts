import type { Certificate } from "./certificates.ts";
import type { Launch } from "./processes.ts";

export type Family = "vsftpd" | "proftpd" | "pure-ftpd" | "pyftpdlib";
export const FAMILIES: readonly Family[] = ["vsftpd", "proftpd", "pure-ftpd", "pyftpdlib"];

export interface ServerOptions {
  readonly family: Family;
  /** Default 4. IPv6 servers share `::1`, so that none of them can tell a third party from the client. */
  readonly ip?: 4 | 6;
  /** Data connections from and to third parties; default allowed. */
  readonly foreign?: "allowed" | "refused";
  /**
   * `explicit`: AUTH TLS is offered; `required`: demanded for login and data; `reuse`: and the data
   * connection has to resume the control connection's session; `implicit`: TLS before the greeting.
   */
  readonly tls?: "none" | "explicit" | "required" | "reuse" | "implicit";
  readonly certificate?: "good" | "wrong-name";
  readonly limits?: { readonly connectionsPerAddress?: number; readonly idleSeconds?: number };
  /** Further directives or arguments, as this family takes them. */
  readonly settings?: readonly string[];
}

/** What a family needs to know to start one instance. */
export interface Instance {
  readonly options: Omit<ServerOptions, "family">;
  /** Configuration, logs and users; nobody else looks here. */
  readonly directory: string;
  /** The login directory. */
  readonly root: string;
  readonly address: string;
  readonly port: number;
  readonly passivePorts: readonly [number, number];
  readonly certificate: Certificate | undefined;
}

/** How a family is started; one per file. */
export type Prepare = (
  instance: Instance,
) => Promise<Launch & { readonly user: string; readonly home: string }>;

/** The one password of all test servers. */
export const PASSWORD = "correct-horse-7";
/** Its crypt(3) form, SHA-512. */
export const PASSWORD_HASH =
  "$6$fxpdservers$2dK7Meo2H7MXnsr4xSABxaRBpi.GWl3HpxgynY4tmlPa8vNMYRI6jZeO4N7abmUJ4KNpcft05B2m838RbFW1D1";
