import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Packages } from "./debian.ts";
import { SERVER_IDS } from "./processes.ts";
import type { Instance } from "./server.ts";

/**
 * A user database that only one server sees (nss_wrapper), so that no account is made on this machine and the
 * user who runs the tests has a name.
 */
export async function privateAccounts(
  { directory, root }: Instance,
  packages: Packages,
): Promise<Record<"NSS_WRAPPER_PASSWD" | "NSS_WRAPPER_GROUP" | "LD_PRELOAD", string>> {
  const { uid, gid } = SERVER_IDS;
  const names = ["nobody", "mirror", "ftp"];
  const users = [
    `root:x:0:0:root:${root}:/bin/sh`,
    ...names.map((name) => `${name}:x:${uid}:${gid}:${name}:${root}:/bin/sh`),
  ];
  await writeFile(join(directory, "passwd"), `${users.join("\n")}\n`);
  await writeFile(join(directory, "group"), `root:x:0:\nnogroup:x:${gid}:\n`);
  return {
    NSS_WRAPPER_PASSWD: join(directory, "passwd"),
    NSS_WRAPPER_GROUP: join(directory, "group"),
    LD_PRELOAD: packages.find("libnss_wrapper.so"),
  };
}
