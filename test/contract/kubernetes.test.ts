import { execFile } from "node:child_process";
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { faultOfOwner } from "../../src/shared/trust/trusted.ts";

const run = promisify(execFile);
const EXAMPLE = "config/kubernetes/example";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "fxpd-kubernetes-"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** A directory as Kubernetes shows a ConfigMap in it: open to everybody, with links to what holds now. */
async function configMap(name: string, from: string): Promise<string> {
  const directory = join(root, "given", name);
  await mkdir(join(directory, "..2026_11_29"), { recursive: true });
  for (const file of await readdir(from, { withFileTypes: true })) {
    if (!file.isFile() || file.name === "kustomization.yaml") continue;
    await cp(join(from, file.name), join(directory, "..2026_11_29", file.name));
    await symlink(join("..data", file.name), join(directory, file.name));
  }
  await symlink("..2026_11_29", join(directory, "..data"));
  await chmod(directory, 0o777);
  return directory;
}

test.each(["scheduler", "worker", "api"])(
  "what %s prepares is configuration that fxpd takes, which a ConfigMap itself is not, however often it is prepared",
  async (part) => {
    const given = await configMap("hosts", `${EXAMPLE}/hosts`);
    await configMap("jobs", `${EXAMPLE}/jobs`);
    await configMap("daemon", "config/docker");
    for (const directory of ["own", "state"]) {
      await mkdir(join(root, directory));
      await chmod(join(root, directory), 0o2777);
    }
    expect(faultOfOwner(given)).toMatch(/is writable by everyone/);
    const documents = parseAllDocuments(await readFile(`config/kubernetes/base/${part}.yaml`, "utf8"));
    const workload = documents.at(-1)?.toJS() as {
      readonly spec: {
        readonly template: {
          readonly spec: { readonly initContainers: readonly [{ readonly command: readonly string[] }] };
        };
      };
    };
    const [shell = "", option = "", script = ""] = workload.spec.template.spec.initContainers[0].command;
    const own = script.replaceAll(/ \/(own|given|state)\//g, ` ${root}/$1/`);
    await run(shell, [option, own]);
    await run(shell, [option, own]);
    const config = join(root, "own/config");
    const names = (await readdir(config, { recursive: true })).toSorted();
    expect(names.filter((name) => !name.startsWith("daemon") && name !== "Dockerfile")).toEqual([
      "hosts",
      "hosts/example-archive.yaml",
      "hosts/example-edge.yaml",
      "jobs",
      "jobs/example-copy.yaml",
    ]);
    expect(names).toContain("daemon.yaml");
    for (const path of [config, ...names.map((name) => join(config, name)), join(root, "state/fxpd")])
      expect(faultOfOwner(path, undefined, false), path).toBeUndefined();
  },
);
