import { mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";

// The demo finds its servers beside the program that runs it: here these are scripts.

let directory: string;
let demoCommand: (keep: boolean) => Promise<number>;
let commandName: () => string;
let [out, err] = ["", ""];

beforeAll(async () => {
  directory = await realpath(await mkdtemp(join(tmpdir(), "fxpd-demo-test-")));
  for (const name of ["cli", "demo", "tmp", "root"]) await mkdir(join(directory, name));
  const program = join(directory, "cli/main.js");
  await writeFile(program, "");
  vi.resetModules();
  const argv = vi.spyOn(process, "argv", "get").mockReturnValue([process.execPath, program, "demo"]);
  ({ demoCommand } = await import("../../src/cli/commands/demo.ts"));
  ({ commandName } = await import("../../src/cli/demo/built.ts"));
  argv.mockRestore();
  vi.stubEnv("TMPDIR", join(directory, "tmp"));
});
beforeEach(() => {
  [out, err] = ["", ""];
  vi.spyOn(process.stdout, "write").mockImplementation((text) => ((out += String(text)), true));
  vi.spyOn(process.stderr, "write").mockImplementation((text) => ((err += String(text)), true));
});
afterEach(() => {
  vi.restoreAllMocks();
});
afterAll(async () => {
  vi.resetModules();
  vi.unstubAllEnvs();
  await rm(directory, { recursive: true, force: true });
});

/** Runs the demo with a script as its servers. @returns its exit status */
async function demo(servers: string): Promise<number> {
  await writeFile(join(directory, "demo/servers.mjs"), servers);
  return demoCommand(false);
}

test("a demo whose servers do not start has done nothing, and leaves no configuration behind", async () => {
  expect(await demo("process.exitCode = 1;")).toBe(3);
  expect(out).toContain("Starting two FTP servers");
  expect(await readdir(join(directory, "tmp"))).toEqual([]);
});

test("a demo that fails says why, ends its servers and leaves no configuration behind", async () => {
  const ended = join(directory, "ended");
  // Nobody listens on port 1.
  const server = {
    address: "127.0.0.1",
    port: 1,
    user: "u",
    password: "hush",
    root: join(directory, "root"),
  };
  const servers = ["vsftpd", "proftpd"].map((family) => ({ ...server, family }));
  const status = await demo(`
    import { writeFileSync } from "node:fs";
    process.stdout.write(${JSON.stringify(`${JSON.stringify({ servers })}\n`)});
    process.stdin.resume().on("end", () => writeFileSync(${JSON.stringify(ended)}, "in good order"));`);
  expect(status).toBe(3);
  expect(out).toContain("archive: vsftpd at 127.0.0.1 port 1");
  expect(err).toMatch(/^(fxpd: archive: cannot connect to 127.0.0.1 port 1: connection refused\n)+$/);
  expect(out + err).not.toContain("hush");
  expect(await readFile(ended, "utf8")).toBe("in good order");
  expect(await readdir(join(directory, "tmp"))).toEqual([]);
});

test("the demo names a command that can be called as it says: fxpd only where it is on the PATH to stay", async () => {
  const program = join(directory, "cli/main.js");
  const at = async (place: string, target: string) => {
    await mkdir(join(directory, place), { recursive: true });
    await symlink(target, join(directory, place, "fxpd"));
    return join(directory, place);
  };
  const own = await at("bin", program);
  const byNpx = await at("_npx/1/node_modules/.bin", program);
  const another = await at("other", join(directory, "demo"));
  const named = (...path: readonly string[]) => {
    vi.stubEnv("PATH", path.join(delimiter));
    return commandName();
  };
  expect(named(join(directory, "tmp"), own)).toBe("fxpd");
  expect(named(byNpx, own)).toBe("fxpd");
  expect(named(byNpx)).toBe("npx fxpd");
  expect(named(another)).toBe("npx fxpd");
  expect(named()).toBe("npx fxpd");
});
