import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { debianPackages } from "../debian.ts";
import { PASSWORD, type Prepare } from "../server.ts";

/** Libraries of Python; `python/<name>_server.py` is the few lines around each. */
function python(name: string): Prepare {
  return async ({ directory, root, address, port, passivePorts }) => {
    const packages = await debianPackages([`python3-${name}`, "python3"]);
    const command = packages.find("bin/python3.11");
    // A copy, since the user it runs as may not be allowed to look in here.
    const script = join(directory, "server.py");
    await copyFile(new URL(`./python/${name}_server.py`, import.meta.url), script);
    const args = [script, address, String(port), root, "mirror", PASSWORD, ...passivePorts.map(String)];
    const env = {
      PYTHONPATH: `${packages.root}/usr/lib/python3/dist-packages:/usr/lib/python3/dist-packages`,
      PYTHONUNBUFFERED: "1",
      PYTHONDONTWRITEBYTECODE: "1",
      LD_LIBRARY_PATH: packages.libraryPath,
      ...(command.startsWith(packages.root) ? { PYTHONHOME: `${packages.root}/usr` } : {}),
    };
    return { command, args, env, user: "mirror", home: "/" };
  };
}

export const prepareAioftp = python("aioftp");
export const prepareTwisted = python("twisted");
