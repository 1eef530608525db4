import { type Mutant, mutant } from "./mutant.ts";

const kept = mutant(
  "src/orchestrator/slots/kept-connections.ts",
  "test/unit/orchestrator/slots/kept-connections",
  "test/contract/redis-kept-connections",
);
const paused = mutant("src/orchestrator/slots/paused.ts", "test/unit/orchestrator/slots/paused");
const counts = mutant("src/wiring/hooks/directory-counts.ts", "test/unit/wiring/hooks");
const followUps = mutant(
  "src/wiring/hooks/follow-ups.ts",
  "test/contract/hooks-parallel",
  "test/contract/hooks-again",
  "test/contract/file-hooks",
);
const hookedRun = mutant(
  "src/wiring/hooks/hooked-run.ts",
  "test/contract/hooks.test",
  "test/contract/file-hooks",
);
const startProgram = mutant("src/wiring/hooks/start-program.ts", "test/contract/hooks.test");
const withHooks = mutant(
  "src/wiring/hooks/with-hooks.ts",
  "test/contract/hooks.test",
  "test/contract/file-hooks",
  "test/contract/hooks-again",
);
const LFTP = ["test/unit/config/import", "test/property/config/import"] as const;
const script = mutant("src/config/import/lftp/script.ts", ...LFTP);
const paths = mutant("src/config/import/lftp/paths.ts", ...LFTP);
const openServer = mutant("src/config/import/lftp/open-server.ts", ...LFTP);
const hidden = mutant("src/config/import/lftp/hidden.ts", ...LFTP);
const transferLine = mutant("src/config/import/lftp/transfer-line.ts", ...LFTP);
const filters = mutant("src/config/import/lftp/filters.ts", ...LFTP);
const tabs = mutant("src/dashboard/state/listening-tabs.ts", "test/unit/dashboard/state");
const proxy = mutant("src/console/commands/proxy.ts", "test/unit/console", "test/contract/console-proxy");

/** Kept connections, hooks, imports, tabs that listen, and the console's second server. */
export const ofPrograms: readonly Mutant[] = [
  kept("old-settings-stay-connected", " || sinceMs < this.#renewedMs", ""),
  kept("lost-leases-are-kept", "if (lease.lost.aborted || ", "if ("),
  kept("others-wait-for-what-is-kept", "if (isOver || isWanted || isPaused)", "if (isOver || isPaused)"),
  kept("paused-hosts-stay-connected", "if (isOver || isWanted || isPaused)", "if (isOver || isWanted)"),
  kept("kept-for-ever", "ageMs >= LONGEST_MS || ", ""),
  kept("any-purpose-takes", "one.key === key && one.purpose === purpose);\n  }", "one.key === key);\n  }"),
  paused(
    "a-pause-is-never-over",
    "this.#elapsedMs() >= (this.#untilMs.get(host) ?? 0)",
    "!this.#untilMs.has(host)",
  ),
  counts(
    "a-held-directory-is-finished",
    "if (pending > 0 || !isListed || isHeld) return;",
    "if (pending > 0 || !isListed) return;",
  ),
  counts(
    "an-unlisted-directory-is-finished",
    "if (pending > 0 || !isListed || isHeld) return;",
    "if (pending > 0 || isHeld) return;",
  ),
  followUps(
    "begun-twice",
    "if (!(await this.#marks.begin(`${hook} ${about}`))) return;",
    "await this.#marks.begin(`${hook} ${about}`);",
  ),
  followUps(
    "all-programs-at-once",
    "while (this.#running >= this.#hooked.hooks.parallel) await this.#ended.changed();",
    "",
  ),
  hookedRun(
    "secrets-are-inherited",
    "...Object.fromEntries(INHERITED.map((name) => [name, process.env[name]])),",
    "...process.env,",
  ),
  startProgram("children-live-on", 'child.on("exit", () => killGroup(child.pid));', ""),
  startProgram(
    "no-time-limit",
    "killedBecause ??= because;\n      killGroup(child.pid);",
    "killedBecause ??= because;",
  ),
  withHooks("a-refusal-is-ignored", "if (refusal !== undefined) {", "if (false as boolean) {"),
  withHooks(
    "cancelled-directories-are-finished",
    'if (ended.outcome !== "cancelled" && !goesOn())',
    "if (!goesOn())",
  ),
  withHooks(
    "after-run-though-it-goes-on",
    'if (!goesOn()) await startHook("afterRun", hooked, emit, hookFactsOf(ended));',
    'await startHook("afterRun", hooked, emit, hookFactsOf(ended));',
  ),
  script(
    "an-alias-changes-nothing",
    'if (this.#aliases.has(name)) return this.#lose(line, "command", "it is an alias of other commands");',
    "",
  ),
  script(
    "clobbers",
    "const isSpared = !transfer.isUpload && !transfer.isContinued && !settings.overwrites;",
    "const isSpared = false as boolean;",
  ),
  script("unknown-servers-are-known", "    this.#server.forget(since);\n", ""),
  paths(
    "unknown-directories-are-known",
    'for (const side of ["remote", "local"] as const) this.#hide(side, because);',
    'this.#hide("remote", because);',
  ),
  openServer(
    "another-account-has-the-password",
    "...(isOther ? {} : present({ password, passwordIn }))",
    "...present({ password, passwordIn })",
  ),
  hidden(
    "hidden-files-are-matched",
    "if (!globs.some((glob) => /[*?[]/.test(glob)) || globs.some(namesHidden)) return {};",
    "if (globs.length >= 0) return {};",
  ),
  transferLine("sources-are-kept", 'deletesSource ||= word.includes("E");', ""),
  filters(
    "first-rule-decides",
    "const ordered = isMixed ? patterns.toReversed() : patterns;",
    "const ordered = patterns;",
  ),
  filters(
    "others-are-taken",
    'return { rules: isClosed ? [...rules, { exclude: "**" }] : rules, isFlat };',
    "return { rules, isFlat };",
  ),
  tabs("five-tabs-hold", "return before < MOST_HOLDERS;", "return before <= MOST_HOLDERS;"),
  tabs(
    "closed-tabs-hold",
    "if (isFirst && Date.now() - heardMs < GONE_MS) before += 1;",
    "if (isFirst) before += 1;",
  ),
  tabs("new-tabs-hear-nothing", 'if (says === "new" && this.#timer !== undefined) this.#say("here");', ""),
  proxy(
    "text-between-servers",
    "if (!isImage(representationOf({ ...session, at })))",
    "if (false as boolean)",
  ),
];
