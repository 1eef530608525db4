import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { CopyEvent, SummaryEvent } from "../../src/batch/events.ts";
import type { Hooks } from "../../src/config/schema/hooks.ts";
import { withHooks } from "../../src/wiring/hooks/with-hooks.ts";
import { type AttackedWorker, workerForEach } from "../support/attacked-worker.ts";

// Programs before and after runs, as real processes.

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "fxpd-hooks-"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const sh = (script: string) => ["/bin/sh", "-c", script];
const summaryOf = (outcome: SummaryEvent["outcome"]): SummaryEvent => ({
  ...{ event: "summary", outcome, seconds: 1, bytes: { thirdParty: 0, relayed: 5, resumed: 0 } },
  files: { copied: 2, kept: 0, deleted: 0, skipped: 0, failed: outcome === "succeeded" ? 0 : 1 },
});

/** Carries out a run that ends as it is told, between hooks. */
async function hooked(
  hooks: Partial<Hooks>,
  run: () => SummaryEvent = () => summaryOf("succeeded"),
  signal = new AbortController().signal,
  options: Parameters<typeof withHooks>[4] = {},
) {
  const events: CopyEvent[] = [];
  let runs = 0;
  const about = { job: "nightly", run: "r1", sources: ["a:/x", "a:/y"], targets: ["b:/z/"] };
  const summary = await withHooks(
    { hooks: { timeout: 60_000, parallel: 4, ...hooks }, file: join(root, "nightly.yaml"), ...about },
    (event) => void events.push(event),
    signal,
    async (emit) => {
      runs += 1;
      const ended = run();
      emit(ended);
      return ended;
    },
    options,
  );
  const notes = events.flatMap((one) => (one.event === "note" ? [one.because] : []));
  return { summary, notes, runs, summaries: events.filter(({ event }) => event === "summary") };
}

describe("a hook", () => {
  test("knows its run by its environment, which has no secrets, and by a document", async () => {
    vi.stubEnv("FTP_PASSWORD", "hush");
    await hooked({
      beforeRun: sh("env > before; cat > before.json"),
      afterRun: sh("env > after; cat > after.json"),
    }).finally(() => vi.unstubAllEnvs());
    const before = await readFile(join(root, "before"), "utf8");
    for (const line of ["HOOK=beforeRun", "JOB=nightly", "RUN=r1", "SOURCE=a:/x\na:/y", "TARGET=b:/z/"])
      expect(`\n${before}`).toContain(`\nFXPD_${line}\n`);
    expect(before).not.toMatch(/FTP_PASSWORD|FXPD_OUTCOME/);
    const told = await readFile(join(root, "after"), "utf8");
    for (const line of ["OUTCOME=succeeded", "FILES_COPIED=2"])
      expect(told).toContain(`FXPD_${line}
`);
    const about = { job: "nightly", run: "r1", sources: ["a:/x", "a:/y"], targets: ["b:/z/"] };
    expect(JSON.parse(await readFile(join(root, "before.json"), "utf8"))).toEqual({
      hook: "beforeRun",
      ...about,
    });
    const after = JSON.parse(await readFile(join(root, "after.json"), "utf8")) as object;
    expect(after).toMatchObject({ hook: "afterRun", ...about, outcome: "succeeded", files: { copied: 2 } });
  });

  test("gets its arguments as they are written: there is no shell", async () => {
    const { notes } = await hooked({ beforeRun: ["/bin/echo", "$HOME; *", "`id`"] });
    expect(notes).toEqual(["beforeRun: $HOME; * `id`"]);
  });

  test("before the run that fails refuses it, and nothing is done", async () => {
    const { summary, runs, notes, summaries } = await hooked({
      beforeRun: sh("echo not today >&2; exit 3"),
      afterRun: sh("touch after"),
    });
    expect(summary).toMatchObject({ outcome: "refused", files: { copied: 0 } });
    expect(summary.because).toBe(
      "the hook beforeRun failed: /bin/sh ended with status 3; nothing was touched",
    );
    expect(summaries).toEqual([summary]);
    expect([runs, notes]).toEqual([0, ["beforeRun: not today"]]);
    expect(existsSync(join(root, "after"))).toBe(false);
  });

  test.each([
    ["succeeded", "partial"],
    ["partial", "partial"],
    ["failed", "failed"],
    ["cancelled", "cancelled"],
  ] as const)("after a run that %s, when it fails, leaves the outcome %s", async (outcome, told) => {
    const { summary, summaries } = await hooked({ afterRun: sh("exit 1") }, () => summaryOf(outcome));
    expect(summary).toMatchObject({
      outcome: told,
      because: expect.stringContaining("the hook afterRun failed"),
    });
    expect(summaries).toEqual([summary]);
  });

  test("after a run that ends in an error is told of it", async () => {
    const fails = () => {
      throw new Error("no host");
    };
    await expect(
      hooked({ afterRun: sh('echo "$FXPD_OUTCOME: $FXPD_BECAUSE" > after') }, fails),
    ).rejects.toThrow("no host");
    expect(await readFile(join(root, "after"), "utf8")).toBe("failed: no host\n");
  });

  test.each([
    ["which somebody has cancelled", true, undefined, "cancelled: over"],
    ["in which something was cancelled, and not the run", false, undefined, "failed: over"],
    ["which an unexpected error has cut off", true, "a bug", "failed: a bug"],
  ])("after a run %s hears the outcome that is recorded", async (_, isAborted, because, heard) => {
    const hooks = { afterRun: sh('echo "$FXPD_OUTCOME: $FXPD_BECAUSE" > after') };
    const options =
      because === undefined
        ? {}
        : { truthful: (one: SummaryEvent) => ({ ...one, outcome: "failed", because }) as const };
    const stopped = new AbortController();
    const ends = () => {
      if (isAborted) stopped.abort();
      throw new DOMException("over", "AbortError");
    };
    await expect(hooked(hooks, ends, stopped.signal, options)).rejects.toThrow("over");
    expect(await readFile(join(root, "after"), "utf8")).toBe(`${heard}\n`);
  });

  test("hears of a run that was cut off by an unexpected error what is recorded of it", async () => {
    const hooks = { afterRun: sh('echo "$FXPD_OUTCOME: $FXPD_BECAUSE" > after') };
    const truthful = (one: SummaryEvent) => ({ ...one, outcome: "failed", because: "a bug" }) as const;
    const { summary, summaries } = await hooked(hooks, () => summaryOf("cancelled"), undefined, { truthful });
    expect(summary).toMatchObject({ outcome: "failed", because: "a bug" });
    expect(summaries).toEqual([summary]);
    expect(await readFile(join(root, "after"), "utf8")).toBe("failed: a bug\n");
  });

  test("after a run hears nothing of one that goes on elsewhere, also where it ended in an error here", async () => {
    const ends: readonly (() => SummaryEvent)[] = [
      () => summaryOf("cancelled"),
      () => {
        throw new Error("lost");
      },
    ];
    for (const end of ends) {
      const ended = hooked({ afterRun: sh("echo ended > after") }, end, undefined, { goesOn: () => true });
      await ended.catch((error: Error) => expect(error.message).toBe("lost"));
      expect(existsSync(join(root, "after"))).toBe(false);
    }
  });

  test("whose program is not there has failed", async () => {
    const { summary } = await hooked({ beforeRun: ["./missing"] });
    expect(summary.because).toContain("program not found: ./missing");
  });

  test("that takes too long is killed, which counts as a failure", async () => {
    const { summary } = await hooked({ beforeRun: sh("exec sleep 1000"), timeout: 100 });
    expect(summary).toMatchObject({
      outcome: "refused",
      because: expect.stringContaining("/bin/sh did not finish within 0.1 s"),
    });
  });

  test("takes with it what it leaves running in its process group, and is over then", async () => {
    const { summary } = await hooked({ beforeRun: sh("sleep 1000 & echo $! > child") });
    expect(summary.outcome).toBe("succeeded");
    const child = (await readFile(join(root, "child"), "utf8")).trim();
    await vi.waitFor(async () => expect(await stateOf(child)).toMatch(/^[ZX-]$/), { timeout: 20_000 });
  });

  test("is killed with its process group when its run is interrupted", async () => {
    const cancelled = new AbortController();
    const script = "sleep 1000 & echo $! > child; touch begun; wait";
    const running = hooked({ beforeRun: sh(script) }, undefined, cancelled.signal);
    await vi.waitFor(() => expect(existsSync(join(root, "begun"))).toBe(true), { timeout: 20_000 });
    cancelled.abort();
    await expect(running).rejects.toThrow(/abort/i);
    const child = (await readFile(join(root, "child"), "utf8")).trim();
    await vi.waitFor(async () => expect(await stateOf(child)).toMatch(/^[ZX-]$/), { timeout: 20_000 });
  });

  test("has its output kept within bounds, and safe to show", async () => {
    const { notes } = await hooked({
      beforeRun: sh("printf '\\033[31mred\\n'; head -c 100000 /dev/zero | tr '\\0' x"),
    });
    expect(notes[0]).toBe("beforeRun: \\x1b[31mred");
    expect(notes.join("").length).toBeLessThan(2_000);
    expect(notes.at(-1)).toMatch(/KiB more output not kept/);
  });
});

/** As the kernel has it; `-` for a process that is gone. */
async function stateOf(pid: string): Promise<string> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => ") -");
  return text.slice(text.lastIndexOf(")") + 2)[0] ?? "";
}

describe("hooks of a job of the daemon", () => {
  let worker: AttackedWorker;
  const at = workerForEach("hooks", async (one) => {
    worker = one;
    await mkdir(at("a"));
    await writeFile(at("a/one"), "1");
  });

  async function ended(...hooks: readonly string[]) {
    await worker.job("nightly", `copy: {from: ${at("a")}, to: ${at("b/")}}`, "hooks:", ...hooks);
    return worker.begin("run_1", "nightly");
  }

  test("are started around its runs", async () => {
    const run = await ended(
      '  beforeRun: [/bin/sh, -c, "test ! -e ../b && echo $FXPD_RUN > ../before"]',
      '  afterRun: [/bin/sh, -c, "echo $FXPD_OUTCOME $FXPD_FILES_COPIED > ../after"]',
    );
    expect(run).toMatchObject({ outcome: "succeeded" });
    expect(await readFile(at("before"), "utf8")).toBe("run_1\n");
    expect(await readFile(at("after"), "utf8")).toBe("succeeded 1\n");
  });

  test("refuse a run, and nothing of it is done", async () => {
    const run = await ended('  beforeRun: ["/bin/false"]');
    expect(run).toMatchObject({ outcome: "refused" });
    expect(run.because).toContain("the hook beforeRun failed: /bin/false ended with status 1");
    expect(existsSync(at("b"))).toBe(false);
  });

  test("that fail afterwards make it partial", async () => {
    const run = await ended('  afterRun: ["/bin/false"]');
    expect(run).toMatchObject({ outcome: "partial", because: expect.stringContaining("afterRun failed") });
    expect(existsSync(at("b/a/one"))).toBe(true);
  });

  test("cannot be put into an order that is in Redis", async () => {
    await worker.job("nightly", `copy: {from: ${at("a")}, to: ${at("b/")}}`);
    const document = {
      copy: { from: at("a"), to: at("b/") },
      hooks: { beforeRun: ["/usr/bin/touch", at("planted")] },
    };
    const run = await worker.forge("forged_1", { job: "nightly", document });
    expect(run).toMatchObject({ outcome: "refused" });
    expect(existsSync(at("planted"))).toBe(false);
  });
});
