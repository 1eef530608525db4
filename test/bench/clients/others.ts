import { execFileSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { LIST } from "../files.ts";
import { runProgram } from "../process.ts";
import { type Client, type Site, urlOf } from "./client.ts";

/** Clients that take part where they are installed; nothing is fetched for them. */
export function installedClients(way: "third-party" | "relay"): readonly Client[] {
  const wanted = way === "relay" ? [rcloneClient] : [globusClient, rcloneClient];
  return wanted.flatMap((client) => client() ?? []);
}

/** globus-url-copy, third party; it knows TLS only with certificates for its users, so it has none here. */
function globusClient(): Client | undefined {
  const program = onPath("globus-url-copy");
  if (program === undefined) return undefined;
  return {
    name: "globus-url-copy",
    async run({ source, target, lanes, directory, limitMs }, signal) {
      const place = (site: Site) => `${urlOf(site)}${site.home.replace(/\/$/, "")}/${LIST}/`;
      const args = ["-r", "-cd", "-cc", String(lanes), place(source), place(target)];
      return runProgram({ program, args, directory }, limitMs, signal);
    },
  };
}

/** rclone, which always carries the files itself. */
function rcloneClient(): Client | undefined {
  const program = onPath("rclone");
  if (program === undefined) return undefined;
  return {
    name: "rclone (relay)",
    async run({ source, target, lanes, directory, limitMs }, signal) {
      const flags = ["--config", join(directory, "none.conf"), "--transfers", String(lanes)];
      const args = ["copy", ...flags, "--checkers", String(lanes), `source:${LIST}`, `target:${LIST}`];
      const env = { ...remote("SOURCE", source, program), ...remote("TARGET", target, program) };
      return runProgram({ program, args, env, directory }, limitMs, signal);
    },
  };
}

function remote(name: string, site: Site, program: string): Readonly<Record<string, string>> {
  const hidden = execFileSync(program, ["obscure", "-"], { input: site.password, timeout: 10_000 });
  const settings = {
    TYPE: "ftp",
    HOST: site.address,
    PORT: String(site.port),
    USER: site.user,
    PASS: hidden.toString().trim(),
    EXPLICIT_TLS: String(site.caFile !== undefined),
    NO_CHECK_CERTIFICATE: "true",
    // With TLS 1.3 a server ends its handshake with an alert ("illegal parameter").
    DISABLE_TLS13: "true",
  };
  return Object.fromEntries(
    Object.entries(settings).map(([key, value]) => [`RCLONE_CONFIG_${name}_${key}`, value]),
  );
}

function onPath(name: string): string | undefined {
  const places = (process.env["PATH"] ?? "").split(delimiter).map((directory) => join(directory, name));
  return places.find((place) => {
    try {
      accessSync(place, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
