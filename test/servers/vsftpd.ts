import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { privateAccounts } from "./accounts.ts";
import { debianPackages } from "./debian.ts";
import { PASSWORD, type Prepare } from "./server.ts";

/**
 * vsftpd without root knows one account, the anonymous one (`run_as_launching_user`); here it may write, and
 * its password is checked against a list of "addresses" with one entry.
 */
export const prepareVsftpd: Prepare = async (instance) => {
  const { options, directory, root, address, port, passivePorts, certificate } = instance;
  const packages = await debianPackages(["vsftpd", "libnss-wrapper"]);
  const isIpv6 = options.ip === 6;
  const tls = options.tls ?? "none";
  const forced = tls === "required" || tls === "reuse" || tls === "implicit" ? "YES" : "NO";
  await mkdir(join(directory, "empty"), { recursive: true });
  await writeFile(join(directory, "passwords"), `${PASSWORD}\n`);
  const settings: Record<string, string | number> = {
    listen: isIpv6 ? "NO" : "YES",
    listen_ipv6: isIpv6 ? "YES" : "NO",
    [isIpv6 ? "listen_address6" : "listen_address"]: address,
    listen_port: port,
    background: "NO",
    run_as_launching_user: "YES",
    anonymous_enable: "YES",
    anon_root: root,
    anon_upload_enable: "YES",
    anon_mkdir_write_enable: "YES",
    anon_other_write_enable: "YES",
    anon_world_readable_only: "NO",
    anon_umask: "000",
    file_open_mode: "0666",
    allow_writeable_chroot: "YES",
    ftp_username: "ftp",
    secure_email_list_enable: "YES",
    email_password_file: join(directory, "passwords"),
    secure_chroot_dir: join(directory, "empty"),
    nopriv_user: "nobody",
    write_enable: "YES",
    use_localtime: "NO",
    // On recent kernels its sandbox ends connections with "500 OOPS".
    seccomp_sandbox: "NO",
    pasv_min_port: passivePorts[0],
    pasv_max_port: passivePorts[1],
    port_promiscuous: options.foreign === "refused" ? "NO" : "YES",
    pasv_promiscuous: options.foreign === "refused" ? "NO" : "YES",
    xferlog_enable: "YES",
    vsftpd_log_file: join(directory, "commands.log"),
    log_ftp_protocol: "YES",
    max_per_ip: options.limits?.connectionsPerAddress ?? 0,
    idle_session_timeout: options.limits?.idleSeconds ?? 300,
  };
  if (certificate !== undefined) {
    Object.assign(settings, {
      ssl_enable: "YES",
      implicit_ssl: tls === "implicit" ? "YES" : "NO",
      allow_anon_ssl: "YES",
      force_anon_logins_ssl: forced,
      force_anon_data_ssl: forced,
      require_ssl_reuse: tls === "reuse" ? "YES" : "NO",
      ssl_ciphers: "HIGH",
      rsa_cert_file: certificate.certificate,
      rsa_private_key_file: certificate.key,
    });
  }
  const lines = Object.entries(settings).map(([key, value]) => `${key}=${value}`);
  const file = join(directory, "vsftpd.conf");
  await writeFile(file, `${[...lines, ...(options.settings ?? [])].join("\n")}\n`);
  const env = { ...(await privateAccounts(instance, packages)), LD_LIBRARY_PATH: packages.libraryPath };
  return { command: packages.find("sbin/vsftpd"), args: [file], env, user: "ftp", home: root };
};
