import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { endWhenUnread } from "../../src/cli/output/unread.ts";
import { makeCertificate } from "../servers/certificates.ts";
import type { ZooKind } from "../servers/zoo/kind.ts";
import { unixStyle } from "../servers/zoo/listing.ts";
import { zooServer } from "../servers/zoo/server.ts";
import { forgetSignals, fxpd } from "../support/in-process.ts";
import { type TreeServer, treeServer } from "../support/tree-server.ts";

const OLD_MS = Date.parse("2026-01-01T00:00:00Z");
let root: string;
let source: TreeServer;
let target: TreeServer;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "fxpd-records-"));
  vi.stubEnv("FXPD_STATE", join(root, "state"));
  vi.stubEnv("FXPD_CONFIG", join(root, "config"));
  for (const directory of ["config/hosts", "jobs"])
    await mkdir(join(root, directory), { recursive: true, mode: 0o700 });
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(root, { recursive: true, force: true, maxRetries: 5 });
});
beforeEach(async () => {
  [source, target] = [await treeServer(), await treeServer()];
  vi.stubEnv("SECRET", source.password);
  for (const [name, { address, port, user }] of Object.entries({ a: source, b: target }))
    await writeFile(
      join(root, `config/hosts/${name}.yaml`),
      `address: ${address}\nport: ${port}\nuser: ${user}\npasswordFrom: {env: SECRET}\ntls: off\n`,
    );
});
afterEach(async () => {
  forgetSignals();
  await Promise.all([source, target].map((one) => one[Symbol.asyncDispose]()));
});

/** Trees of two servers in memory, hosts `a` and `b`, and commands in this process. */
type Told = Record<string, unknown> & { readonly event: string; readonly action?: string };
async function told(...args: readonly string[]) {
  const { out, status } = await fxpd(...args, "--json");
  const lines = out.split("\n").filter((line) => line !== "");
  const events = lines.map((line) => JSON.parse(line) as Told);
  return { events, status, summary: events.at(-1) };
}

describe("with --delete, only what was deleted is told as deleted", () => {
  const NOT_DONE = [
    "550 Permission denied",
    "550 No such file",
    "450 busy",
    "202 superfluous here",
    "350 next?",
  ];
  const things = {
    DELE: (path: string) => target.tree.write(path, Buffer.from("x"), OLD_MS),
    RMD: (path: string) => target.tree.makeDirectory(path, OLD_MS),
  } as const;
  const cases = Object.keys(things).flatMap((verb) =>
    [...NOT_DONE, "lost"].map((reply) => ({ verb: verb as keyof typeof things, reply })),
  );
  test.each(cases)("where $verb is answered: $reply", async ({ verb, reply }) => {
    for (const { tree } of [source, target]) {
      tree.makeDirectory("/in", OLD_MS);
      tree.write("/in/f", Buffer.from("f"), OLD_MS);
    }
    for (const name of ["x", "y"]) things[verb](`/in/${name}`);
    const verbs = [verb];
    target.fault({
      at: "/in/x",
      ...(reply === "lost" ? { kind: "lost", verbs } : { kind: "refusal", verbs, reply }),
    });
    const options = ["--delete", "--max-delete", "100%", "--retries", "0"];
    const { events, summary, status } = await told("mirror", "a:/in", "b:/in", ...options);
    expect((target.tree.list("/in") ?? []).map(({ name }) => name)).toEqual(["f", "x"]);
    expect(events.filter(({ action }) => action === "delete").map(({ path }) => path)).toEqual(["b:/in/y"]);
    // Directories are no files.
    const deleted = verb === "DELE" ? 1 : 0;
    expect(summary).toMatchObject({ outcome: "partial", files: { kept: 1, deleted, failed: 1 } });
    expect(status).toBe(1);
  });
});

describe("filter --job says what the job does with a path", () => {
  const MIRROR = "mirror: {from: a:/in, to: b:/in}";
  const LEFT = "temporary file of a transfer";
  test.each([
    [`${MIRROR}\nmaxDepth: 1`, "d/e/f", "-", "deeper than the job's maxDepth: 1"],
    [`${MIRROR}\nmaxDepth: 1`, "d/e/", "-", "deeper than the job's maxDepth: 1"],
    [`${MIRROR}\nmaxDepth: 1`, "d/", "+", "no rule matches"],
    [`${MIRROR}\nmaxDepth: 1`, "d/e", "+", "no rule matches"],
    [`${MIRROR}\nmaxDepth: 0\nminSize: 1k`, "f", "?", "minSize may still leave it out"],
    [`${MIRROR}\nmaxDepth: 0\nexclude: ["*.tmp"]`, "d/f.tmp", "-", "exclude *.tmp"],
    [MIRROR, "d/.fxpd-0123456789abcdef-t.part", "-", LEFT],
    ["copy: {from: 'a:/in/*.iso', to: b:/}", "a.iso", "+", "no rule matches"],
    ["copy: {from: 'a:/in/*.iso', to: b:/}", "a.txt", "-", "not matched by the job's copy.from"],
    ["copy: {from: 'a:/in/*.iso', to: b:/}", "d/a.iso", "-", "not matched by the job's copy.from"],
    ["copy: {from: 'a:/in/{d,e}/*', to: b:/}", "d/", "+", "no rule matches"],
    ["copy: {from: a:/in, to: b:/}\nfiles: [d/one, two]", "d/one", "+", "no rule matches"],
    ["copy: {from: a:/in, to: b:/}\nfiles: [d/one, two]", "d/two", "-", "not in the job's files"],
    ["copy: {from: a:/in, to: b:/}\nfiles: [d/one, two]", "d/", "+", "no rule matches"],
  ])("%j: %s is %s", async (job, path, sign, because) => {
    await writeFile(join(root, "jobs/one.yaml"), `${job}\n`);
    const { status, out, err } = await fxpd("filter", "--jobs", join(root, "jobs"), "--job", "one", path);
    expect({ err, status }).toEqual({ err: "", status: sign === "-" ? 1 : 0 });
    expect(out.startsWith(`${sign} ${path}  `)).toBe(true);
    expect(out).toContain(because);
    if (sign !== "-") return;
    const { events, summary } = await told("filter", "--jobs", join(root, "jobs"), "--job", "one", path);
    expect(events[0]).toMatchObject({
      event: "ruling",
      wanted: false,
      because: expect.stringContaining(because),
    });
    expect(summary).toMatchObject({ wanted: 0, leftOut: 1 });
  });
});

/** A server that is known to have TLS, or that has none. */
function kindOf(name: string, isTls: boolean, more: readonly string[] = []): ZooKind {
  const features = ["SIZE", "MDTM", "REST STREAM", ...(isTls ? ["AUTH TLS", "PBSZ", "PROT"] : []), ...more];
  return {
    name,
    greeting: ["220 ready"],
    features,
    list: unixStyle(),
    ...(isTls && { data: { tls: "after-1yz" } }),
  };
}

test("what a record says of encryption is what the data connections were, whatever way a file goes", async () => {
  const { certificate, key } = await makeCertificate(root, "127.0.0.1", "good");
  const identity = { cert: await readFile(certificate, "utf8"), key: await readFile(key, "utf8") };
  const hosts = {
    tls: await zooServer(kindOf("tls", true), identity),
    also: await zooServer(kindOf("also", true), identity),
    sscn: await zooServer(kindOf("sscn", true, ["SSCN"]), identity),
    clear: await zooServer(kindOf("clear", false)),
  };
  try {
    for (const [name, { address, port, user, password, tree }] of Object.entries(hosts)) {
      vi.stubEnv(`SECRET_${name}`, password);
      tree.plant("/f", Buffer.alloc(200_000, name), OLD_MS);
      const lines = [`address: ${address}`, `port: ${port}`, `user: ${user}`, "tls: {verify: false}"];
      const file = [...lines, `passwordFrom: {env: SECRET_${name}}`, ""].join("\n");
      await writeFile(join(root, `config/hosts/${name}.yaml`), file);
    }
    await writeFile(join(root, "f"), Buffer.alloc(200_000, "here"));
    let turn = 0;
    const copied = async (from: string, to: string, fxp = "never", ...more: readonly string[]) => {
      const target = to === "here" ? join(root, `to${(turn += 1)}`) : `${to}:/to${(turn += 1)}`;
      const source = from === "here" ? join(root, "f") : `${from}:/f`;
      const { events } = await told("copy", source, target, "--fxp", fxp, ...more);
      const moved = events.find(({ event }) => event === "transfer");
      return [moved?.["by"], moved?.["protected"]];
    };
    expect(await copied("tls", "also", "only")).toEqual(["third-party", false]);
    expect(await copied("tls", "clear", "only")).toEqual(["third-party", false]);
    expect(await copied("tls", "sscn", "only")).toEqual(["third-party", true]);
    expect(await copied("sscn", "tls", "only")).toEqual(["third-party", true]);
    expect(await copied("tls", "also", "prefer", "--tls", "required")).toEqual(["relay", true]);
    expect(await copied("tls", "also")).toEqual(["relay", true]);
    expect(await copied("tls", "clear")).toEqual(["relay", false]);
    expect(await copied("clear", "tls")).toEqual(["relay", false]);
    expect(await copied("tls", "also", "never", "--tls", "off")).toEqual(["relay", false]);
    expect(await copied("here", "tls")).toEqual(["relay", true]);
    expect(await copied("tls", "here")).toEqual(["relay", true]);
    expect(await copied("here", "clear")).toEqual(["relay", false]);
    expect(await copied("here", "here")).toEqual(["relay", null]);
    // A file that goes on after it was cut is as private as the less private part of it.
    const resumed = async (first: string, then: string) => {
      const args = [
        "copy",
        "tls:/f",
        `also:/resumed${(turn += 1)}`,
        "--fxp",
        "never",
        "--resume-check",
        "record",
      ];
      hosts.also.cutAfter(100_000);
      const cut = await told(...args, "--retries", "0", "--tls", first);
      expect(cut.summary).toMatchObject({ files: { copied: 0, failed: 1 } });
      const { events } = await told(...args, "--tls", then);
      expect(events.find(({ event }) => event === "transfer")).toMatchObject({ resumedFrom: 100_000 });
      return events.find(({ event }) => event === "transfer")?.["protected"];
    };
    expect(await resumed("required", "required")).toBe(true);
    expect(await resumed("off", "required")).toBe(false);
    expect(await resumed("required", "off")).toBe(false);
    // What is kept was not transferred.
    const { events } = await told("copy", "tls:/f", "also:/to1", "--on-exists", "skip");
    expect(events.map(({ event }) => event)).not.toContain("transfer");
  } finally {
    for (const one of Object.values(hosts)) await one[Symbol.asyncDispose]();
  }
});

test("what fails after the reader of a command has gone is still reported, on standard error and in the log", async () => {
  const emitters: { readonly from: NodeJS.EventEmitter; readonly event: string }[] = [
    { from: process, event: "exit" },
    { from: process.stdout, event: "error" },
    { from: process.stderr, event: "error" },
  ];
  const known = new Set(emitters.flatMap(({ from, event }) => from.rawListeners(event)));
  // The signal that ends the command comes later than the reply.
  const kill = vi.spyOn(process, "kill").mockReturnValue(true);
  try {
    endWhenUnread();
    for (const name of ["x", "y"]) target.tree.write(`/${name}`, Buffer.from("x"), OLD_MS);
    const goes = async () => {
      process.stdout.emit("error", Object.assign(new Error("write EPIPE"), { code: "EPIPE" }));
    };
    target.fault({ at: "/x", kind: "late", verbs: ["DELE"], until: goes });
    target.fault({ at: "/y", kind: "refusal", verbs: ["DELE"], reply: "550 Permission denied" });
    const log = join(root, "unread.log");
    const { err } = await fxpd("rm", "-v", "b:/x", "b:/y", "--retries", "0", "--log-file", log);
    expect(kill).toHaveBeenCalledWith(process.pid, "SIGTERM");
    expect(err).toContain("550 Permission denied");
    expect(await readFile(log, "utf8")).toContain("550 Permission denied");
  } finally {
    kill.mockRestore();
    for (const { from, event } of emitters)
      for (const one of from.rawListeners(event)) if (!known.has(one)) from.off(event, one as () => void);
  }
});
