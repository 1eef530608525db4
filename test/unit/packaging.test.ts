import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { DaemonFile } from "../../src/config/schema/daemon.ts";
import { NODES } from "../support/nodes.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
const isThere = (path: string) => existsSync(join(ROOT, path));

interface Service {
  readonly image?: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly command: string | readonly string[];
  readonly volumes: readonly string[];
  readonly environment?: Readonly<Record<string, string | null>>;
  readonly deploy?: { readonly replicas: number };
  readonly depends_on?: Readonly<Record<string, unknown>>;
}

const compose = parse(read("docker-compose.yml"), { merge: true }) as {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
};
const ours = Object.entries(compose.services).filter(([name]) => name !== "redis");
const dockerfile = read("config/docker/Dockerfile");
const unit = read("config/systemd/fxpd.service");

/** The commands that the command line has. */
const commands = ["program", "file-commands", "job-commands", "server-commands", "transfer-commands"].flatMap(
  (file) =>
    [...read(`src/cli/${file}.ts`).matchAll(/(?:command\(|\[)"([a-z]+)"[,)]/g)].map(([, name]) => name),
);

describe("docker-compose.yml", () => {
  test("has Redis, a scheduler, two workers and the API", () => {
    expect(ours.map(([name]) => name)).toEqual(["scheduler", "worker", "api"]);
    expect(compose.services["worker"]?.deploy?.replicas).toBe(2);
  });

  test("its Redis writes down what it has and throws nothing out", () => {
    const script = compose.services["redis"]?.command.at(-1);
    expect(script).toContain("--appendonly yes");
    expect(script).toContain("--maxmemory-policy noeviction");
    expect(compose.services["redis"]?.volumes).toEqual(["redis:/data"]);
  });

  test.each(ours)("%s is built from a file that is there, and runs a command that there is", (_, service) => {
    expect(isThere(join(service.build?.context ?? "", service.build?.dockerfile ?? ""))).toBe(true);
    expect(commands).toContain(service.command[0]);
    expect(Object.keys(service.depends_on ?? {})).toEqual(["redis"]);
  });

  test.each(ours)("%s mounts what is there", (_, { volumes }) => {
    for (const [from = "", to = ""] of volumes.map((volume) => volume.split(":"))) {
      if (from.startsWith("./")) expect(isThere(from), from).toBe(true);
      else expect(Object.keys(compose.volumes)).toContain(from);
      expect(dockerfile).toContain(to.endsWith(".yaml") ? to.slice(0, to.lastIndexOf("/")) : to);
    }
  });

  test("the daemon's file for it is valid, and its token is handed on", () => {
    const { redis, api } = DaemonFile.parse(parse(read("config/docker/daemon.yaml")));
    expect(JSON.stringify(redis.url)).toContain("redis");
    const [token] = api.tokens;
    const variable = token !== undefined && "env" in token.tokenFrom ? token.tokenFrom.env : "";
    expect(Object.keys(compose.services["api"]?.environment ?? {})).toContain(variable);
  });

  test("each service gets the secrets that it needs, and no others", () => {
    const passwords = ["example-archive", "example-edge"].map((host) => {
      const { passwordFrom } = parse(read(`config/hosts/${host}.yaml`)) as { passwordFrom: { env: string } };
      return passwordFrom.env;
    });
    const given = Object.entries(compose.services).map(([name, { environment }]) => [
      name,
      Object.keys(environment ?? {}),
    ]);
    expect(Object.fromEntries(given)).toEqual({
      redis: ["REDIS_PASSWORD"],
      scheduler: ["REDIS_PASSWORD"],
      worker: ["REDIS_PASSWORD", ...passwords],
      api: ["REDIS_PASSWORD", "FXPD_TOKEN"],
    });
  });

  test("its images are of exact versions, and Node's is one that is tested", () => {
    expect(compose.services["redis"]?.image).toMatch(/^redis:\d+\.\d+\.\d+-alpine$/);
    const [, version] = /^ARG NODE=node:(\d+\.\d+\.\d+)-bookworm-slim$/m.exec(dockerfile) ?? [];
    expect(NODES).toContain(version);
    for (const [, image] of dockerfile.matchAll(/^FROM (\S+)/gm)) expect(image).toBe("${NODE}");
  });
});

describe("the Dockerfile", () => {
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, names = ""]) =>
    names.split(" "),
  );

  test("installs what the lock file says", () => {
    expect(dockerfile).toMatch(/^RUN npm ci /m);
    expect(dockerfile).not.toMatch(/npm (install|i) /);
  });

  test("copies what is there, and all that the build takes", () => {
    for (const name of copied) expect(isThere(name), name).toBe(true);
    const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
    const build = `${scripts["build"]} ${read(".config/bundle.mjs")}`;
    const taken = (build.match(/(?:\.config|test|src)\/[\w./-]+/g) ?? []).filter(isThere);
    expect(taken.length).toBeGreaterThan(2);
    for (const path of taken)
      expect(
        copied.some((name) => path.startsWith(name)),
        path,
      ).toBe(true);
  });

  test("leaves out nothing that .dockerignore would keep from it", () => {
    const ignored = read(".dockerignore").split("\n").filter(Boolean);
    for (const name of copied) expect(ignored).not.toContain(name);
  });

  test("runs the command line as an ordinary user", () => {
    const { bin } = JSON.parse(read("package.json")) as { bin: { fxpd: string } };
    expect(dockerfile).toContain(`ln -s /opt/fxpd/${bin.fxpd} /usr/local/bin/fxpd`);
    expect(dockerfile.indexOf("USER node")).toBeLessThan(dockerfile.indexOf("ENTRYPOINT"));
    const [, check = "[]"] = /^HEALTHCHECK .*CMD (\[.*\])$/m.exec(dockerfile) ?? [];
    expect(commands).toContain((JSON.parse(check) as string[])[1]);
  });
});

describe("the systemd unit", () => {
  const value = (key: string) => new RegExp(`^${key}=(.*)$`, "m").exec(unit)?.[1];

  test("runs the daemon, and lets it end", () => {
    expect(commands).toContain(/ fxpd (\w+)/.exec(value("ExecStart") ?? "")?.[1]);
    expect(value("Type")).toBe("exec");
    expect(value("ExecReload")).toContain("-HUP");
    const { shutdown } = DaemonFile.parse({});
    expect(Number.parseInt(value("TimeoutStopSec") ?? "", 10) * 1_000).toBeGreaterThan(shutdown.grace);
  });

  test("starts without secrets: each credential has a default", () => {
    const named = [...unit.matchAll(/^LoadCredential=([^:]+):/gm)].map(([, name]) => name);
    expect(named.length).toBeGreaterThan(0);
    for (const name of named) expect(unit).toContain(`\nSetCredential=${name}:`);
  });

  test("keeps what it has where its user may write", () => {
    expect(value("DynamicUser")).toBe("yes");
    expect(value("Environment")).toContain(`FXPD_STATE=%S/${value("StateDirectory")}`);
    expect(value("ProtectSystem")).toBe("strict");
  });

  test("is made of sections and settings, each once", () => {
    const lines = unit.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    for (const line of lines) expect(line).toMatch(/^(\[(Unit|Service|Install)\]|[A-Z][A-Za-z]+=.*)$/);
    const keys = lines.filter((line) => line.includes("=")).map((line) => line.split("=")[0]);
    expect(new Set(keys).size).toBe(keys.length);
  });
});
