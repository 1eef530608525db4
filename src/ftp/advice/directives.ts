import type { Family } from "../quirks.ts";

/** What a server would not do in a third-party transfer, as far as a setting of it decides that. */
export type When =
  /** Connect to a third party (PORT, EPRT). */
  | "active"
  /** Let a third party in at a passive port. */
  | "passive"
  /** Be reached at its passive ports: a firewall, or an address that is not its own. */
  | "unreachable"
  | "address"
  /** Connect to a port below 1024. */
  | "low-port"
  /** Accept TLS from somebody who does not resume its control connection's session. */
  | "tls-reuse"
  /** Move octets in clear. */
  | "tls-clear-refused"
  /** Trust the other server's certificate, as TLS client. */
  | "tls-verify"
  /** Send whole files, as TLS 1.3 client. */
  | "tls-cut"
  /** Take the TLS client's part at all (SSCN, CPSV). */
  | "tls-client";

/** A setting that decides it, and how it is written so that the transfer passes. */
export interface Directive {
  readonly family: Family;
  readonly when: When;
  readonly directive: string;
  readonly example: string;
  /** The file that it belongs in. */
  readonly file: string;
  /** Seen with a real server, or read in its own documentation or source. */
  readonly isVerified: boolean;
  readonly remark?: string;
}

type Row = Omit<Directive, "family" | "file" | "isVerified">;

const rows = (family: Family, file: string, isVerified: boolean, those: readonly Row[]) =>
  those.map((row) => ({ family, file, isVerified, ...row }));

/** The price of it. */
export const IN_CLEAR = "files then pass unencrypted between the servers";
const FIREWALL = "and open the same ports in its firewall";

export const DIRECTIVES: readonly Directive[] = [
  ...rows("vsftpd", "vsftpd.conf", true, [
    { when: "active", directive: "port_promiscuous", example: "port_promiscuous=YES" },
    { when: "passive", directive: "pasv_promiscuous", example: "pasv_promiscuous=YES" },
    { when: "tls-reuse", directive: "require_ssl_reuse", example: "require_ssl_reuse=NO" },
    {
      when: "tls-clear-refused",
      directive: "force_local_data_ssl",
      example: "force_local_data_ssl=NO",
      remark: `for anonymous users force_anon_data_ssl=NO; ${IN_CLEAR}`,
    },
    { when: "address", directive: "pasv_address", example: "pasv_address=203.0.113.7" },
    {
      when: "unreachable",
      directive: "pasv_min_port",
      example: "pasv_min_port=49152",
      remark: `with pasv_max_port=65534, ${FIREWALL}`,
    },
  ]),
  ...rows("proftpd", "proftpd.conf", true, [
    ...(["active", "passive"] as const).map((when) => ({
      when,
      directive: "AllowForeignAddress",
      example: "AllowForeignAddress on",
      remark: "or the name of a class that has the other server's address",
    })),
    {
      when: "tls-reuse",
      directive: "TLSOptions",
      example: "TLSOptions NoSessionReuseRequired",
    },
    {
      when: "tls-clear-refused",
      directive: "TLSRequired",
      example: "TLSRequired ctrl",
      remark: IN_CLEAR,
    },
    {
      when: "tls-verify",
      directive: "TLSVerifyServer",
      example: "TLSVerifyServer off",
      remark: "or the other server's authority in TLSCACertificateFile",
    },
    { when: "tls-cut", directive: "TLSProtocol", example: "TLSProtocol TLSv1.2" },
    { when: "address", directive: "MasqueradeAddress", example: "MasqueradeAddress 203.0.113.7" },
    {
      when: "unreachable",
      directive: "PassivePorts",
      example: "PassivePorts 49152 65534",
      remark: FIREWALL,
    },
  ]),
  ...rows("pure-ftpd", "pure-ftpd.conf", true, [
    ...(["active", "passive"] as const).map((when) => ({
      when,
      directive: "AllowUserFXP",
      example: "AllowUserFXP yes",
      remark: "or start it with -w; for anonymous users AllowAnonymousFXP yes, or -W",
    })),
    {
      when: "tls-clear-refused",
      directive: "TLS",
      example: "TLS 2",
      remark: `or start it with -Y 2; ${IN_CLEAR}`,
    },
    {
      when: "address",
      directive: "ForcePassiveIP",
      example: "ForcePassiveIP 203.0.113.7",
      remark: "or start it with -P 203.0.113.7",
    },
    {
      when: "unreachable",
      directive: "PassivePortRange",
      example: "PassivePortRange 49152 65534",
      remark: `or start it with -p 49152:65534, ${FIREWALL}`,
    },
  ]),
  ...rows("pyftpdlib", "its program, on the FTP handler", true, [
    ...(["active", "passive"] as const).map((when) => ({
      when,
      directive: "permit_foreign_addresses",
      example: "permit_foreign_addresses = True",
    })),
    { when: "low-port", directive: "permit_privileged_ports", example: "permit_privileged_ports = True" },
    {
      when: "tls-clear-refused",
      directive: "tls_data_required",
      example: "tls_data_required = False",
      remark: IN_CLEAR,
    },
    { when: "address", directive: "masquerade_address", example: 'masquerade_address = "203.0.113.7"' },
    {
      when: "unreachable",
      directive: "passive_ports",
      example: "passive_ports = range(49152, 65535)",
      remark: FIREWALL,
    },
  ]),
  ...rows("filezilla", "the settings of FileZilla Server 0.9", false, [
    { when: "active", directive: "Allow outgoing FXP", example: "Allow outgoing FXP" },
    { when: "passive", directive: "Allow Incoming FXP", example: "Allow Incoming FXP" },
  ]),
  ...rows("serv-u", "the settings of Serv-U", false, [
    ...(["active", "passive"] as const).map((when) => ({
      when,
      directive: "Block FTP_bounce attacks and FXP",
      example: "Block FTP_bounce attacks and FXP: off",
    })),
  ]),
  ...rows("iis", "applicationHost.config, under ftpServer/security/dataChannelSecurity", true, [
    {
      when: "active",
      directive: "matchClientAddressForPort",
      example: 'matchClientAddressForPort="false"',
    },
    {
      when: "passive",
      directive: "matchClientAddressForPasv",
      example: 'matchClientAddressForPasv="false"',
    },
  ]),
  ...rows("glftpd", "glftpd.conf", false, [
    ...(["active", "passive"] as const).map((when) => ({
      when,
      directive: "allow_fxp",
      example: "allow_fxp yes yes no *",
      remark: "and nothing in pre_fxp_check against it",
    })),
    {
      when: "tls-clear-refused",
      directive: "denydatauncrypted",
      example: "denydatauncrypted !*",
      remark: IN_CLEAR,
    },
  ]),
  ...rows("drftpd", "perms.conf", false, [
    ...(["active", "passive"] as const).map((when) => ({
      when,
      directive: "deny_upfxp",
      example: "no deny_upfxp and no deny_dnfxp for this user and path",
    })),
    {
      when: "tls-clear-refused",
      directive: "denydatauncrypted",
      example: "denydatauncrypted !*",
      remark: IN_CLEAR,
    },
  ]),
];
