import { privateAccounts } from "../accounts.ts";
import { debianPackages } from "../debian.ts";
import type { Prepare } from "../server.ts";

/** The Globus GridFTP server, with an account that is "anonymous" to it: others need certificates of a grid. */
export const prepareGlobus: Prepare = async (instance) => {
  const { root, address, port, passivePorts } = instance;
  const packages = await debianPackages(["globus-gridftp-server-progs", "libnss-wrapper"]);
  const command = packages.find("sbin/globus-gridftp-server");
  const args = [
    ...["-exec", command, "-p", String(port), "-control-interface", address, "-data-interface", address],
    ...["-allow-anonymous", "-anonymous-names-allowed", "mirror", "-home-dir", root, "-perms", "0666"],
    ...["-log-level", "ERROR,WARN,INFO"],
  ];
  const env = {
    ...(await privateAccounts(instance, packages)),
    LD_LIBRARY_PATH: packages.libraryPath,
    GLOBUS_TCP_PORT_RANGE: passivePorts.join(","),
    HOME: root,
  };
  return { command, args, env, user: "mirror", home: root };
};
