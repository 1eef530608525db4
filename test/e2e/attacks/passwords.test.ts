import { execFileSync, spawn } from "node:child_process";
import { copyFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Desk } from "../../support/desk.ts";
import { scriptedServer } from "../../support/scripted-server.ts";
import { MAIN } from "../../support/program.ts";

describe("promise 6, a password in a URL", () => {
  test.each([
    ["ftp://mirror:hunter2@127.9.9.9/x"],
    ["FTPES://mirror:hunter2:@@127.9.9.9/x"],
    ["--source=ftp://mirror:hunter2@127.9.9.9/x"],
  ])("is out of the list of processes before the program is even read (%s)", async (url) => {
    const directory = await mkdtemp(join(tmpdir(), "fxpd-argv-"));
    await copyFile(MAIN, join(directory, "main.js"));
    // Nobody ever writes into it: whoever reads the program waits here.
    execFileSync("mkfifo", [join(directory, "program.js")]);
    const child = spawn(process.execPath, [join(directory, "main.js"), "copy", url, "./y"]);
    try {
      const seen = async () => (await readFile(`/proc/${child.pid}/cmdline`, "utf8")).replaceAll("\0", " ");
      await expect.poll(seen, { interval: 5, timeout: 60_000 }).toMatch(/^fxpd copy .*mirror@127\.9\.9\.9/);
      expect(await seen()).not.toContain("hunter2");
      expect(child.exitCode).toBeNull();
    } finally {
      child.kill("SIGKILL");
      await rm(directory, { recursive: true });
    }
  });

  test("is in nothing that is said, whatever the server repeats, and however it escapes it", async () => {
    const password = "tab\there+!";
    const encoded = encodeURIComponent(password);
    await using desk = await Desk.open();
    await using server = await scriptedServer({
      PASS: (session, said) =>
        session.reply(`230 ${said} / ${encoded} / ${JSON.stringify(said)} / ${btoa(said)}`),
      PWD: `257 "/${password}" is where you are`,
      CWD: "250 there",
      MLST: `450 in /${password}/x: not for ${encoded}`,
      SIZE: `450 in /${password}/x`,
      MLSD: `450 not for ${password}`,
      LIST: `450 not for ${password}`,
    });
    const url = `ftp://mirror:${encoded}@${server.address}:${server.port}`;
    for (const args of [
      ["copy", "-vv", "--retries", "0", `${url}/x`, "./y"],
      ["copy", "--json", "-vv", "--retries", "0", `${url}/x*`, "./y"],
      ["mirror", "--json", "--retries", "0", `${url}/d`, "./z"],
      ["ls", "-vv", `${url}/d`],
    ]) {
      const { out, err, status } = await desk.fxpd(...args);
      expect(status, err).not.toBe(0);
      expect(out + err, args.join(" ")).not.toMatch(/tab.{0,6}here|dGFiC/);
      expect(out + err).toContain("***");
    }
  });
});
