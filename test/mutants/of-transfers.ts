import { type Mutant, mutant } from "./mutant.ts";

const whose = mutant("src/ftp/connection/control/whose.ts", "test/unit/ftp/connection/control/whose");
const transfer = mutant("src/ftp/connection/data/transfer.ts", "test/unit/ftp/final-replies");
const control = mutant("src/ftp/connection/control/control-connection.ts", "test/contract/prot-refused");
const tlsAdvice = mutant("src/ftp/advice/wants-tls.ts", "test/unit/ftp/advice");
const board = mutant("src/transfer/move/segments/board.ts", "test/property/transfer/move/segments");
const ranges = mutant("src/transfer/move/segments/ranges.ts", "test/property/transfer/move/segments");
const gain = mutant("src/transfer/move/segments/gain.ts", "test/unit/transfer/move/segments");
const addWhatHelps = mutant(
  "src/transfer/move/segments/add-what-helps.ts",
  "test/unit/transfer/move/segments",
);
const localTree = mutant(
  "src/transfer/sides/local/tree.ts",
  "test/unit/transfer/local-tree",
  "test/unit/transfer/sides/local",
  "test/unit/wiring/places",
);
const places = mutant("src/wiring/places.ts", "test/unit/wiring/places");

/** Whose replies are, transfers that are given up, files in segments, and this machine's directories. */
export const ofTransfers: readonly Mutant[] = [
  whose(
    "a-transfer-begins-after-its-end",
    "if (OPENS.has(reply.code) && AT_ONCE.test(oldest))",
    "if (false as boolean)",
  ),
  whose(
    "host-port-for-anybody",
    "if (HOST_PORTS.has(reply.code) && !LISTENS.test(verb))",
    "if (false as boolean)",
  ),
  whose(
    "nothing-inside-a-listing",
    "TRANSFERS.has(verb) || listsOverData(oldest.command) ?",
    "TRANSFERS.has(verb) ?",
  ),
  whose(
    "begun-by-port",
    "return waiting.findIndex(({ command }) => TRANSFERS.has(command.verb));",
    "return 0;",
  ),
  transfer("too-early-226-is-believed", "if (this.#unproven !== undefined) throw this.#unproven;", ""),
  control(
    "advice-though-private",
    "this.isProtected ? undefined : tlsAdvice(this.host, reply)",
    "tlsAdvice(this.host, reply)",
  ),
  tlsAdvice("names-ask-for-tls", "if (OF_A_NAME.test(words) || COUNTS.test(words)) return undefined;", ""),
  board(
    "unproven-bytes-are-had",
    "if (provenTo < end) this.#waiting.unshift({ from: provenTo, to: end });",
    "if (provenTo < end) this.#waiting.unshift({ from: provenTo + 1, to: end });",
  ),
  board("two-fill-one-half", "largest.end = middle;", ""),
  ranges("missing-ends-early", "at = Math.max(at, to);", "at = to + 1;"),
  ranges("touching-ranges-are-a-record", "least = to + 1;", "least = to;"),
  gain("anything-helps", "before.bytesPerSecond * (1 + 0.5 / before.connections)", "before.bytesPerSecond"),
  addWhatHelps("limits-teach", "if (rate?.current() !== undefined) return NOTHING;", ""),
  localTree(
    "a-swapped-directory-is-the-same",
    "if (known === undefined || directory.isInPlace)",
    "if (known === undefined || true)",
  ),
  localTree(
    "outside-stays-open",
    'return this.#follows === "none" ? keys.filter(isBelow) : keys;',
    "return keys.filter(isBelow);",
  ),
  localTree("the-first-who-leaves-closes", "if (this.#users.size > 0) return;", ""),
  places("what-was-connected-stays-open", "      void side.close();\n", ""),
];
