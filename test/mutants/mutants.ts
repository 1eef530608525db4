import { type Mutant, mutant } from "./mutant.ts";
import { ofMirrors } from "./of-mirrors.ts";
import { ofPrograms } from "./of-programs.ts";
import { ofTransfers } from "./of-transfers.ts";

const address = mutant("src/ftp/address.ts", "test/unit/ftp/address", "test/property/ftp/forms");
const reply = mutant("src/ftp/reply.ts", "test/property/ftp/reply-parser", "test/unit/ftp/reply");
const command = mutant(
  "src/ftp/command.ts",
  "test/unit/ftp/command",
  "test/property/ftp/forms",
  "test/unit/ftp/secrets",
  "test/unit/ftp/session/secrets",
);
const timeVal = mutant(
  "src/ftp/time-val.ts",
  "test/unit/ftp/time-val",
  "test/property/ftp/time-val",
  "test/property/ftp/forms",
);
const pathname = mutant(
  "src/ftp/pathname.ts",
  "test/unit/ftp/pathname",
  "test/property/ftp/forms",
  "test/property/ftp/listing/written",
);
const refusal = mutant(
  "src/transfer/move/third-party/refusal.ts",
  "test/unit/transfer/move/third-party/refusal",
  "test/property/transfer/move",
);
const retry = mutant("src/transfer/retry.ts", "test/unit/transfer/retry");
const onExists = mutant("src/batch/on-exists.ts", "test/unit/batch/on-exists", "test/unit/batch");
const selection = mutant("src/copy/selection.ts", "test/unit/copy/selection");
const safeguards = mutant(
  "src/mirror/decide/safeguards.ts",
  "test/property/mirror/safeguards",
  "test/unit/mirror/scan/listings/look",
);
const times = mutant(
  "src/mirror/decide/times.ts",
  "test/unit/mirror/decide",
  "test/property/mirror/times",
  "test/property/mirror/renames",
);
const judge = mutant(
  "src/mirror/decide/judge.ts",
  "test/property/mirror/times",
  "test/unit/mirror/decide",
  "test/property/mirror/mirror",
);
const renames = mutant("src/mirror/decide/renames.ts", "test/property/mirror/renames");
const changed = mutant("src/mirror/decide/changed.ts", "test/unit/mirror/changed");
const missed = mutant("src/schedule/missed.ts", "test/unit/schedule/start", "test/property/schedule/late");
const overlap = mutant("src/schedule/overlap.ts", "test/unit/schedule/overlap");
const learned = mutant("src/orchestrator/slots/learned.ts", "test/unit/orchestrator/slots/learned");
const printable = mutant("src/shared/printable.ts", "test/unit/shared/printable");
const dataConnection = mutant("src/ftp/connection/data/data-connection.ts", "test/unit/ftp/data-connection");
const resume = mutant("src/transfer/prove/resume.ts", "test/unit/transfer");
const login = mutant("src/ftp/session/login.ts", "test/unit/ftp/session/login", "test/contract/prot-refused");
const directory = mutant("src/ftp/session/directory.ts", "test/unit/ftp/session/directory");
const mirrorContext = mutant("src/mirror/context.ts", "test/unit/mirror", "test/contract/run-trees");
const extraDeletion = mutant(
  "src/mirror/carry/extra-deletion.ts",
  "test/unit/mirror",
  "test/contract/run-trees",
);
const leasedPool = mutant(
  "src/orchestrator/slots/leased-pool.ts",
  "test/unit/orchestrator/slots/leased-pool",
);
const record = mutant("src/state/record.ts", "test/unit/state");
const endOfRun = mutant(
  "src/orchestrator/runs/end-effects.ts",
  "test/contract/redis-runs",
  "test/contract/run-",
);
const runScripts = mutant(
  "src/orchestrator/kv/stores/run-scripts.ts",
  "test/contract/redis-runs",
  "test/contract/run-",
);
const workSlice = mutant(
  "src/orchestrator/worker/slice/work-slice.ts",
  "test/unit/orchestrator/worker/slice/work-slice",
);
const naming = mutant("src/transfer/sides/naming.ts", "test/unit/transfer");
const localSide = mutant("src/transfer/sides/local-side.ts", "test/unit/transfer/local");
const localStreams = mutant("src/transfer/sides/local/streams.ts", "test/unit/transfer/local");
const route = mutant("src/transfer/move/third-party/route.ts", "test/unit/transfer/move");
const copyPlan = mutant("src/copy/plan.ts", "test/unit/copy", "test/unit/transfer");
const breaker = mutant("src/orchestrator/slots/breaker.ts", "test/contract/redis-breaker");
const requests = mutant(
  "src/ftp/session/requests.ts",
  "test/unit/transfer/sides",
  "test/unit/ftp/session/in-sequence",
);

export const mutants: readonly Mutant[] = [
  ...ofMirrors,
  ...ofTransfers,
  ...ofPrograms,
  address("data-port-low", "if (port < 1024)", "if (port < 24)"),
  address("data-address-foreign", "policy.allowed.includes(address)) return offered", "true) return offered"),
  address(
    "data-address-kind",
    '(range !== "public" && range !== rangeOf(policy.peer))',
    '(range !== "public")',
  ),
  address("carrier-nat-is-public", "(a === 100 && b >= 64 && b <= 127)", "(a === 100 && b > 64 && b <= 127)"),
  address("passive-port", "p1 * 256 + p2", "p1 * 255 + p2"),
  reply("reply-ends-early", 'const ends = repeatsCode && text[3] === " ";', "const ends = repeatsCode;"),
  reply("reply-other-code-ends", "if (this.#last !== this.#code)", "if (this.#last.length !== 3)"),
  command("line-feed-in-argument", "if (/[\\r\\n\\0]/.test(line)) {", "if (/[\\r\\0]/.test(line)) {"),
  command("telnet-255", "(o === IAC ? [IAC, IAC] : [o])", "[o]"),
  command("account-is-shown", "^(PASS|ACCT|ADAT|SITE)$", "^(PASS|ADAT|SITE)$"),
  timeVal("leap-year", "year % 100 !== 0) ||", "year % 100 !== 1) ||"),
  timeVal("year-since-1900", "1900 + Number(since1900)", "2000 + Number(since1900)"),
  timeVal("fraction", '.padEnd(3, "0")', '.padStart(3, "0")'),
  pathname("name-that-leads-out", 'if (name === "." || name === "..")', 'if (name === ".")'),
  pathname("quotes-in-257", `replaceAll('""', '"')`, `replace('""', '"')`),
  refusal("refused-session-reuse", "/session reuse|session resum/i", "/session resum/i"),
  refusal("refused-is-of-settings", "return end.reply.code >= 500;", "return end.reply.code >= 400;"),
  refusal("unknown-command-522", "if (code === 522) return true;", ""),
  retry("never-is-retried", 'if (retry === "never" || tries > retries)', "if (tries > retries)"),
  retry("one-try-more", "tries > retries) return", "tries > retries + 1) return"),
  retry("pauses-do-not-grow", "firstMs * 2 ** (tries - 1)", "firstMs * 2"),
  onExists(
    "directory-is-replaced",
    'if (target.kind === "directory" && policy !== "unique")',
    "if (false as boolean)",
  ),
  onExists("newer-by-less-than-shown", "lead >= Math.max(", "lead >= Math.min("),
  selection("size-limits-swapped", "minSize > maxSize", "minSize >= maxSize"),
  selection(
    "unknown-size-is-left-out",
    "if (size === undefined) return undefined;",
    'if (size === undefined) return "";',
  ),
  safeguards("deletes-after-faults", "if (faults > 0) return", "if (faults > 1) return"),
  safeguards("deletes-all-without-source", "if (sourceFiles === 0)", "if (sourceFiles < 0)"),
  safeguards("ceiling-is-passed-by-one", "? count > ceiling.files", "? count > ceiling.files + 1"),
  safeguards("percent-rounds", "count * 100_000 > of", "count * 100_000 >= of"),
  safeguards("cut-listing-is-believed", "if (missing === there) return true;", ""),
  times("zone-of-utc", '(zone === "utc" ? 0 : ahead)', "ahead"),
  times("zones-of-any-minute", "ahead % QUARTER_MS === 0 &&", ""),
  judge("same-size-is-enough", 'if (compare === "digest") return', 'if (compare === "size+time") return'),
  judge(
    "unlisted-is-kept",
    '? { action: "copy", because: `the ${what}',
    '? { action: "keep", because: `the ${what}',
  ),
  judge("older-is-kept", "if (!keepsTimes && !isNewer && compare", "if (!isNewer && compare"),
  renames("twins-are-renamed", "ours.length > 1 ||", ""),
  renames("empty-files-are-renamed", "!sizeBytes || modified", "sizeBytes === undefined || modified"),
  changed("change-of-size", "isMeasured && was !== is", "isMeasured && was > is"),
  missed("all-at-once", "missed.slice(-1)", "missed"),
  missed("late-is-on-time", "nowMs - last <= ON_TIME_MS", "nowMs - last <= 10 * ON_TIME_MS"),
  overlap("second-waits", 'policy === "queue-one" && queued === undefined', 'policy === "queue-one"'),
  learned(
    "limit-is-raised-at-once",
    "Math.max(0, nowMs - atMs) / RAISE_MS",
    "Math.max(0, nowMs - atMs) / 1_000",
  ),
  printable("direction-of-text", "[\\p{Cc}\\p{Cf}\\p{Zl}", "[\\p{Cc}\\p{Zl}"),
  dataConnection(
    "anybody-may-connect",
    "if (servers.includes(from)) return",
    "if (servers.length >= 0) return",
  ),
  resume("resumes-without-a-time", "if (begun.modifiedMs === undefined)", "if (false as boolean)"),
  login(
    "protection-is-lowered",
    'tls.policy === "prefer") return "clear"',
    'tls.policy !== "off") return "clear"',
  ),
  directory("empty-though-refused", "if (!listing.needsDots && isStrict)", "if (false as boolean)"),
  mirrorContext("deletes-with-a-lost-claim", "await confirm?.();", ""),
  extraDeletion("deletes-after-lies", "(deps.listings?.hasLies === true ? 1 : 0)", "0"),
  leasedPool(
    "lost-slots-stay-connected",
    'lease.lost.addEventListener("abort", () => kept.onLost(), { once: true });',
    "",
  ),
  record(
    "process-number-again",
    "isAlive(number) && (sinceWhen(number) ?? since) === since",
    "isAlive(number)",
  ),
  endOfRun(
    "an-old-beginning-ends-it",
    "if generation ~= '0' and redis.call('HGET', run, 'generation') ~= generation then return {0} end",
    "",
  ),
  endOfRun("ends-twice", "if redis.call('HGET', run, 'state') == 'ended' then return {0} end", ""),
  runScripts("begins-after-its-end", "if state == 'ended' then return {0} end", ""),
  workSlice("slice-of-an-old-beginning", " || run.generation !== this.#item.generation", ""),
  naming("facts-are-a-new-name", " && named.lines.length === 1", ""),
  requests(
    "others-speak-in-between",
    "for (const verb of before) await ask(sender, verb, signal);",
    "for (const verb of before) await ask(control, verb, signal);",
  ),
  localSide("follows-a-link", "constants.O_WRONLY | constants.O_NOFOLLOW", "constants.O_WRONLY"),
  route(
    "writes-ahead-again",
    "this.#lostAheadMs === undefined || this.#clock.now() - this.#lostAheadMs >= REFUSED_FOR_MS.settings",
    "true",
  ),
  copyPlan(
    "copies-onto-itself",
    "await refuseItself(tasks, [...within, ...empty], target, deps, signal);",
    "",
  ),
  breaker("tries-for-ever", "if times > most then return {0, times} end", ""),
  localStreams(
    "not-written-through",
    "this.#finish(this.#file.sync(), done)",
    "this.#finish(Promise.resolve(), done)",
  ),
];
