import { execFile } from "node:child_process";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { debianPackages } from "./debian.ts";

const run = promisify(execFile);

/** Files of one server's certificate, PEM. */
export interface Certificate {
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
  /** Key and certificate in one, for servers that want that. */
  readonly bundle: string;
}

/** A certificate for one address, signed by an authority made for it; `wrong-name`: for another host. */
export async function makeCertificate(
  directory: string,
  address: string,
  kind: "good" | "wrong-name",
): Promise<Certificate> {
  const work = await mkdtemp(join(tmpdir(), "fxpd-ca-"));
  const at = (name: string) => join(work, name);
  const names = kind === "good" ? `IP:${address},IP:127.0.0.1,IP:::1,DNS:localhost` : "DNS:elsewhere.example";
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30"];
  try {
    await openssl([
      "req",
      "-x509",
      ...key,
      "-subj",
      "/CN=fxpd tests",
      "-keyout",
      at("ca.key"),
      "-out",
      at("ca.pem"),
    ]);
    const extensions = [
      "-addext",
      `subjectAltName=${names}`,
      "-addext",
      "basicConstraints=critical,CA:FALSE",
    ];
    const signed = ["-CA", at("ca.pem"), "-CAkey", at("ca.key")];
    const subject = ["-subj", `/CN=${kind === "good" ? "fxpd-test" : "elsewhere"}`];
    await openssl([
      "req",
      "-x509",
      ...signed,
      ...key,
      ...subject,
      ...extensions,
      "-keyout",
      at("key"),
      "-out",
      at("pem"),
    ]);
    const [authority, certificate, secret] = await Promise.all(
      ["ca.pem", "pem", "key"].map((name) => readFile(at(name), "utf8")),
    );
    const files = { authority, certificate, key: secret, bundle: `${secret}${certificate}` };
    const written = Object.entries(files).map(async ([name, text = ""]) => {
      const path = join(directory, `${name}.pem`);
      await writeFile(path, text);
      await chmod(path, 0o600);
      return [name, path] as const;
    });
    return Object.fromEntries(await Promise.all(written)) as unknown as Certificate;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function openssl(args: readonly string[]): Promise<void> {
  try {
    await run("openssl", [...args]);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    const packages = await debianPackages(["openssl"]);
    const env = {
      ...process.env,
      LD_LIBRARY_PATH: packages.libraryPath,
      OPENSSL_CONF: packages.find("etc/ssl/openssl.cnf"),
    };
    await run(packages.find("bin/openssl"), [...args], { env });
  }
}
