import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { debianPackages } from "./debian.ts";
import { PASSWORD, type Prepare } from "./server.ts";

/** pyftpdlib is a library; `pyftpdlib/server.py` is the few lines around it. */
export const preparePyftpdlib: Prepare = async (instance) => {
  const { options, directory, root, address, port, passivePorts, certificate } = instance;
  const packages = await debianPackages(["python3-pyftpdlib", "python3-openssl", "python3"]);
  const python = packages.find("bin/python3.11");
  // A copy, since the user it runs as may not be allowed to look in here.
  const script = join(directory, "server.py");
  await copyFile(new URL("./pyftpdlib/server.py", import.meta.url), script);
  const { connectionsPerAddress = 0, idleSeconds = 300 } = options.limits ?? {};
  const args = [
    ...[script, "--address", address, "--port", String(port), "--root", root],
    ...["--user", "mirror", "--password", PASSWORD, "--passive", passivePorts.join("-")],
    ...["--per-address", String(connectionsPerAddress), "--idle", String(idleSeconds)],
    ...(options.foreign === "refused" ? [] : ["--foreign"]),
    ...(certificate === undefined ? [] : ["--certificate", certificate.bundle]),
    ...(options.tls === "required" || options.tls === "reuse" ? ["--tls-required"] : []),
    ...(options.settings ?? []),
  ];
  const env = {
    PYTHONPATH: `${packages.root}/usr/lib/python3/dist-packages`,
    PYTHONUNBUFFERED: "1",
    PYTHONDONTWRITEBYTECODE: "1",
    LD_LIBRARY_PATH: packages.libraryPath,
    ...(python.startsWith(packages.root) ? { PYTHONHOME: `${packages.root}/usr` } : {}),
  };
  return { command: python, args, env, user: "mirror", home: "/" };
};
