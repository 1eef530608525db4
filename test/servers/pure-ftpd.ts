import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { privateAccounts } from "./accounts.ts";
import { debianPackages } from "./debian.ts";
import { SERVER_IDS } from "./processes.ts";
import { PASSWORD_HASH, type Prepare } from "./server.ts";

/** Pure-FTPd insists on being root; libfakeroot tells it so, and swallows its request for capabilities. */
export const preparePureFtpd: Prepare = async (instance) => {
  const { options, directory, root, address, port, passivePorts, certificate } = instance;
  const packages = await debianPackages(["pure-ftpd", "libnss-wrapper", "libfakeroot"]);
  const { uid, gid } = SERVER_IDS;
  const users = join(directory, "users");
  await writeFile(users, `mirror:${PASSWORD_HASH}:${uid}:${gid}:mirror:${root}${":".repeat(12)}\n`);
  const libraries = { LD_LIBRARY_PATH: packages.libraryPath };
  await promisify(execFile)(packages.find("bin/pure-pw"), ["mkdb", `${users}.pdb`, "-f", users], {
    env: { ...process.env, ...libraries },
  });
  const tls = options.tls ?? "none";
  const { connectionsPerAddress, idleSeconds } = options.limits ?? {};
  const args = [
    ...["-S", `${address},${port}`, options.ip === 6 ? "-6" : "-4"],
    ...["-l", `puredb:${users}.pdb`, "-p", passivePorts.join(":"), "-g", join(directory, "pid")],
    ...["-U", "000:000", "-H", "-i", "-M", "-E", "-d", "-u", "1", "-c", "100", "-L", "100000:20"],
    ...["-O", `clf:${join(directory, "transfers.log")}`],
    ...(options.foreign === "refused" ? [] : ["-w"]),
    ...(connectionsPerAddress === undefined ? [] : ["-C", String(connectionsPerAddress)]),
    ...(idleSeconds === undefined ? [] : ["-I", String(Math.ceil(idleSeconds / 60))]),
    ...(certificate === undefined ? [] : ["-Y", tls === "explicit" ? "1" : "3", "-2", certificate.bundle]),
    ...(options.settings ?? []),
  ];
  const accounts = await privateAccounts(instance, packages);
  const preload = `${packages.find("libfakeroot/libfakeroot-sysv.so")}:${accounts.LD_PRELOAD}`;
  const env = { ...accounts, ...libraries, LD_PRELOAD: preload };
  return { command: packages.find("sbin/pure-ftpd"), args, env, user: "mirror", home: root };
};
