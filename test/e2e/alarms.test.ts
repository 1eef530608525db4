import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Desk } from "../support/desk.ts";
import { receiveHttp } from "../support/receiver.ts";

const PATIENCE_MS = 60_000;

async function eventually<T>(what: () => Promise<T | undefined> | T | undefined): Promise<T> {
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    const found = await what();
    if (found !== undefined) return found;
    if (Date.now() > until) throw new Error("it did not happen");
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

test("a daemon skips a due time on request, runs jobs when files arrive, and reports failures to a webhook", async () => {
  await using receiver = await receiveHttp(503, 204);
  await using desk = await Desk.open();
  const [inbox, jobs] = [join(desk.path, "inbox"), join(desk.path, "jobs")];
  for (const path of [inbox, jobs]) await mkdir(path);
  const url = `http://127.0.0.1:${receiver.port}/hook/a-secret-path`;
  await writeFile(
    join(desk.path, "config/daemon.yaml"),
    `api: {port: 0}\nnotifications: {webhooks: [{url: "${url}"}]}\n`,
  );
  await writeFile(
    join(jobs, "inbox.yaml"),
    `copy: {from: "${inbox}/*.csv", to: "${desk.path}/out/"}\nwatch: {for: READY, every: 1s}\n`,
  );
  await writeFile(
    join(jobs, "missing.yaml"),
    `copy: {from: "${desk.path}/none/*", to: "${desk.path}/out/"}\nschedule: {cron: "0 0 1 1 *"}\n`,
  );
  const daemon = desk.begin("daemon");
  try {
    await eventually(async () => ((await desk.fxpd("runs")).status === 0 ? true : undefined));
    expect((await desk.fxpd("skip", "missing")).status).toBe(0);
    const dues = async () => (await desk.fxpd("next", "missing", "--count", "2", "--json")).events;
    expect((await dues()).map(({ skipped }) => skipped)).toEqual([true, false]);
    expect((await desk.fxpd("skip", "missing", "2026-01-01T00:00:01Z")).status).toBe(2);
    expect((await desk.fxpd("skip", "missing", "--undo")).out).toContain("will take place");
    expect((await dues()).map(({ skipped }) => skipped)).toEqual([false, false]);

    await writeFile(join(inbox, "a.csv"), "1,2\n");
    await writeFile(join(inbox, "READY"), "");
    const arrived = await eventually(async () =>
      (await desk.fxpd("runs", "--json")).events.find(({ state }) => state === "ended"),
    );
    expect(arrived).toMatchObject({ outcome: "succeeded", counters: { copied: 1 } });

    expect((await desk.fxpd("submit", "missing", "--wait")).status).toBe(1);
    // The first answer was no success.
    const request = await eventually(() => receiver.received[1]);
    expect(JSON.parse(request.body)).toMatchObject({ notices: [{ job: "missing", occasion: "failed" }] });
  } finally {
    daemon.child.kill("SIGTERM");
  }
  const { err } = await daemon.ended;
  expect(err).toContain("notification not accepted; will retry");
  expect(err).not.toContain("a-secret-path");
});
