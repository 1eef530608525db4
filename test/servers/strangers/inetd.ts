import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { privateAccounts } from "../accounts.ts";
import { debianPackages } from "../debian.ts";
import { PASSWORD_HASH, type Prepare } from "../server.ts";

/**
 * Servers of inetd's days: a process for each connection, started by tcpsvd. They insist on being root: libfakeroot says
 * that they are.
 */
function inetd(
  names: readonly string[],
  program: string,
  args: readonly string[],
  usesPam: boolean,
): Prepare {
  return async (instance) => {
    const packages = await debianPackages([...names, "ipsvd", "libnss-wrapper", "libfakeroot"]);
    const { directory, root, address, port } = instance;
    const accounts = await privateAccounts(instance, packages);
    const shadow = join(directory, "shadow");
    await writeFile(shadow, `mirror:${PASSWORD_HASH}:1:0:99999:7:::\n`);
    const preload = [packages.find("libfakeroot/libfakeroot-sysv.so"), accounts.LD_PRELOAD];
    if (usesPam) preload.push(packages.find("libpam_wrapper.so"));
    const env = {
      ...accounts,
      ...(usesPam ? await privatePam(directory) : {}),
      NSS_WRAPPER_SHADOW: shadow,
      LD_LIBRARY_PATH: packages.libraryPath,
      LD_PRELOAD: preload.join(":"),
    };
    const command = packages.find("bin/tcpsvd");
    const listens = ["-c", "100", address, String(port)];
    return { command, args: [...listens, packages.find(program), ...args], env, user: "mirror", home: root };
  };
}

export const prepareInetutils = inetd(["inetutils-ftpd"], "sbin/ftpd", ["-q", "-u", "000"], false);
export const prepareLinuxFtpd = inetd(["ftpd-ssl", "libpam-wrapper"], "sbin/in.ftpd", ["-u", "000"], true);

/**
 * A configuration of PAM that only one server sees. It lets everybody in: linux-ftpd asks for a password only where a
 * module hands its own "ask again later" on, which of Debian 12's only pam_ftp does.
 */
async function privatePam(directory: string): Promise<Record<string, string>> {
  const services = join(directory, "pam");
  await mkdir(services);
  const lines = [
    "auth optional pam_ftp.so users=mirror ignore",
    ...["auth", "account", "session"].map((type) => `${type} required pam_permit.so`),
  ];
  for (const name of ["ftp", "other"]) await writeFile(join(services, name), `${lines.join("\n")}\n`);
  return { PAM_WRAPPER: "1", PAM_WRAPPER_SERVICE_DIR: services };
}
